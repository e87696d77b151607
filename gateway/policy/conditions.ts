// What a rule's `when:` says of one command: asked once for each rule, of an input that is made once. Kept for one evaluation.
import type { CommandFacts } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import type { CompiledRule } from './compile.ts'
import { conditionInput } from './condition-input.ts'
import type { ConditionInput } from './condition.ts'

export interface AskedOf<Facts extends CommandFacts = CommandFacts> { readonly principal: Principal; readonly connection: ConnectionSummary; readonly facts: Facts; readonly now: number }

export class Conditions {
  /** Some condition that was asked looks at the clock. */
  isTimed = false
  readonly #of: AskedOf
  #input: ConditionInput | null = null
  readonly #known = new Map<CompiledRule, boolean | 'failed'>()

  constructor(of: AskedOf) {
    this.#of = of
  }

  /** `onError`: what a condition that fails counts as, by the rule's effect. */
  hold(rule: CompiledRule, onError: boolean): boolean {
    const { when } = rule
    if (when === null) return true
    if (when.isTimed) this.isTimed = true
    let holds = this.#known.get(rule)
    if (holds === undefined) this.#known.set(rule, (holds = this.#ask(when.holds)))
    return holds === 'failed' ? onError : holds
  }

  #ask(holds: (input: ConditionInput) => boolean): boolean | 'failed' {
    try {
      return holds(this.#input ??= conditionInput(this.#of))
    } catch {
      return 'failed'
    }
  }
}
