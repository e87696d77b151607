// One Kubernetes request as rules are asked about it: one thing, that one allow covers or none does.
import type { KubernetesCommandFacts } from '../../shared/kubernetes.ts'
import { isQuiet } from '../../shared/policy/kubernetes-facts.ts'
import type { Asked, Hit, Piece } from './asked.ts'
import type { CompiledRule } from './compile.ts'
import { Conditions, type AskedOf } from './conditions.ts'
import type { KubernetesConcern } from './kubernetes-body.ts'
import { kubernetesDenied, kubernetesHeld, kubernetesUncovered, targetText } from './kubernetes-reason.ts'
import { orElse } from './or-else.ts'

export class KubernetesAsked implements Asked {
  readonly #facts: KubernetesCommandFacts
  readonly #conditions: Conditions

  constructor(of: AskedOf<KubernetesCommandFacts>) {
    this.#facts = of.facts
    this.#conditions = new Conditions(of)
  }

  get isTimed(): boolean {
    return this.#conditions.isTimed
  }

  concern(rule: CompiledRule): Hit | null {
    if (rule.kind !== 'kubernetes') return null
    const facts = this.#facts
    const concern = orElse<KubernetesConcern | null>(() => rule.matches.concern(facts), { word: facts.verb, field: null })
    if (concern === null || !this.#conditions.hold(rule, true)) return null
    return { rule, denied: () => kubernetesDenied({ facts, concern }), held: () => kubernetesHeld({ facts, concern }) }
  }

  allowing(rules: readonly CompiledRule[]): readonly CompiledRule[] {
    return rules.filter((rule) => this.#covers(rule))
  }

  uncovered(rules: readonly CompiledRule[]): string | null {
    return isQuiet(this.#facts) || rules.some((rule) => this.#covers(rule)) ? null : kubernetesUncovered(this.#facts)
  }

  get pieces(): readonly Piece[] {
    return [{ kind: this.#facts.privilege ?? this.#facts.verb, relations: [targetText(this.#facts)], isFree: isQuiet(this.#facts) }]
  }

  matched(rule: CompiledRule): readonly number[] {
    const isMatch = rule.rule.effect === 'allow' ? this.#covers(rule) : this.concern(rule) !== null
    return isMatch ? [0] : []
  }

  #covers(rule: CompiledRule): boolean {
    return rule.kind === 'kubernetes' && orElse(() => rule.matches.covers(this.#facts), false) && this.#conditions.hold(rule, false)
  }
}
