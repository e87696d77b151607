// Small catalogs for tests, from a list of relations.
import type { Catalog, CatalogRelation } from '../../sql/catalog.ts'

export interface Relation extends Partial<Omit<CatalogRelation, 'columns'>> {
  readonly oid: number
  readonly name: string
  /** Numbered from 1; null: a dropped column. */
  readonly columns: readonly (string | null)[]
}

export function catalogOf(relations: readonly Relation[]): Catalog {
  const all = relations.map(({ columns, ...relation }): CatalogRelation => ({
    schema: 'public', kind: 'table', parents: [], reads: [], ...relation,
    columns: columns.flatMap((name, index) => name === null ? [] : [{ number: index + 1, name, typeOid: 25 }]),
  }))
  return {
    version: 1, searchPath: ['pg_catalog', 'public'], userFunctions: new Set(),
    byOid: new Map(all.map((relation) => [relation.oid, relation])),
    byName: new Map(all.map((relation) => [`${relation.schema}.${relation.name}`, relation])),
    named: (name) => all.filter((relation) => relation.name === name),
  }
}
