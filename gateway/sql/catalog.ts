// What the gateway knows of a database: an immutable snapshot, swapped whole by its keeper.

export interface CatalogColumn { readonly number: number; readonly name: string; readonly typeOid: number }

export interface CatalogRelation {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'partitioned table' | 'view' | 'materialized view' | 'foreign table' | 'sequence' | 'toast' | 'index' | 'other'
  readonly columns: readonly CatalogColumn[]
  /** Inheritance or partition parents, direct. */
  readonly parents: readonly number[]
  /** A view's or materialized view's: oids of the relations its rules read, direct. */
  readonly reads: readonly number[]
}

/** All functions of one name, taken together. */
export interface CatalogFunction {
  /** PostgreSQL's own. */
  readonly isSystem: boolean
  /** Immutable, and of a language in which that can be believed (C; PostgreSQL's own of any). */
  readonly isPure: boolean
  readonly returnsSet: boolean
  /** What it has for columns in FROM: these names, or one of its own name; null: depends on its arguments, or overloads differ. */
  readonly columns: readonly string[] | 'scalar' | null
}

/** What values are made of beside what a statement says. For gateway/sql/lineage. */
export interface CatalogDerivations {
  /** View oid → its query, names fully qualified. A view that is missing here could not be read. */
  readonly views: ReadonlyMap<number, string>
  readonly systemFunctions: ReadonlyMap<string, CatalogFunction>
  readonly otherFunctions: ReadonlyMap<string, CatalogFunction>
  /** Functions of the database's own that are written in SQL and the only ones of their bare name: their definitions. */
  readonly sqlFunctions?: ReadonlyMap<string, { readonly schema: string; readonly text: string }>
  /** Bare names of operators whose function is not pure. */
  readonly impureOperators: ReadonlySet<string>
  readonly hasImpureCasts: boolean
  /** Relations with rules for writing, or triggers that write instead. */
  readonly ruled: ReadonlySet<number>
  /** Relation oid → generated column → the columns it is computed from. */
  readonly generated: ReadonlyMap<number, ReadonlyMap<number, readonly number[]>>
}

/** What runs behind what a statement touches; see catalog-behind.ts. Equal texts are equal definitions. */
export interface CatalogBehind {
  /** Relation oid → its triggers, rules, policies, defaults and checks; one that is missing has none. */
  readonly relations: ReadonlyMap<number, { readonly hash: string; /** Some of it calls a function of the database's own. */ readonly runsCode: boolean }>
  /** Relation oid → relations whose rows change with its own, by foreign keys. */
  readonly cascades: ReadonlyMap<number, readonly number[]>
  /** Operators, casts and event triggers that are not PostgreSQL's own. */
  readonly operators: string
}

export interface Catalog {
  /** Grows with every swap. */
  readonly version: number
  /** What an unqualified name is looked up in when the session has not changed it; `$user` resolved; pg_catalog first unless listed. */
  readonly searchPath: readonly string[]
  readonly byOid: ReadonlyMap<number, CatalogRelation>
  /** Key `schema.name`. */
  readonly byName: ReadonlyMap<string, CatalogRelation>
  /** Every relation of that bare name, in any schema. */
  readonly named: (name: string) => readonly CatalogRelation[]
  /** Names of functions outside pg_catalog (bare, lower case): what they read is unknown. */
  readonly userFunctions: ReadonlySet<string>
  /** `schema.name` of such a function → SHA-256 over the definitions of all of that name, or empty where it has none; see functions/bodies.ts. */
  readonly bodies?: ReadonlyMap<string, string>
  /** Views (`schema.name`) that call, themselves or below, a function or operator outside pg_catalog: what they read is unknown. */
  readonly opaqueViews?: ReadonlySet<string>
  /** Without it the lineage of views and functions is unknown. */
  readonly derivations?: CatalogDerivations
  readonly behind?: CatalogBehind
  /** Some operator or cast runs a body nobody sees: then any statement may call it, for neither looks like a call. */
  readonly hasUnseenCalls?: boolean
}

export interface CatalogKeeper {
  /** The snapshot; GatehouseError catalog_unavailable if none was ever loaded. */
  current(): Catalog
  /** Loads again now (joined with a load that has not begun reading yet). Rejects with catalog_unavailable. */
  refresh(): Promise<Catalog>
  dispose(): Promise<void>
}
