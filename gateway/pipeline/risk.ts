// What is known of the danger of a command about which humans are asked: from its facts, its masks and its connection. Computed,
// never guessed; what could not be found out in time is said to be unknown. Pure: what was asked of the database comes in.
import { estimateReason, type Risk } from '../../shared/approval.ts'
import type { ResolvedStatement, SqlKind } from '../../shared/command.ts'
import type { Access, Decision } from './access.ts'
import type { Found } from './hold.ts'

export function riskOf(access: Access, { resolved }: Decision, found: Found): Risk {
  const kinds = unique(resolved.statements.flatMap(({ statement, accesses }) => [...accesses.map(({ kind }) => kind), ...(accesses.length === 0 ? [statement.kind] : [])]))
  const relations = unique(resolved.statements.flatMap(({ accesses }) => accesses.flatMap(({ kind, relations: names }) => names.map((name) => `${kind} ${name}`))))
  const maskedColumns = unique(resolved.statements.flatMap((statement) => maskedColumnsOf(access, statement)))
  const locks = found.locks === 'unknown' ? ['unknown: the locks of the transaction could not be read'] : found.locks
  const isCopyIn = resolved.statements.some(({ statement: { tag, kind } }) => tag === 'COPY' && kind === 'insert')
  const { level, reasons } = levelOf(kinds, { isCopyIn, maskedColumns, environment: environmentOf(access), estimatedRows: found.estimatedRows, locks })
  return { kinds, relations, maskedColumns, estimatedRows: found.estimatedRows, locks, level, reasons }
}

/** Columns with a mask that the statement names, or takes with a star; of a view over such columns, all of it. */
function maskedColumnsOf({ bound, catalog }: Access, { statement, accesses }: ResolvedStatement): string[] {
  const named = new Set(statement.columns.map(({ name }) => name))
  return accesses.flatMap(({ relations }) => relations.flatMap((name) => {
    const relation = catalog.byName.get(name)
    if (relation === undefined) return []
    if (bound.derived.has(relation.oid)) return [`${name}.*`]
    const masked = bound.byOid.get(relation.oid)
    if (masked === undefined) return []
    return relation.columns.filter(({ number, name: column }) => masked.has(number) && (named.has('*') || named.has(column))).map((column) => `${name}.${column.name}`)
  }))
}

interface Signs { readonly isCopyIn: boolean; readonly maskedColumns: readonly string[]; readonly environment: string | null; readonly estimatedRows: number | null; readonly locks: readonly string[] | null }

function levelOf(kinds: readonly SqlKind[], signs: Signs): Pick<Risk, 'level' | 'reasons'> {
  const high = [
    ...kinds.flatMap((kind) => grave[kind] ?? []),
    ...(signs.isCopyIn ? ['its rows come after the approval, so nobody sees them before'] : []),
    ...(signs.maskedColumns.length > 0 ? [`touches masked columns: ${signs.maskedColumns.slice(0, 5).join(', ')}${signs.maskedColumns.length > 5 ? ', …' : ''}`] : []),
    ...(signs.estimatedRows !== null && signs.estimatedRows >= manyRows ? [estimateReason(signs.estimatedRows)] : []),
  ]
  const medium = [
    ...kinds.filter((kind) => writes.has(kind)).map((kind) => `${kind} changes data`),
    ...(signs.locks !== null && signs.locks.length > 0 ? ['waits inside a transaction, whose locks hold others up'] : []),
  ]
  const level = high.length > 0 ? 'high' : medium.length > 0 ? 'medium' : 'low'
  return { level, reasons: [...high, ...medium, ...(signs.environment === null ? [] : [`the connection is labelled ${signs.environment}`])] }
}

function environmentOf({ connection: { labels } }: Access): string | null {
  const name = ['env', 'environment', 'stage'].find((label) => labels[label] !== undefined)
  return name === undefined ? null : `${name}: ${labels[name]}`
}

const manyRows = 10_000

/** Kinds that reach far, or into what cannot be seen. */
const grave: Partial<Record<SqlKind, string>> = {
  'update-without-where': 'updates every row: there is no condition', 'delete-without-where': 'deletes every row: there is no condition',
  truncate: 'empties whole tables', drop: 'drops what is there', alter: 'changes a definition', grant: 'changes who may do what', revoke: 'changes who may do what',
  do: 'runs code that cannot be seen', call: 'runs code that cannot be seen', 'copy-program': 'runs a program on the server', 'copy-file': 'reads or writes files of the server',
  'set-role': 'changes the role', other: 'is of a kind the gateway does not know in detail',
}
const writes: ReadonlySet<SqlKind> = new Set<SqlKind>(['insert', 'update', 'delete', 'merge', 'copy-in', 'create', 'lock', 'refresh', 'reindex', 'cluster', 'vacuum'])

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)]
