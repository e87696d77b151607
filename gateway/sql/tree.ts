// Reading libpg_query's JSON tree: nodes stand under a key of their type (`{"RangeVar": {…}}`), except in fields that the
// grammar gives one type (`relation`, `larg`, …), where they stand bare. Type names begin with a capital, field names never do.
import type { RelationName } from '../../shared/command.ts'

export type Fields = { readonly [field: string]: unknown }
export interface Typed { readonly type: string; readonly fields: Fields }

/** Bare fields whose type the walk must know; bare RangeVars are known by `relname`. Compared with @pgsql/types in tree.test.ts. */
const bareTypes: { readonly [field: string]: string } = {
  larg: 'SelectStmt', rarg: 'SelectStmt', withClause: 'WithClause', intoClause: 'IntoClause', into: 'IntoClause',
  onConflictClause: 'OnConflictClause', returningClause: 'ReturningClause', funccall: 'FuncCall', setstmt: 'VariableSetStmt', base: 'CreateStmt',
  typeName: 'TypeName', alias: 'Alias', over: 'WindowDef',
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a value in the tree is: its type and fields; type '' for a bare node the walk need not know by name. */
export function typed(value: unknown, field = ''): Typed | null {
  if (!isFields(value)) return null
  for (const key in value) {
    const code = key.charCodeAt(0)
    if (code < 65 || code > 90) break
    const fields = value[key]
    return { type: key, fields: isFields(fields) ? fields : {} }
  }
  if ('relname' in value) return { type: 'RangeVar', fields: value }
  return { type: bareTypes[field] ?? '', fields: value }
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Fields of a node if it has this type. */
export function as(type: string, value: unknown, field = ''): Fields | null {
  const node = typed(value, field)
  return node?.type === type ? node.fields : null
}

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** The words of a list of String nodes (`schema.name`), or of one String or List node. */
export function words(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => words(item))
  const node = typed(value)
  if (node?.type === 'String') return [text(node.fields['sval']) ?? '']
  if (node?.type === 'List') return words(node.fields['items'])
  if (node?.type === 'TypeName') return words(node.fields['names'])
  if (node?.type === 'ObjectWithArgs') return words(node.fields['objname'])
  return []
}

/** The last two words of a qualified name; a database before them can only be the current one. */
export function nameOf(parts: readonly string[]): RelationName | null {
  const name = parts.at(-1)
  return name === undefined ? null : { schema: parts.at(-2) ?? null, name }
}

/** A RangeVar's name; a temporary relation that is being made lives in pg_temp, whatever the search path. */
export function relationOf(range: Fields): RelationName {
  const schema = text(range['schemaname']) ?? (range['relpersistence'] === 't' ? 'pg_temp' : null)
  return { schema, name: text(range['relname']) ?? '' }
}

/** A constant's value as text (`1`, `abc`, `t`); undefined if the node is no constant, null for NULL. */
export function constantOf(value: unknown): string | null | undefined {
  const node = typed(value)
  if (node?.type === 'TypeCast') return constantOf(node.fields['arg'])
  if (node?.type === 'String') return text(node.fields['sval'])
  if (node?.type === 'Integer') return String(node.fields['ival'] ?? 0)
  if (node?.type === 'Float') return text(node.fields['fval'])
  if (node?.type === 'Boolean') return node.fields['boolval'] === true ? 'true' : 'false'
  if (node?.type !== 'A_Const') return undefined
  const { ival, fval, sval, bsval, boolval } = node.fields
  // A zero, an empty string and false lose their inner field in the JSON: `{"ival": {}}`.
  if (isFields(ival)) return String(ival['ival'] ?? 0)
  if (isFields(fval)) return text(fval['fval'])
  if (isFields(sval)) return text(sval['sval']) ?? ''
  if (isFields(bsval)) return text(bsval['bsval']) ?? ''
  if (isFields(boolval)) return boolval['boolval'] === true ? 'true' : 'false'
  return null
}

/** The same tree without positions, as a string: equal strings are the same expression. */
export function shapeOf(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => (key === 'location' ? undefined : inner))
}
