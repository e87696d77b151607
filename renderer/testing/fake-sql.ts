// A PostgreSQL of words for the fake Desktop: it answers a handful of statement shapes believably and refuses what policy would. It is
// not a parser and guards nothing.
import type { PreflightStatement, PreflightVerdict } from '../../shared/preflight.ts'
import type { Cell, ColumnMask, ResultColumn, SchemaRelation, SqlError } from '../../shared/ipc.ts'
import { clearCell, shopSchema } from './fake-shop.ts'

export interface FakeOutcome {
  readonly columns: readonly ResultColumn[]
  readonly total: number
  /** Rows a second; the result grows at this pace. */
  readonly pace: number
  readonly waitMs: number
  readonly tag: string
  readonly notices: readonly string[]
  readonly error: SqlError | null
  readonly cell: (row: number, column: number) => Cell
  /** Humans are asked first. */
  readonly isHeld?: boolean
}

const nothing: FakeOutcome = { columns: [], total: 0, pace: Infinity, waitMs: 20, tag: 'OK', notices: [], error: null, cell: () => null }

const failure = (code: string, message: string, more: Partial<SqlError> = {}): FakeOutcome =>
  ({ ...nothing, error: { code, message, detail: null, hint: null, position: null, isRefusal: false, ...more } })
const refusal = (message: string, hint: string | null = null): FakeOutcome => failure('42501', message, { isRefusal: true, hint })

const pii: ColumnMask = { policy: 'shop', rule: 'pii', as: 'redact', why: 'public.customers.email and ssn are personal data; only the group privacy sees them.' }
const maskedColumns = new Set(['email', 'ssn'])

function maskedCell(cell: Cell, name: string): Cell {
  if (cell === null) return null
  return name === 'email' ? '[redacted]' : '[redacted]'
}

function findRelation(name: string): SchemaRelation | undefined {
  const bare = name.toLowerCase().replace(/^.*\./, '').replaceAll('"', '')
  return shopSchema.schemas.flatMap(({ relations }) => relations).find((relation) => relation.name === bare)
}

function selectFrom(sql: string, match: RegExpExecArray, isPrivacy: boolean): FakeOutcome {
  const [, list, from, limit] = match as unknown as [string, string, string, string | undefined]
  const relation = findRelation(from)
  if (relation === undefined) return failure('42P01', `relation "${from}" does not exist`, { position: sql.indexOf(from) })
  const names = list.trim() === '*' ? relation.columns.map(({ name }) => name) : list.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !relation.columns.some((column) => column.name === name))
  if (unknown !== undefined) return failure('42703', `column "${unknown}" does not exist`, { position: sql.indexOf(unknown), hint: `Perhaps you meant to reference the column "${relation.name}.${relation.columns[1]?.name}".` })
  const columns = names.map((name): ResultColumn => ({
    name, type: relation.columns.find((column) => column.name === name)?.type ?? 'text', mask: maskedColumns.has(name) && !isPrivacy ? pii : null,
  }))
  const total = Math.min(relation.rowEstimate ?? 5000, limit === undefined ? Infinity : Number(limit))
  const cell = (row: number, at: number): Cell => {
    const clear = clearCell(columns[at]!.name, row)
    return columns[at]!.mask === null ? clear : maskedCell(clear, columns[at]!.name)
  }
  return { ...nothing, columns, total, pace: 40_000, tag: `SELECT ${total}`, cell }
}

