// Column references to flows, in PostgreSQL's order (parse_relation.c, transformColumnRef): a column of this query, of the ones
// around it, then a whole row. What PostgreSQL would refuse as ambiguous or missing is unknown here.
import type { Range, Scope } from './scope.ts'
import { anyColumn, columnKey, newFlow, union, unknownFlow, type Flow } from './sources.ts'

const systemColumns: { readonly [name: string]: number } = { ctid: -1, xmin: -2, cmin: -3, xmax: -4, cmax: -5, tableoid: -6 }

/** `parts`: the words before and after the dots, without a star. */
export function flowOfName(parts: readonly string[], scope: Scope): Flow {
  const name = parts.at(-1) ?? ''
  if (parts.length === 1) return flowOfBareName(name, scope)
  const found = rangeOf(parts.slice(0, -1), scope)
  if (typeof found === 'string') return unknownFlow(found)
  return flowIn([found], name) ?? found.open ?? unknownFlow(`${parts.join('.')} is no column that is known`)
}

function flowOfBareName(name: string, scope: Scope): Flow {
  const doubts: Flow[] = []
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const plain = at.ranges.filter(({ isPlain }) => isPlain)
    const found = flowIn(plain, name)
    if (found !== null) return doubts.length === 0 ? found : union([...doubts, found])
    for (const { open } of plain) if (open !== null) doubts.push(open)
  }
  const row = rangeOf([name], scope)
  if (typeof row !== 'string') doubts.push(anyColumnOf(row))
  return doubts.length === 0 ? unknownFlow(`${name} is no column that is known`) : union(doubts)
}

/** A row that a bare name means: where no column has the name. */
export function rowOfName(parts: readonly string[], scope: Scope): Range | null {
  const name = parts[0]
  if (parts.length !== 1 || name === undefined) return null
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const plain = at.ranges.filter(({ isPlain }) => isPlain)
    if (flowIn(plain, name) !== null || plain.some(({ open }) => open !== null)) return null
  }
  const row = rangeOf(parts, scope)
  return typeof row === 'string' ? null : row
}

/** Null: no such column. */
function flowIn(ranges: readonly Range[], name: string): Flow | null {
  const found = ranges.flatMap(({ columns }) => columns.filter((column) => column.name === name))
  if (found.length > 1) return unknownFlow(`${name} is ambiguous`)
  if (found[0] !== undefined) return found[0].flow
  const number = Object.hasOwn(systemColumns, name) ? systemColumns[name] : undefined
  const relations = number === undefined ? [] : ranges.flatMap(({ oid }) => oid === null ? [] : [oid])
  if (relations.length > 1) return unknownFlow(`${name} is ambiguous`)
  return number === undefined || relations[0] === undefined ? null : newFlow(columnKey(relations[0], number))
}

/** The range a qualifier means, from the inside out; or why there is none. */
export function rangeOf(qualifier: readonly string[], scope: Scope): Range | string {
  const name = qualifier.at(-1)
  const schema = qualifier.at(-2)
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const found = at.ranges.filter((range) => range.name === name && (schema === undefined || range.schema === schema))
    if (found.length > 1) return `${qualifier.join('.')} is ambiguous`
    if (found[0] !== undefined) return found[0]
  }
  return `${qualifier.join('.')} is no table of this query that is known`
}

export function anyColumnOf({ columns, open }: Range): Flow {
  return anyColumn({ columns, open, rows: { columns: new Set(), unknown: null } })
}
