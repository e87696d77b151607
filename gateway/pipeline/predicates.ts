// What a masked column may decide: rows by its equality with constants or parameters, and by whether it is NULL; nothing else, or its
// values could be found by asking (design.md §5). Pure.
import type { BoundMasks } from '../masking/binding.ts'
import type { BaseColumn } from '../sql/lineage/lineage-of.ts'
import type { Clause, Use } from '../sql/lineage/uses.ts'
import type { Refusal } from './refusal.ts'

/** Values that masked columns are compared with by one execution. */
export interface Probes {
  readonly constants: number
  /** Parameters ($n) whose elements are compared one by one. */
  readonly arrays: readonly number[]
}

export interface Predicates {
  /** Null: nothing to object. */
  readonly refusal: Refusal | null
  readonly probes: Probes
}

export interface PredicateInputs {
  /** Of all statements of the command that touch masked columns (`Decision.isTainted`): there what is not known counts as masked. */
  readonly uses: readonly Use[]
  readonly bound: BoundMasks
  /** Policy has pinned every function of the database's own that is called: those may decide which rows they give. */
  readonly isPinned?: boolean
}

export const noProbes: Probes = { constants: 0, arrays: [] }

export function judgePredicates({ uses, bound, isPinned = false }: PredicateInputs): Predicates {
  let [constants, arrays] = [0, [] as readonly number[]]
  for (const use of uses) {
    const masked = use.columns.filter((column) => isMasked(column, bound))
    if (use.form === 'other' && masked.length > 0) return { refusal: refusalOf(masked.map((column) => nameOf(column, bound)), use.clause), probes: noProbes }
    if (use.unknown !== null && !(use.clause === 'from' && isPinned)) return { refusal: unknownRefusal(use.clause, use.unknown), probes: noProbes }
    if (use.form !== 'equality' || masked.length === 0) continue
    constants += use.constants
    arrays = [...arrays, ...use.arrays]
  }
  return { refusal: null, probes: { constants, arrays } }
}

/** For the client. What a view's column is made of is among the columns; TOAST tables have none that are known. */
function isMasked({ oid, number }: BaseColumn, { byOid }: BoundMasks): boolean {
  return (byOid.get(oid)?.get(number)?.client ?? null) !== null
}

function nameOf({ oid, number }: BaseColumn, { catalog }: BoundMasks): string {
  const relation = catalog.byOid.get(oid)
  const column = relation?.columns.find((item) => item.number === number)?.name ?? String(number)
  return `${relation?.schema ?? '?'}.${relation?.name ?? '?'}.${column}`
}

const places: { readonly [clause in Clause]: string } = {
  where: 'WHERE', join: 'a join', 'group-by': 'GROUP BY', having: 'HAVING', 'order-by': 'ORDER BY', distinct: 'DISTINCT', limit: 'LIMIT', filter: 'FILTER',
  window: 'a window', 'set-operation': 'UNION, INTERSECT or EXCEPT', function: 'an argument that decides how many rows there are', from: 'a function in FROM',
  'on-conflict': 'ON CONFLICT', failure: 'an expression that can fail, for whether it does would tell of the value', when: 'WHEN', index: 'an index', statement: 'this statement',
}
const conditions: ReadonlySet<Clause> = new Set(['where', 'join', 'having', 'filter', 'on-conflict', 'when', 'index'])

function refusalOf(names: readonly string[], clause: Clause): Refusal {
  const list = [...new Set(names)].join(', ')
  const column = names[0]?.slice(names[0].lastIndexOf('.') + 1) ?? 'column'
  const form = `${column} = 'value', ${column} = $1, ${column} IN ('a', 'b') or ${column} = ANY ($1), joined by AND and OR, and ${column} IS [NOT] NULL`
  const instead = clause === 'set-operation' ? 'UNION ALL compares nothing. ' : ''
  return {
    kind: 'denied',
    message: conditions.has(clause)
      ? `denied by masking: ${list} is masked for you: ${places[clause]} may compare it for equality with constants or parameters only`
      : `denied by masking: ${list} is masked for you and may not be used in ${places[clause]}`,
    hint: `${instead}Allowed in conditions: ${form}.`,
  }
}

function unknownRefusal(clause: Clause, reason: string): Refusal {
  return {
    kind: 'denied',
    message: `denied by masking: ${reason}, so ${places[clause]} may depend on a column that is masked for you`,
    hint: 'Check the names. Put schemas before those of tables, and leave functions of the database\'s own out of conditions.',
  }
}
