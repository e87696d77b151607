// From names as written to the relations they may mean, as PostgreSQL's search_path would find them (docs 5.10.3). Where that is not
// known, every relation of the name is a candidate: a deny on any of them holds, an allow must cover them all. Pure.
import type { Access, FunctionUse, RelationName, ResolvedAccess, ResolvedStatement, SqlCommandFacts, SqlFacts, SqlStatement } from '../../shared/command.ts'
import type { Catalog } from './catalog.ts'
import { freeCatalog } from './free-catalog.ts'
import { namesOf } from './known-names.ts'
import { noSchema } from './object-names.ts'

/** Whether unqualified names resolve by the catalog's search path, or the session has changed it and any schema is possible. */
export type SearchPath = 'default' | 'unknown'

export interface Resolution {
  readonly facts: SqlCommandFacts
  /** Names the catalog does not have, as written; worth one refresh. */
  readonly unknownRelations: readonly string[]
  /** A function outside pg_catalog is called, by the statement or by a view it reads: what it reads is not seen. */
  readonly callsUserFunction: boolean
  /** How unqualified names are looked up when each statement's turn comes. */
  readonly paths: readonly SearchPath[]
}

export function resolve(facts: SqlFacts, catalog: Catalog, searchPath: SearchPath): Resolution {
  const unknown = new Set<string>()
  const statements: ResolvedStatement[] = []
  const paths: SearchPath[] = []
  let [path, callsUserFunction] = [searchPath, false]
  for (const statement of facts.statements) {
    const resolved = resolveStatement(statement, catalog, path, unknown)
    statements.push(resolved)
    paths.push(path)
    const callsOne = (catalog.hasUnseenCalls === true && !statement.isHarmless) || statement.functions.some((use) => isUserFunction(use, catalog)) || readsComputed(statement, catalog) || readsOpaqueView(resolved, catalog)
    callsUserFunction ||= callsOne
    // PostgreSQL looks names up when the statement's turn comes: `set search_path = x; select * from t` in one text.
    if (statement.setsSearchPath || callsOne) path = 'unknown'
  }
  const names = namesOf(catalog)
  return { facts: { kind: 'sql', statements, ...(names !== undefined && { names }) }, unknownRelations: [...unknown], callsUserFunction, paths }
}

/** Names the catalog does not have are added to `unknown`. */
export function resolveStatement(statement: SqlStatement, catalog: Catalog, searchPath: SearchPath, unknown?: Set<string>): ResolvedStatement {
  return { statement, accesses: statement.accesses.map((access) => resolveAccess(access, catalog, searchPath, unknown)) }
}

function resolveAccess({ kind, relation }: Access, catalog: Catalog, searchPath: SearchPath, unknown?: Set<string>): ResolvedAccess {
  if (relation === null) return { kind, relations: [], isFreeCatalog: false }
  const relations = kind === 'create' ? created(relation, catalog, searchPath) : candidates(relation, catalog, searchPath, unknown)
  return { kind, relations, isFreeCatalog: kind === 'select' && relations.every((name) => freeCatalog.has(name)) }
}

/** A function written with the schema pg_catalog is PostgreSQL's own; a bare name may be any of that name. */
function isUserFunction({ schema, name }: FunctionUse, catalog: Catalog): boolean {
  if (schema === 'pg_catalog' || schema === 'information_schema') return false
  return schema !== null || catalog.userFunctions.has(name)
}

/** `o.total` may be `total(o)`, a function of the row (PostgreSQL docs 8.16.5). */
function readsComputed({ columns }: SqlStatement, { userFunctions }: Catalog): boolean {
  return columns.some(({ qualifier, name, use }) => use === 'read' && qualifier !== null && userFunctions.has(name))
}

function readsOpaqueView({ accesses }: ResolvedStatement, { opaqueViews }: Catalog): boolean {
  return opaqueViews !== undefined && opaqueViews.size > 0 && accesses.some(({ relations }) => relations.some((name) => opaqueViews.has(name)))
}

const key = (schema: string, name: string): string => `${schema}.${name}`

function candidates(relation: RelationName, catalog: Catalog, searchPath: SearchPath, unknown?: Set<string>): readonly string[] {
  const { schema, name } = relation
  if (schema === '*') return indexOf(catalog).everything
  if (schema !== null && name === '*') return indexOf(catalog).bySchema.get(schema) ?? [key(schema, '*')]
  if (schema !== null) {
    const known = key(schema, name)
    if (schema !== noSchema && !catalog.byName.has(known)) unknown?.add(known)
    return [known]
  }
  const found = searchPath === 'default' ? firstInPath(name, catalog) : catalog.named(name).map((item) => key(item.schema, item.name))
  if (found.length > 0) return found
  unknown?.add(name)
  return searchPath === 'default' ? inPath(name, catalog) : anywhere(name, catalog)
}

function created(relation: RelationName, catalog: Catalog, searchPath: SearchPath): readonly string[] {
  const { schema, name } = relation
  if (schema !== null) return name === '*' ? candidates(relation, catalog, searchPath) : [key(schema, name)]
  // An index or trigger is made on a relation that exists: then that is what the name means.
  const existing = searchPath === 'default' ? firstInPath(name, catalog) : []
  if (existing.length > 0) return existing
  const first = searchPath === 'default' ? catalog.searchPath.find((item) => !isImplicit(item)) : undefined
  return first === undefined ? anywhere(name, catalog) : [key(first, name)]
}

const isImplicit = (schema: string): boolean => schema === 'pg_catalog' || schema.startsWith('pg_temp')

function firstInPath(name: string, catalog: Catalog): readonly string[] {
  const schema = catalog.searchPath.find((item) => catalog.byName.has(key(item, name)))
  return schema === undefined ? [] : [key(schema, name)]
}

/** Nothing of that name was there when the catalog was read; if it is now, it is in one of these. */
function inPath(name: string, catalog: Catalog): readonly string[] {
  const found = catalog.searchPath.filter((item) => !isImplicit(item)).map((item) => key(item, name))
  return found.length > 0 ? found : [key(noSchema, name)]
}

/** No rule on one schema's names covers this; a deny on any schema's does. */
function anywhere(name: string, catalog: Catalog): readonly string[] {
  return [key(noSchema, name), ...indexOf(catalog).schemas.map((schema) => key(schema, name))]
}

/** Made once a catalog: a text of a thousand VACUUMs must not make a thousand lists. */
interface Index { readonly schemas: readonly string[]; readonly everything: readonly string[]; readonly bySchema: ReadonlyMap<string, readonly string[]> }

const indexes = new WeakMap<Catalog, Index>()

function indexOf(catalog: Catalog): Index {
  const known = indexes.get(catalog)
  if (known !== undefined) return known
  const groups = Map.groupBy(catalog.byName.values(), (relation) => relation.schema)
  const bySchema = new Map([...groups].map(([schema, items]) => [schema, [key(schema, '*'), ...items.map((item) => key(schema, item.name))]]))
  const index = { schemas: [...groups.keys()], everything: ['*.*', ...catalog.byName.keys()], bySchema }
  indexes.set(catalog, index)
  return index
}
