// What policy says of one command. Deny wins, else approve, else allow, else deny: see design.md §4.

import type { ApprovalNeed } from './approval.ts'

export type Effect = 'allow' | 'approve' | 'deny'

export interface RuleRef { readonly policy: string; readonly rule: string }

export interface ShadowRef extends RuleRef { readonly effect: Effect }

export interface LimitObligation {
  /** At most this many rows per command; one more is error 54000, never a quiet cut. Null: none. */
  readonly rows: number | null
  /** Wall-clock seconds a command may take. Null: none. */
  readonly seconds: number | null
}

export interface Verdict {
  readonly effect: Effect
  /** The rule that decided; null when nothing matched (deny by default). */
  readonly rule: RuleRef | null
  /** One sentence for people: what is refused or required and why, with no values from the statement's data. */
  readonly reason: string
  /** Every rule that matched, decisive or not, for `policy explain` and the record. */
  readonly matched: readonly RuleRef[]
  readonly limit: LimitObligation
  /** Rules of `mode: shadow` that matched, and what each would have done. Nothing of them is enforced. */
  readonly shadow: readonly ShadowRef[]
  /** The clock was asked: it may be another the next moment, so it must not be kept. */
  readonly isTimed: boolean
  /** Who must agree first; set for `approve`, null otherwise. */
  readonly need: ApprovalNeed | null
}
