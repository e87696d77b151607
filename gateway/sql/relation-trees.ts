// What reading a relation reaches, by the catalog alone: through views, rules, TOAST, and from partitions up and down. Pure.
import type { Catalog } from './catalog.ts'

/** Every relation that reading this one may read, itself included. */
export function transitiveReads(catalog: Catalog, oid: number): ReadonlySet<number> {
  return reach(oid, (at) => catalog.byOid.get(at)?.reads ?? [])
}

/** The relation and all it inherits from or is a partition of. */
export function ancestors(catalog: Catalog, oid: number): ReadonlySet<number> {
  return reach(oid, (at) => catalog.byOid.get(at)?.parents ?? [])
}

function reach(from: number, next: (oid: number) => readonly number[]): ReadonlySet<number> {
  const seen = new Set([from])
  // A Set visits what is added to it while it is walked.
  for (const oid of seen) for (const found of next(oid)) seen.add(found)
  return seen
}
