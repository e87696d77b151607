// A catalog is data (which crosses to the parser's threads) and the look-ups made of it (which are made again there).
import type { Catalog, CatalogRelation } from './catalog.ts'

/** What structuredClone takes. */
export type CatalogData = Omit<Catalog, 'byName' | 'named'>

export function indexCatalog(data: CatalogData): Catalog {
  const byName = new Map<string, CatalogRelation>()
  const byBareName = new Map<string, CatalogRelation[]>()
  for (const relation of data.byOid.values()) {
    byName.set(`${relation.schema}.${relation.name}`, relation)
    const same = byBareName.get(relation.name)
    if (same === undefined) byBareName.set(relation.name, [relation])
    else same.push(relation)
  }
  return { ...data, byName, named: (name) => byBareName.get(name) ?? [] }
}

export function dataOf({ byName: _byName, named: _named, ...data }: Catalog): CatalogData {
  return data
}
