// What each table of statements says of one statement; the accesses go to the collector meanwhile.
import type { SqlKind, SqlStatement } from '../../shared/command.ts'
import type { Context } from './collector.ts'
import type { Fields } from './tree.ts'

export interface Description {
  readonly kind: SqlKind
  readonly tag: string
  readonly isHarmless?: boolean
  readonly setsSearchPath?: boolean
  readonly setting?: string | null
  readonly prepares?: string | null
  readonly executes?: string | null
  readonly deallocates?: string | null
  readonly declares?: string | null
  readonly fetches?: string | null
  readonly closes?: string | null
  readonly copyOut?: SqlStatement['copyOut']
}

/** `inner` describes a statement that this one wraps. */
export type Describe = (fields: Fields, context: Context, inner: (statement: unknown, context: Context) => Description) => Description
export interface Describers { readonly [type: string]: Describe }
