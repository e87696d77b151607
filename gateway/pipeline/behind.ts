// What runs behind the relations a command names and does not show in its text: triggers, rules, policies, defaults, checks, of them and
// of what they reach (views, partitions, foreign keys that cascade); and the database's own operators, casts and event triggers.
import type { Catalog } from '../sql/catalog.ts'

export interface Behind {
  /** Equal for equal definitions. */
  readonly definitions: readonly unknown[]
  /** Some of it may call a function of the database's own. */
  readonly runsCode: boolean
}

/** `names`: `schema.relation`, sorted. */
export function behindOf(names: readonly string[], catalog: Catalog): Behind {
  const { behind } = catalog
  if (behind === undefined) return { definitions: [], runsCode: true }
  const reached = reachedFrom(names, catalog)
  const found = [...reached].toSorted((a, b) => a - b).flatMap((oid) => {
    const one = behind.relations.get(oid)
    return one === undefined ? [] : [{ oid, ...one }]
  })
  return {
    definitions: [behind.operators, ...found.map(({ oid, hash }) => [oid, hash])],
    runsCode: catalog.hasUnseenCalls === true || behind.operators.includes('event trigger ') || found.some(({ runsCode }) => runsCode),
  }
}

/** Views lead to what they read, a partitioned table to its partitions and back, a table to those that go with its rows. */
function reachedFrom(names: readonly string[], catalog: Catalog): ReadonlySet<number> {
  const children = childrenOf(catalog)
  const reached = new Set(names.flatMap((name) => catalog.byName.get(name)?.oid ?? []))
  for (const oid of reached) {
    const relation = catalog.byOid.get(oid)
    for (const next of [...relation?.reads ?? [], ...relation?.parents ?? [], ...children.get(oid) ?? [], ...catalog.behind?.cascades.get(oid) ?? []]) reached.add(next)
  }
  return reached
}

/** Once a catalog: it is asked for every command that waits. */
const known = new WeakMap<Catalog, ReadonlyMap<number, readonly number[]>>()

function childrenOf(catalog: Catalog): ReadonlyMap<number, readonly number[]> {
  const found = known.get(catalog)
  if (found !== undefined) return found
  const children = new Map<number, number[]>()
  for (const { oid, parents } of catalog.byOid.values()) {
    for (const parent of parents) children.set(parent, [...children.get(parent) ?? [], oid])
  }
  known.set(catalog, children)
  return children
}
