// One intent inside a session, and the facts a real parser says of it. Facts are pure data: evaluate(…) reads nothing else.
// Names in SqlFacts are as written (case-folded as PostgreSQL folds them); `resolve` in gateway/sql gives ResolvedSqlFacts.
import type { KubernetesCommandFacts } from './kubernetes.ts'

/** What a statement does to a relation. Nested writes count as themselves: a DELETE in a CTE is a `delete`. */
export type AccessKind = 'select' | 'insert' | 'update' | 'delete' | 'truncate' | 'merge' | 'lock' | 'copy-in' | 'copy-out'
  | 'create' | 'alter' | 'drop' | 'grant' | 'revoke' | 'comment' | 'reindex' | 'vacuum' | 'analyze' | 'cluster' | 'refresh'

/**
 * The words a rule may use in `sql: […]`: every access kind; kinds of statement that touch no relation; and the two derived
 * kinds `update-without-where` and `delete-without-where` (a tautology such as `where true` or `where 1=1` counts as none).
 */
export type SqlKind = AccessKind | 'update-without-where' | 'delete-without-where'
  | 'do' | 'call' | 'set' | 'set-role' | 'listen' | 'notify' | 'explain-analyze' | 'copy-program' | 'copy-file' | 'function-call'
  | 'transaction' | 'show' | 'session' | 'other'

export interface RelationName {
  /** Null where the statement wrote no schema. */
  readonly schema: string | null
  readonly name: string
}

export interface Access {
  readonly kind: SqlKind
  /** Null for kinds that touch no relation (`do`, `create` of a role, …). */
  readonly relation: RelationName | null
}

/** A column named in a statement; `qualifier` is the alias or table before the dot, null if none; name `*` for a star or whole-row reference. */
export interface ColumnUse {
  readonly qualifier: string | null
  readonly name: string
  /** `target`: written by INSERT/UPDATE/COPY; `read`: anywhere else. */
  readonly use: 'read' | 'target'
}

export interface FunctionUse {
  readonly schema: string | null
  readonly name: string
  /** Every argument is a constant or parameter. */
  readonly isConstant: boolean
  /** It stands in CASE, COALESCE and the like, so whether it runs can tell of a value; said only of functions where that can be noticed. */
  readonly isConditional?: true
}

/** How COPY … TO STDOUT writes its rows. */
export type CopyForm =
  | { readonly format: 'binary' }
  | { readonly format: 'text' | 'csv'; readonly delimiter: string; readonly quote: string; readonly escape: string; readonly nullText: string; readonly hasHeader: boolean }

/** The text a statement was parsed from, and its place among that text's statements; one object each, to key what is found out later. */
export interface StatementSource { readonly text: string; readonly index: number }

export interface SqlStatement {
  /** The statement's own kind; EXPLAIN, COPY (query), PREPARE, DECLARE have the kind of their inner statement. */
  readonly kind: SqlKind
  /** Command tag word(s) for messages and icons: `SELECT`, `DROP TABLE`. */
  readonly tag: string
  /**
   * Where it stands in the text, in bytes of UTF-8, without the semicolon. Facts shared by texts that differ in constants have one
   * statement, and its `end` lies past the end of any text.
   */
  readonly start: number
  readonly end: number
  readonly accesses: readonly Access[]
  readonly columns: readonly ColumnUse[]
  readonly functions: readonly FunctionUse[]
  /** Names of rows, which stand before a column's dot, and the relations they may be of; none: a subquery's or a WITH table's. Left out: any name may be. */
  readonly rows?: readonly { readonly name: string; readonly relations: readonly RelationName[] | 'any' }[]
  /** Names the statement itself gives to columns (`as day`). */
  readonly gives?: readonly string[]
  /** It reads some relation and writes some relation in one go (INSERT … SELECT, CTAS, UPDATE … FROM, writable CTE over others). */
  readonly isCopyingWrite: boolean
  /** Columns it assigns an expression over themselves (`set email = lower(email)`). */
  readonly rewrites?: readonly string[]
  /** Transaction control, SHOW, harmless SET, DISCARD, DEALLOCATE, CLOSE, …: needs no rule beyond any rule on the connection. */
  readonly isHarmless: boolean
  /** Changes how later names resolve (`SET search_path`, `RESET ALL`, `DISCARD ALL`, set_config of it). */
  readonly setsSearchPath: boolean
  /** `SET name`, lower case; null otherwise. */
  readonly setting: string | null
  /** A setting on which our reading of texts rests, changed by SET, set_config or an UPDATE of pg_settings; `*`: one whose name is computed. */
  readonly readingSetting?: string
  /**
   * Session-scoped names this statement makes, uses or drops. `*` in drops means all. What EXECUTE, FETCH and MOVE do is what was
   * prepared or declared: their own access is `session`, in whose place the caller puts that statement's.
   */
  readonly prepares: string | null
  readonly executes: string | null
  readonly deallocates: string | null
  readonly declares: string | null
  readonly fetches: string | null
  readonly closes: string | null
  /** Of COPY … TO STDOUT; `other`: options by which rows cannot be taken apart. */
  readonly copyOut?: CopyForm | 'other'
  /** Where what it gives can be traced: of EXECUTE and FETCH the statement they run. Left out where that is not known. */
  readonly source?: StatementSource
}

/** What `analyze` says of a whole text; an empty query has no statements. */
export interface SqlFacts {
  readonly kind: 'sql'
  readonly statements: readonly SqlStatement[]
}

/** Stands for the schema of what has none (roles, databases, extensions) and of names that no known schema has. */
export const noSchema = '?'

export interface ResolvedAccess {
  readonly kind: SqlKind
  /** `schema.name`, quoted nowhere (`?.name` without a schema); every relation the name may mean (several only when search_path is not known). Empty: no relation. */
  readonly relations: readonly string[]
  /** All of `relations` are in the listed catalog relations that need no rule. */
  readonly isFreeCatalog: boolean
}

/** A statement's accesses with names resolved against the catalog; what policy matches on. */
export interface ResolvedStatement {
  readonly statement: SqlStatement
  readonly accesses: readonly ResolvedAccess[]
}

/** What a database has by name, as far as rules over columns and functions ask. */
export interface KnownNames {
  /** Names of the columns of `schema.table`, PostgreSQL's own (`ctid`, …) among them; null: not known. */
  columnsOf(relation: string): ReadonlySet<string> | null
  /** Bare names of functions outside PostgreSQL's own schemas. */
  readonly userFunctions: ReadonlySet<string>
  /** Some function of the database has this bare name. */
  isFunction(name: string): boolean
}

export interface SqlCommandFacts {
  readonly kind: 'sql'
  readonly statements: readonly ResolvedStatement[]
  /** Left out where there is no catalog: then any column may be of any table, and a bare function of any schema. */
  readonly names?: KnownNames
  /** Rows it gives or changes, as PostgreSQL's planner estimates; null or left out: not known. */
  readonly estimatedRows?: number | null
}

/** SSH, HTTP and MCP facts join this union with their protocols. */
export type CommandFacts = SqlCommandFacts | KubernetesCommandFacts