export function fakeOutcome(text: string, { isPrivacy, hasReason }: { readonly isPrivacy: boolean; readonly hasReason: boolean }): FakeOutcome {
  const sql = text.trim().replace(/;$/, '')
  const lower = sql.toLowerCase().replaceAll(/\s+/g, ' ')
  if (/^(drop|truncate)\b/.test(lower)) return refusal(`permission denied by rule never (policy shop): ${lower.split(' ')[0]} is not allowed`)
  if (/^merge\b/.test(lower) && !hasReason) return refusal('held by rule engineers-write (policy shop) for on-call: merge on public.orders needs approval; nobody was asked, for the rule wants a reason with it', 'Say what it is for, and run it again.')
  if (/^(update|delete|insert|merge)\b/.test(lower)) return { ...nothing, isHeld: true, tag: `${lower.split(' ')[0]!.toUpperCase()} 1` }
  if (/where .*email (like|~)/.test(lower)) return refusal('denied by rule pii (policy shop): column public.customers.email is masked and may only be compared with = and a constant', 'Compare it with = and a constant, or leave it out.')
  const sleep = /pg_sleep\((\d+(?:\.\d+)?)\)/.exec(lower)
  if (sleep !== null) return { ...nothing, columns: [{ name: 'pg_sleep', type: 'void', mask: null }], total: 1, waitMs: Number(sleep[1]) * 1000, tag: 'SELECT 1', cell: () => '' }
  const series = /generate_series\(1, ?(\d+)\)/.exec(lower)
  if (series !== null) {
    const names = ['n', 'square', 'md5', 'note']
    const cell = (row: number, at: number): Cell => [String(row + 1), String((row + 1) ** 2), ((row + 1) * 2_654_435_761 % 2 ** 32).toString(16).padStart(8, '0'), row % 3 === 0 ? null : `row ${row + 1}`][at] ?? null
    return { ...nothing, columns: names.map((name, at) => ({ name, type: ['int8', 'numeric', 'text', 'text'][at]!, mask: null })), total: Number(series[1]), pace: 800_000, tag: `SELECT ${series[1]}`, cell }
  }
  if (/^wide\b/.test(lower)) return { ...nothing, columns: Array.from({ length: 400 }, (_, at) => ({ name: `c${at}`, type: 'text', mask: null })), total: 5000, tag: 'SELECT 5000', cell: (row, at) => `${row}:${at}` }
  if (/^(do|raise)\b/.test(lower)) return { ...nothing, tag: 'DO', notices: ['NOTICE: 3 rows would change', 'WARNING: there is no transaction in progress \u001b[31mred\u001b[0m'] }
  if (/^(begin|commit|rollback|set|show)\b/.test(lower)) return { ...nothing, tag: lower.split(' ')[0]!.toUpperCase() }
  const select = /^select (.+?) from ([\w."]+)(?: .*?)??(?: limit (\d+))?$/s.exec(sql.replaceAll(/\s+/g, ' ').replace(/^select/i, 'select').replace(/ from /i, ' from ').replace(/ limit /i, ' limit '))
  if (select !== null) return selectFrom(sql, select, isPrivacy)
  if (lower.startsWith('select 1')) return { ...nothing, columns: [{ name: '?column?', type: 'int4', mask: null }], total: 1, tag: 'SELECT 1', cell: () => '1' }
  const word = /^\S+/.exec(sql)?.[0] ?? ''
  return failure('42601', `syntax error at or near "${word}"`, { position: 0 })
}

/** Splits at semicolons outside quotes, dollar quotes and comments. Offsets are UTF-16; blank statements are left out. */
export function fakeSplit(text: string): readonly { readonly start: number; readonly end: number }[] {
  const ranges: { readonly start: number; readonly end: number }[] = []
  const token = /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(\$\w*\$)[\s\S]*?(?:\1|$)|;/g
  let from = 0
  const push = (to: number) => {
    const piece = text.slice(from, to)
    const body = piece.replaceAll(/--[^\n]*/g, (comment) => ' '.repeat(comment.length))
    const lead = body.length - body.trimStart().length
    if (body.trim() !== '') ranges.push({ start: from + lead, end: from + body.trimEnd().length })
  }
  for (const match of text.matchAll(token)) {
    if (match[0] !== ';') continue
    push(match.index)
    from = match.index + 1
  }
  push(text.length)
  return ranges
}

export function fakePreflight(text: string): { readonly statements: readonly PreflightStatement[]; readonly problem: string | null } {
  return { statements: fakeSplit(text).map(({ start, end }) => ({ start, end, tag: /^\w*/.exec(text.slice(start))![0].toUpperCase(), verdict: fakeVerdict(text.slice(start, end).toLowerCase()) })), problem: null }
}

function fakeVerdict(lower: string): PreflightVerdict {
  if (/^(drop|truncate)\b/.test(lower)) return { kind: 'blocked', reason: `denied by rule never (policy shop): ${lower.split(' ')[0]} is not allowed` }
  if (/^(update|delete|insert|merge)\b/.test(lower)) return { kind: 'approval', by: ['on-call'], reason: 'held by rule engineers-write (policy shop): a change of rows needs approval', ...(lower.startsWith('merge') && { wantsReason: true }) }
  if (/^select \S+ from customers|email|\*.*customers/.test(lower)) return { kind: 'masked', columns: ['email', 'ssn'], reason: 'masked by rule pii (policy shop)' }
  if (!/^(select|show|begin|commit|set)\b/.test(lower)) return { kind: 'unknown', reason: 'it is not valid PostgreSQL yet' }
  return { kind: 'allowed' }
}
