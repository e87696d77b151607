// One SQL command as rules are asked about it: its statements with what they access and use. A statement is a set of accesses: deny and
// approve match on any one, an allow must cover every one, by any rules together.
import type { ResolvedAccess, ResolvedStatement, SqlCommandFacts, SqlKind } from '../../shared/command.ts'
import type { Asked, Hit, Piece } from './asked.ts'
import type { CompiledRule, SqlRule } from './compile.ts'
import { Conditions, type AskedOf } from './conditions.ts'
import { orElse } from './or-else.ts'
import type { Concern } from './sql-body.ts'
import { sqlDenied, sqlHeld, sqlUncovered, type SqlHit, type Uncovered } from './sql-reason.ts'
import { usesOf, type Uses } from './uses.ts'

interface Needed { readonly statement: ResolvedStatement; readonly accesses: readonly ResolvedAccess[]; readonly uses: Uses }

export class SqlAsked implements Asked {
  readonly #needed: readonly Needed[]
  readonly #conditions: Conditions
  readonly #estimatedRows: number | null | undefined

  constructor(of: AskedOf<SqlCommandFacts>) {
    this.#conditions = new Conditions(of)
    this.#estimatedRows = of.facts.estimatedRows
    this.#needed = of.facts.statements.map((statement) => ({ statement, accesses: accessesOf(statement), uses: usesOf(statement, of.facts.names) }))
  }

  get isTimed(): boolean {
    return this.#conditions.isTimed
  }

  concern(rule: CompiledRule): Hit | null {
    if (rule.kind !== 'sql') return null
    const hit = this.#hits(rule).next().value
    return hit !== undefined && this.#conditionsHold(rule) ? { rule, denied: () => sqlDenied(hit), held: () => sqlHeld(hit) } : null
  }

  allowing(rules: readonly CompiledRule[]): readonly CompiledRule[] {
    const found = new Set<CompiledRule>(this.#needed.flatMap((needed) => this.#applying(rules, needed).filter((rule) => needed.accesses.some((access) => coversAny(rule, access)))))
    return rules.filter((rule) => found.has(rule))
  }

  uncovered(rules: readonly CompiledRule[]): string | null {
    for (const needed of this.#needed) {
      const applying = this.#applying(rules, needed)
      for (const access of needed.accesses) {
        if (isFree(needed.statement, access)) continue
        for (const relation of candidates(access)) {
          const uncovered = uncoveredPart(applying, needed, { kind: access.kind, relation })
          if (uncovered !== null) return sqlUncovered(uncovered)
        }
      }
    }
    return null
  }

  get pieces(): readonly Piece[] {
    return this.#needed.flatMap(({ statement, accesses }) => accesses.map((access) => ({ kind: access.kind, relations: access.relations, isFree: isFree(statement, access) })))
  }

  matched(rule: CompiledRule): readonly number[] {
    if (rule.kind !== 'sql') return []
    const accesses = this.#needed.flatMap((needed) => needed.accesses.map((access) => ({ access, needed })))
    if (rule.rule.effect === 'allow') {
      return accesses.flatMap(({ access, needed }, at) => (this.#applying([rule], needed).length > 0 && coversAny(rule, access) ? [at] : []))
    }
    const hits = new Set([...this.#hits(rule)].map(({ access }) => access))
    return hits.size > 0 && this.#conditionsHold(rule) ? accesses.flatMap(({ access }, at) => (hits.has(access) ? [at] : [])) : []
  }

  /** For allow: rules that may cover anything of this statement. */
  #applying(rules: readonly CompiledRule[], { uses }: Needed): readonly SqlRule[] {
    return rules.filter((rule): rule is SqlRule => rule.kind === 'sql' && orElse(() => rule.matches.coversCalls(uses), false) && this.#conditions.hold(rule, false))
  }

  *#hits(rule: SqlRule): Generator<SqlHit, undefined> {
    for (const { statement, accesses, uses } of this.#needed) {
      for (const access of accesses) {
        const concern = orElse(() => rule.matches.concern(access, uses, statement.statement.isHarmless), unevaluated)
        if (concern !== null) yield { rule, access, concern }
      }
    }
  }

  #conditionsHold(rule: SqlRule): boolean {
    return this.#isOver(rule.rule.rowsOver) && this.#conditions.hold(rule, true)
  }

  #isOver(rowsOver: number | null): boolean {
    const estimatedRows = this.#estimatedRows
    return rowsOver === null || estimatedRows === undefined || estimatedRows === null || !(estimatedRows <= rowsOver)
  }
}

const unevaluated: Concern = { relation: null, column: null, call: null }

/** The statement's own kind is asked about too, where no access bears it: `do`, `set`, `create` of a role, `select 1`. */
function accessesOf({ statement: { kind }, accesses }: ResolvedStatement): readonly ResolvedAccess[] {
  if (accesses.some((access) => access.kind === kind)) return accesses
  return [...accesses, { kind, relations: [], isFreeCatalog: false }]
}

const noRelation: readonly null[] = [null]
const candidates = (access: ResolvedAccess): readonly (string | null)[] => (access.relations.length === 0 ? noRelation : access.relations)

/** `rules`: those that apply to the statement. They cover together: the relation by one of its kind, each column by some. */
function uncoveredPart(rules: readonly SqlRule[], { uses }: Needed, access: { readonly kind: SqlKind; readonly relation: string | null }): Uncovered | null {
  const { kind, relation } = access
  const own = rules.filter((rule) => covers(rule, kind, relation))
  if (own.length === 0) return { kind, relation, column: null }
  if (relation === null || own.some(({ rule }) => rule.body.columns === null)) return null
  const reading = rules.filter((rule) => covers(rule, 'select', relation))
  for (const { name, isRead } of uses.columns(kind, relation)) {
    const isCovered = (rule: SqlRule) => orElse(() => rule.matches.coversColumn(name), false)
    if (!own.some(isCovered) && !(isRead && reading.some(isCovered))) return { kind, relation, column: name }
  }
  return null
}

/** A rule that fails to evaluate covers nothing. */
const covers = (rule: SqlRule, kind: SqlKind, relation: string | null): boolean => orElse(() => rule.matches.covers(kind, relation), false)

const coversAny = (rule: SqlRule, access: ResolvedAccess): boolean => candidates(access).some((relation) => covers(rule, access.kind, relation))

/** Needs no rule beyond any rule: reading the listed catalogs, and what a harmless statement does without touching a relation. */
function isFree(statement: ResolvedStatement, access: ResolvedAccess): boolean {
  if (access.isFreeCatalog) return access.kind === 'select' && access.relations.length > 0
  return statement.statement.isHarmless && access.relations.length === 0
}
