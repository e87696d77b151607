// What lineage is made of: sets of base columns, kept apart by whether they reach a value or only decide which rows there are.
// A flow that has been handed on is never changed again, so columns share them freely.

/** Base columns as numbers (`columnKey`), and why something else may be among them; null: nothing else is. */
export interface Sources { readonly columns: Set<number>; unknown: string | null }

/** `value`: what can be read out of the value. `influence`: what decides, beside that, what the value is (counts, orders, filters). */
export interface Flow {
  readonly value: Sources
  readonly influence: Sources
  /** Of the value's columns those that it is as they stand, where it is theirs. Missing: none; whatever computes drops them. */
  readonly exact?: ReadonlySet<number>
  /** In some rows it is no column, but something that the statement brings. */
  readonly isMixed?: boolean
  /** Computing it may fail for some rows: by a computation, or by a subquery in it. A subquery's columns are computed where they are used. */
  fails?: 'alike' | 'may fail'
}

/** Null: a name that PostgreSQL gives but we cannot tell; nothing is found under it. */
export interface Column { readonly name: string | null; readonly flow: Flow }

/** What a query gives. */
export interface Rowset {
  readonly columns: readonly Column[]
  /** Not null: there are columns beside those listed, anywhere among them, and this may be in any of them. Positions then mean nothing. */
  readonly open: Flow | null
  /** What decides which rows there are, how many, in which order. */
  readonly rows: Sources
}

/** Column numbers run from -6 (system columns) to 1600; oids have 32 bits: together 43, well within a number's 53. */
const numbersPerRelation = 2048
const numberOffset = 8

export function columnKey(oid: number, number: number): number {
  return oid * numbersPerRelation + number + numberOffset
}

export function columnOf(key: number): { readonly oid: number; readonly number: number } {
  return { oid: Math.floor(key / numbersPerRelation), number: (key % numbersPerRelation) - numberOffset }
}

export function newSources(...keys: readonly number[]): Sources {
  return { columns: new Set(keys), unknown: null }
}

export function newFlow(...keys: readonly number[]): Flow {
  return { value: newSources(...keys), influence: newSources() }
}

/** A column of a relation: `from` are others that it is computed of. */
export function columnFlow(key: number, from: Flow = newFlow()): Flow {
  const all = union([newFlow(key), from])
  return { ...all, exact: new Set([key, ...from.exact ?? []]) }
}

/** Rows of either: exact is what is so in each that has it. */
export function eitherFlow(left: Flow, right: Flow): Flow {
  const all = union([left, right])
  const isExact = (key: number): boolean => [left, right].every(({ value, exact }) => !value.columns.has(key) || exact?.has(key) === true)
  const isMixed = [left, right].some((flow) => flow.isMixed === true || flow.value.columns.size === 0)
  return { ...all, exact: new Set([...all.value.columns].filter(isExact)), ...(isMixed && { isMixed }) }
}

export function unknownFlow(reason: string): Flow {
  return { value: { columns: new Set(), unknown: reason }, influence: { columns: new Set(), unknown: reason } }
}

export function unknownRows(reason: string): Rowset {
  const flow = unknownFlow(reason)
  return { columns: [], open: flow, rows: flow.value }
}

export function add(into: Sources, from: Sources): void {
  if (into === from) return
  for (const key of from.columns) into.columns.add(key)
  into.unknown ??= from.unknown
}

export function addFlow(into: Flow, from: Flow): void {
  add(into.value, from.value)
  add(into.influence, from.influence)
  addRisk(into, from.fails)
}

export function addRisk(into: Flow, risk: Flow['fails']): void {
  if (risk !== undefined && into.fails !== 'may fail') into.fails = risk
}

/** Where an expression may be anything but seen: its value decides, as its influence does. */
export function asInfluence(sources: Sources): Flow {
  return { value: sources, influence: sources }
}

export function union(flows: Iterable<Flow>): Flow {
  const all = newFlow()
  for (const flow of flows) addFlow(all, flow)
  return all
}

/** One flow for every column, where positions are not known. */
export function anyColumn({ columns, open }: Rowset): Flow {
  const all = union(columns.map(({ flow }) => flow))
  if (open !== null) addFlow(all, open)
  return all
}

export function sizeOf({ value, influence }: Flow): number {
  return value.columns.size + influence.columns.size
}
