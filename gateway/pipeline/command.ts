// A command on its way through the pipeline: with its decision, and recorded where humans are asked about it.
import type { Clearance } from './clearance.ts'
import type { Judgement } from './judgement.ts'
import type { Refusal } from './refusal.ts'

export interface Command<D extends Judgement = Judgement> {
  readonly text: string
  /** Values of parameters in text form, where there are any; null is NULL. */
  readonly parameters: readonly (string | null)[]
  /** A decision, or why there is none (unparsable, catalog lost). */
  readonly decision: D | Refusal
  /** What the record holds of one that comes without its decision, where its language is not SQL. */
  readonly shown?: string
  /** An `approve` verdict holds it no more: its humans were asked before, or it runs nothing yet. */
  readonly clearance?: Clearance | null
}

/** Recorded with its verdict; humans are asked next (hold.ts). */
export interface AskedCommand<D extends Judgement> { readonly id: string; readonly decision: D }
