// One command as rules are asked about it, whatever its protocol: what each may be about, what each covers. A rule of another protocol
// is about none of it.
import type { CompiledRule } from './compile.ts'

/** A deny or approve that matches. */
export interface Hit {
  readonly rule: CompiledRule
  /** What is denied, as its sentence says it: `delete is not allowed on public.orders`. */
  readonly denied: () => string
  /** What is held: `delete on public.orders`. */
  readonly held: () => string
}

/** A piece of a command that rules are asked about, for explanations. */
export interface Piece { readonly kind: string; readonly relations: readonly string[]; /** Needs no rule of its own. */ readonly isFree: boolean }

export interface Asked {
  /** Some condition that was asked looks at the clock. */
  readonly isTimed: boolean
  /** For deny and approve: whether the rule may be about it, where its conditions hold. What fails to evaluate counts as a match. */
  concern(rule: CompiledRule): Hit | null
  /** Allow rules that cover something of it. What fails to evaluate covers nothing. */
  allowing(rules: readonly CompiledRule[]): readonly CompiledRule[]
  /** What no allow rule covers, as a sentence; null: all is covered. */
  uncovered(rules: readonly CompiledRule[]): string | null
  readonly pieces: readonly Piece[]
  /** Places among `pieces` that a deny or approve is about, or an allow covers, if only in part. */
  matched(rule: CompiledRule): readonly number[]
}
