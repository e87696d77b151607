// One command as rules are asked about it: its statements with what they access and use, and the conditions that rules put beside.
// Made anew for each evaluation; what a rule's `when:` says is found out once.
import type { ResolvedAccess, ResolvedStatement, SqlCommandFacts, SqlKind } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import type { CompiledRule } from './compile.ts'
import { conditionInput } from './condition-input.ts'
import type { ConditionInput } from './condition.ts'
import type { Concern } from './sql-body.ts'
import { usesOf, type Uses } from './uses.ts'

export interface Needed { readonly statement: ResolvedStatement; readonly accesses: readonly ResolvedAccess[]; readonly uses: Uses }

export interface Hit { readonly rule: CompiledRule; readonly access: ResolvedAccess; readonly concern: Concern }

export interface AskedOf { readonly principal: Principal; readonly connection: ConnectionSummary; readonly facts: SqlCommandFacts; readonly now: number }

export class Asked {
  readonly needed: readonly Needed[]
  /** Some condition that was asked looks at the clock. */
  isTimed = false
  readonly #of: AskedOf
  #input: ConditionInput | null = null
  readonly #conditions = new Map<CompiledRule, boolean | 'failed'>()

  constructor(of: AskedOf) {
    this.#of = of
    this.needed = of.facts.statements.map((statement) => ({ statement, accesses: accessesOf(statement), uses: usesOf(statement, of.facts.names) }))
  }

  /** For deny and approve: the first access the rule may be about, where its conditions hold. What fails to evaluate counts as a match. */
  concern(rule: CompiledRule): Hit | null {
    const hit = this.#hits(rule).next().value
    return hit !== undefined && this.#conditionsHold(rule) ? hit : null
  }

  /** All of the accesses; for explanations. */
  concerns(rule: CompiledRule): readonly ResolvedAccess[] {
    const accesses = [...this.#hits(rule)].map(({ access }) => access)
    return accesses.length > 0 && this.#conditionsHold(rule) ? accesses : []
  }

  /** For allow: rules that may cover anything of this statement. What fails to evaluate covers nothing. */
  applying(rules: readonly CompiledRule[], { uses }: Needed): readonly CompiledRule[] {
    return rules.filter((rule) => orElse(() => rule.matches.coversCalls(uses), false) && this.#holds(rule, false))
  }

  *#hits(rule: CompiledRule): Generator<Hit, undefined> {
    for (const { statement, accesses, uses } of this.needed) {
      for (const access of accesses) {
        const concern = concernOf(rule, access, { uses, isHarmless: statement.statement.isHarmless })
        if (concern !== null) yield { rule, access, concern }
      }
    }
  }

  #conditionsHold(rule: CompiledRule): boolean {
    return this.#isOver(rule.rule.rowsOver) && this.#holds(rule, true)
  }

  #isOver(rowsOver: number | null): boolean {
    const { estimatedRows } = this.#of.facts
    return rowsOver === null || estimatedRows === undefined || estimatedRows === null || !(estimatedRows <= rowsOver)
  }

  #holds(rule: CompiledRule, onError: boolean): boolean {
    const { when } = rule
    if (when === null) return true
    if (when.isTimed) this.isTimed = true
    let holds = this.#conditions.get(rule)
    if (holds === undefined) this.#conditions.set(rule, (holds = this.#ask(when.holds)))
    return holds === 'failed' ? onError : holds
  }

  #ask(holds: (input: ConditionInput) => boolean): boolean | 'failed' {
    try {
      const { principal, connection, facts, now } = this.#of
      return holds(this.#input ??= conditionInput(principal, connection, facts, now))
    } catch {
      return 'failed'
    }
  }
}

const unevaluated: Concern = { relation: null, column: null, call: null }

function concernOf(rule: CompiledRule, access: ResolvedAccess, { uses, isHarmless }: { readonly uses: Uses; readonly isHarmless: boolean }): Concern | null {
  try {
    return rule.matches.concern(access, uses, isHarmless)
  } catch {
    return unevaluated
  }
}

/** The statement's own kind is asked about too, where no access bears it: `do`, `set`, `create` of a role, `select 1`. */
export function accessesOf({ statement: { kind }, accesses }: ResolvedStatement): readonly ResolvedAccess[] {
  if (accesses.some((access) => access.kind === kind)) return accesses
  return [...accesses, { kind, relations: [], isFreeCatalog: false }]
}

const noRelation: readonly null[] = [null]
export const candidates = (access: ResolvedAccess): readonly (string | null)[] => (access.relations.length === 0 ? noRelation : access.relations)

export interface Uncovered { readonly kind: SqlKind; readonly relation: string | null; readonly column: string | null }

/** `rules`: those that apply to the statement. They cover together: the relation by one of its kind, each column by some. */
export function uncoveredPart(rules: readonly CompiledRule[], { uses }: Needed, access: { readonly kind: SqlKind; readonly relation: string | null }): Uncovered | null {
  const { kind, relation } = access
  const own = rules.filter((rule) => covers(rule, kind, relation))
  if (own.length === 0) return { kind, relation, column: null }
  if (relation === null || own.some(({ rule }) => rule.body.columns === null)) return null
  const reading = rules.filter((rule) => covers(rule, 'select', relation))
  for (const { name, isRead } of uses.columns(kind, relation)) {
    const isCovered = (rule: CompiledRule) => orElse(() => rule.matches.coversColumn(name), false)
    if (!own.some(isCovered) && !(isRead && reading.some(isCovered))) return { kind, relation, column: name }
  }
  return null
}

/** A rule that fails to evaluate covers nothing. */
export const covers = (rule: CompiledRule, kind: SqlKind, relation: string | null): boolean => orElse(() => rule.matches.covers(kind, relation), false)

function orElse(ask: () => boolean, onError: boolean): boolean {
  try {
    return ask()
  } catch {
    return onError
  }
}
