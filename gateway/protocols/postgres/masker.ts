// Everything but rows by which a value can leave: errors, notices, notifications, reported settings. For a principal with masks
// these lose what may hold data; structure (severity, SQLSTATE, position) stays, so that clients behave as ever.
import type { Access } from '../../pipeline/access.ts'
import { cleanText, type Scanner } from '../../masking/scanner.ts'
import { encodeNotification, encodeReport, type Field } from './codec/backend.ts'
import { backend } from './codec/types.ts'
import type { ColumnPlan } from '../../masking/plan.ts'
import { encodeNotice } from './codec/backend.ts'

/** Fields that quote rows or statements: DETAIL, HINT, WHERE, internal query and its position. */
const quotingFields = ['D', 'H', 'W', 'q', 'p']
/** What RAISE can fill besides with a value: schema, table, column, type, constraint. */
const spokenFields = ['s', 't', 'c', 'd', 'n']
/** SQLSTATE classes whose messages never quote what is computed: connection, transaction state, resources, operator intervention. */
const stateClasses = new Set(['08', '25', '26', '2D', '34', '3B', '40', '53', '55', '57'])
/**
 * Classes that name objects and syntax: those of the statement's text, or of a value, for `email::regclass` says `relation "…" does
 * not exist`. Everything else (22 data exceptions quote the value) is hidden.
 */
const namingClasses = new Set(['0A', '3D', '3F', '42', '54'])
/** Codes in those classes that do quote values. */
const quotingCodes = new Set(['42804', '42P10'])
/** Server sources that raise what SQL code told them to say: the text is the code's own. */
const spokenBy = /^pl_|^plperl|^plpy|^pltcl/

/** Who reads it: someone with masked columns, and with which detectors. */
export interface View {
  readonly isMasked: boolean
  readonly scanner: Scanner | null
  /** It comes of a statement that may read masked columns, or of nobody knows what. */
  readonly isTainted: boolean
}

/** Cleans an ErrorResponse or NoticeResponse; null: forward as it is. */
export function cleanReport(type: number, fields: ReadonlyMap<string, string>, view: View): Buffer | null {
  if (!view.isMasked) return view.scanner === null ? null : scanReport(type, fields, view.scanner)
  const code = fields.get('C') ?? ''
  const cleaned = new Map(fields)
  const file = fields.get('F') ?? ''
  const isSpoken = !file.endsWith('.c') || spokenBy.test(file)
  for (const field of isSpoken ? [...quotingFields, ...spokenFields] : quotingFields) cleaned.delete(field)
  if (isSpoken || !isHarmless(code, fields, type, view.isTainted)) cleaned.set('M', `${conditionName(code)} (the message is hidden because it may hold masked values)`)
  return encodeReport(type, cleaned)
}

function isHarmless(code: string, fields: ReadonlyMap<string, string>, type: number, isTainted: boolean): boolean {
  const file = fields.get('F') ?? ''
  const kind = code.slice(0, 2)
  if (!file.endsWith('.c')) return false
  if (stateClasses.has(kind)) return true
  // A context (W) means that a function, a trigger or a line of COPY is speaking.
  if (fields.has('W') || quotingCodes.has(code)) return false
  if (type === backend.noticeResponse && code === '00000') return !isTainted
  if (!namingClasses.has(kind)) return false
  // A position in the client's own text: said while it was analysed, before a row was read. Rights are those of objects that exist.
  return !isTainted || fields.has('P') || code === '42501' || file === 'plancache.c'
}

const conditions: Readonly<Record<string, string>> = {
  '22P02': 'invalid text representation', '22003': 'numeric value out of range', '22001': 'value too long', '22007': 'invalid date or time',
  '22008': 'date or time out of range', '22012': 'division by zero', '23502': 'not-null violation', '23503': 'foreign key violation',
  '23505': 'unique violation', '23514': 'check violation', '23P01': 'exclusion violation', P0001: 'raised by a function',
}

function conditionName(code: string): string {
  return conditions[code] ?? `error ${code}`
}

function scanReport(type: number, fields: ReadonlyMap<string, string>, scanner: Scanner): Buffer | null {
  let isChanged = false
  const cleaned = new Map<string, string>()
  for (const [code, text] of fields) {
    const clean = cleanText(scanner, text)
    isChanged ||= clean !== text
    cleaned.set(code, clean)
  }
  return isChanged ? encodeReport(type, cleaned) : null
}

/** Any session may compute a payload; a principal with masks learns that something was said, not what. */
export function cleanNotification(notification: { readonly processId: number; readonly channel: string; readonly payload: string }, access: Access): Buffer | null {
  const { processId, channel, payload } = notification
  if (access.isMasked) return payload === '' ? null : encodeNotification(processId, channel, '[masked]')
  const clean = access.clientScanner === null ? payload : cleanText(access.clientScanner, payload)
  return clean === payload ? null : encodeNotification(processId, channel, clean)
}

/** Reported settings whose values come from a closed set; the others (application_name, search_path…) can be computed from data. */
const closedSettings = new Set(['server_version', 'server_encoding', 'client_encoding', 'is_superuser', 'DateStyle', 'IntervalStyle',
  'integer_datetimes', 'standard_conforming_strings', 'in_hot_standby', 'default_transaction_read_only', 'scram_iterations'])

export function hidesSetting(name: string, access: Access): boolean {
  return access.isMasked && !closedSettings.has(name)
}

/** SQLSTATE of the notice that tells the app which columns of the next result are masked; asked for by `-c gatehouse.masks=on`. */
export const maskNoticeCode = '01G01'

/** Null when no column is masked for the client. */
export function maskNotice(fields: readonly Field[], plan: readonly ColumnPlan[]): Buffer | null {
  const masked = plan.flatMap(({ client }, index) => client.kind === 'replace' || client.kind === 'transform'
    ? [{ index, name: fields[index]!.name, policy: client.rule.policy, rule: client.rule.rule, as: client.kind === 'transform' ? client.as : 'redact', why: client.why }]
    : [])
  if (masked.length === 0) return null
  return encodeNotice({ severity: 'NOTICE', code: maskNoticeCode, message: `masked: ${masked.map(({ name }) => name).join(', ')}`, detail: JSON.stringify(masked) })
}
