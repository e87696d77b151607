// The schema tree as the flat list of rows that are visible now: what is expanded, and what a filter leaves.
import type { SchemaColumn, SchemaRelation, SchemaTree } from '../../shared/ipc.ts'

export type TreeRow =
  | { readonly kind: 'schema'; readonly key: string; readonly level: 1; readonly name: string; readonly count: number; readonly isOpen: boolean }
  | { readonly kind: 'relation'; readonly key: string; readonly level: 2; readonly schema: string; readonly relation: SchemaRelation; readonly isOpen: boolean }
  | { readonly kind: 'column'; readonly key: string; readonly level: 3; readonly schema: string; readonly relation: string; readonly column: SchemaColumn }
  | { readonly kind: 'index'; readonly key: string; readonly level: 3; readonly name: string }

const schemaKey = (schema: string): string => `s ${schema}`
const relationKey = (schema: string, relation: string): string => `r ${schema}.${relation}`

/** Schemas are open until closed, relations closed until opened: a key in `toggled` is the other way round. */
export function treeRows(tree: SchemaTree, toggled: ReadonlySet<string>, filter: string): readonly TreeRow[] {
  const needle = filter.trim().toLowerCase()
  return tree.schemas.flatMap(({ name, relations }) => {
    const kept = relations.filter((relation) => matches(name, relation, needle))
    if (kept.length === 0 && needle !== '') return []
    const key = schemaKey(name)
    const isOpen = needle !== '' || !toggled.has(key)
    const row: TreeRow = { kind: 'schema', key, level: 1, name, count: kept.length, isOpen }
    return isOpen ? [row, ...kept.flatMap((relation) => relationRows(name, relation, toggled, needle))] : [row]
  })
}

function matches(schema: string, relation: SchemaRelation, needle: string): boolean {
  if (needle === '' || `${schema}.${relation.name}`.toLowerCase().includes(needle)) return true
  return relation.columns.some(({ name }) => name.toLowerCase().includes(needle))
}

function relationRows(schema: string, relation: SchemaRelation, toggled: ReadonlySet<string>, needle: string): readonly TreeRow[] {
  const key = relationKey(schema, relation.name)
  // A filter that matched columns only shows those columns.
  const isByColumn = needle !== '' && !`${schema}.${relation.name}`.toLowerCase().includes(needle)
  const isOpen = isByColumn !== toggled.has(key)
  const row: TreeRow = { kind: 'relation', key, level: 2, schema, relation, isOpen }
  if (!isOpen) return [row]
  const columns = isByColumn ? relation.columns.filter(({ name }) => name.toLowerCase().includes(needle)) : relation.columns
  return [
    row,
    ...columns.map((column): TreeRow => ({ kind: 'column', key: `c ${schema}.${relation.name}.${column.name}`, level: 3, schema, relation: relation.name, column })),
    ...(isByColumn ? [] : relation.indexes.map((name): TreeRow => ({ kind: 'index', key: `i ${schema}.${relation.name}.${name}`, level: 3, name }))),
  ]
}

/** How many of a row's columns come masked: of a column 0 or 1, of a relation those it has. `masked`: `schema.table.column`. */
export function maskedIn(masked: readonly string[]): (row: TreeRow) => number {
  const names = new Set(masked)
  return (row) => {
    if (row.kind === 'column') return names.has(`${row.schema}.${row.relation}.${row.column.name}`) ? 1 : 0
    return row.kind === 'relation' ? row.relation.columns.filter(({ name }) => names.has(`${row.schema}.${row.relation.name}.${name}`)).length : 0
  }
}

/** Where the arrow keys lead; `toggle` means the row opens or closes instead. */
export function treeStep(rows: readonly TreeRow[], at: number, key: string): { readonly to: number } | 'toggle' | null {
  const row = rows[at]
  if (row === undefined) return null
  const last = rows.length - 1
  const isBranch = row.kind === 'schema' || row.kind === 'relation'
  switch (key) {
    case 'ArrowDown': return { to: Math.min(last, at + 1) }
    case 'ArrowUp': return { to: Math.max(0, at - 1) }
    case 'Home': return { to: 0 }
    case 'End': return { to: last }
    case 'ArrowRight': return !isBranch ? null : row.isOpen ? { to: Math.min(last, at + 1) } : 'toggle'
    case 'ArrowLeft': {
      if (isBranch && row.isOpen) return 'toggle'
      const parent = rows.findLastIndex((each, index) => index < at && each.level < row.level)
      return parent === -1 ? null : { to: parent }
    }
    default: return null
  }
}
