// What a draft of the policies would change of what was done: every recorded command is judged anew, by the policies in force and by
// the draft, in the same way and at the time it was sent. Without a draft: the policies in force against what was decided then.
import type { SqlFacts } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { KubernetesCommandFacts } from '../../shared/kubernetes.ts'
import { compileColumnGlob } from '../../shared/policy/identifier-glob.ts'
import type { Principal } from '../../shared/principal.ts'
import type { Effect } from '../../shared/verdict.ts'
import { evaluate, needsEstimate } from '../policy/evaluate.ts'
import { masksFor } from '../policy/masks.ts'
import type { PolicySnapshot } from '../policy/snapshot.ts'
import { usesOf } from '../policy/uses.ts'
import type { Analysis } from '../sql/analyzer.ts'
import type { Catalog } from '../sql/catalog.ts'
import type { Lineages } from '../sql/lineages.ts'
import type { SearchPath } from '../sql/resolve.ts'
import type { Decision } from './access.ts'
import { tryCommand } from './policy-trial.ts'
import { readable, type RecordedCommand } from './recorded-commands.ts'

export type Change = 'newly allowed' | 'newly denied' | 'newly held' | 'newly masked'

export interface Replayed {
  readonly change: Change
  readonly connection: string
  readonly principal: string
  readonly text: string
  readonly before: { readonly effect: Effect; readonly reason: string }
  readonly after: { readonly effect: Effect; readonly reason: string }
  /** `schema.table.column`, of `newly masked`. */
  readonly masked: readonly string[]
}

export type Outcome = { readonly kind: 'same' } | { readonly kind: 'changed'; readonly changes: readonly Replayed[] } | { readonly kind: 'unjudged'; readonly why: string }

export interface ReplayInputs {
  readonly current: PolicySnapshot
  /** Null: the current policies against what was decided. */
  readonly draft: PolicySnapshot | null
  readonly connections: readonly ConnectionSummary[]
  readonly analyze: (text: string) => Promise<Analysis>
  readonly lineages: Lineages
  /** A recorded Kubernetes request; a text is why it cannot be judged. */
  readonly requestOf: (text: string) => KubernetesCommandFacts | string
  /** Null: offline. */
  readonly catalogOf: (connection: ConnectionSummary) => Promise<Catalog | null>
}

interface Judged {
  readonly effect: Effect
  readonly reason: string
  readonly masked: readonly string[]
  /** A rule with `rows-over` decides, and how many rows it was is not known any more. */
  readonly needsRows: boolean
}

export class Replay {
  readonly #inputs: ReplayInputs
  readonly #asksClaims: boolean
  /** Sessions that changed how names resolve. */
  readonly #paths = new Map<string, SearchPath>()
  /** Facts are kept by text: the same statement comes a thousand times. */
  readonly #facts = new Map<string, SqlFacts | string>()

  constructor(inputs: ReplayInputs) {
    this.#inputs = inputs
    this.#asksClaims = [inputs.current, inputs.draft].some((snapshot) => snapshot !== null && asksClaims(snapshot))
  }

  /** Commands of a session in their order. */
  async judge(command: RecordedCommand): Promise<Outcome> {
    const connection = this.#inputs.connections.find(({ name }) => name === command.connection)
    if (connection === undefined) return unjudged('its connection is not in gateway.yaml')
    if (!command.hasGroups) return unjudged('the recording does not say which groups the person was in (it is older than that)')
    if (this.#asksClaims && !command.hasClaims) return unjudged('policies ask for claims, which recordings keep of CI only')
    if (connection.kind === 'kubernetes') return this.#judgeRequest(command, connection)
    const facts = await this.#factsOf(command.text)
    if (typeof facts === 'string') return unjudged(facts)
    if (facts.statements.some(({ executes, fetches }) => executes !== null || fetches !== null)) return unjudged('it runs what was prepared or declared by another statement')
    const path = this.#paths.get(command.session) ?? 'default'
    if (facts.statements.some(({ setsSearchPath }) => setsSearchPath)) this.#paths.set(command.session, 'unknown')
    return this.#compare(command, connection, (snapshot) => this.#judgedBy(snapshot, { facts, connection, principal: command.principal, now: command.at, path }))
  }

  async #judgeRequest(command: RecordedCommand, connection: ConnectionSummary): Promise<Outcome> {
    const facts = this.#inputs.requestOf(command.text)
    if (typeof facts === 'string') return unjudged(facts)
    if (facts.verb === 'delete' && [this.#inputs.current, this.#inputs.draft].some((snapshot) => snapshot !== null && countsDeletes(snapshot))) {
      return unjudged('policies count deletes, and the recording does not say which went before')
    }
    return this.#compare(command, connection, (snapshot) => {
      const { effect, reason } = evaluate(snapshot, command.principal, connection, facts, command.at)
      return Promise.resolve({ effect, reason, masked: [], needsRows: false })
    })
  }

  async #compare(command: RecordedCommand, connection: ConnectionSummary, judgedBy: (snapshot: PolicySnapshot) => Promise<Judged>): Promise<Outcome> {
    const { current, draft } = this.#inputs
    const now = await judgedBy(current)
    const before: Judged = draft === null ? { ...now, effect: command.effect, reason: command.reason } : now
    const after = draft === null ? now : await judgedBy(draft)
    if (before.needsRows || after.needsRows) return unjudged('it depends on rows-over, and estimates are not recorded')
    const head = {
      connection: connection.name, principal: command.principal.id, text: command.text,
      before: { effect: before.effect, reason: before.reason }, after: { effect: after.effect, reason: after.reason },
    }
    const masked = after.effect === 'deny' ? [] : after.masked.filter((column) => !before.masked.includes(column))
    const changes: Replayed[] = [
      ...(before.effect === after.effect ? [] : [{ ...head, change: changeTo[after.effect], masked: [] }]),
      ...(masked.length === 0 ? [] : [{ ...head, change: 'newly masked' as const, masked }]),
    ]
    return changes.length === 0 ? { kind: 'same' } : { kind: 'changed', changes }
  }

  async #judgedBy(snapshot: PolicySnapshot, of: { readonly facts: SqlFacts; readonly connection: ConnectionSummary; readonly principal: Principal; readonly now: number; readonly path: SearchPath }): Promise<Judged> {
    const { facts, connection, principal, now, path } = of
    const catalog = await this.#inputs.catalogOf(connection)
    const { effect, reason, decision } = await tryCommand({ snapshot, principal, connection, facts, catalog, now, lineages: this.#inputs.lineages, searchPath: path })
    return {
      effect, reason, masked: maskedColumns(snapshot, { principal, connection, decision }),
      needsRows: needsEstimate(snapshot, principal, connection, decision.resolved, now),
    }
  }

  async #factsOf(text: string): Promise<SqlFacts | string> {
    const known = this.#facts.get(text)
    if (known !== undefined) return known
    let found: SqlFacts | string = text.startsWith('[text hidden') ? 'its text is hidden, for it could not be read as SQL' : 'it cannot be parsed'
    for (const candidate of readable(text)) {
      const analysis = await this.#inputs.analyze(candidate)
      if (analysis.kind !== 'facts') continue
      found = analysis.facts
      break
    }
    if (this.#facts.size >= factsKeptMax) this.#facts.clear()
    this.#facts.set(text, found)
    return found
  }
}

const factsKeptMax = 10_000
const unjudged = (why: string): Outcome => ({ kind: 'unjudged', why })
const changeTo = { allow: 'newly allowed', approve: 'newly held', deny: 'newly denied' } as const satisfies Record<Effect, Change>

const countsDeletes = ({ policies }: PolicySnapshot): boolean => policies.some(({ rules }) => rules.some(({ body }) => body.kind === 'kubernetes' && body.words.includes('mass-delete')))

function asksClaims({ policies }: PolicySnapshot): boolean {
  return policies.some(({ rules, masks }) => JSON.stringify([rules.map(({ who }) => who), masks.map(({ except }) => except)]).includes('"kind":"claim"')
    || rules.some(({ when }) => when?.includes('claims') === true))
}

/** Masked columns that the statement names, or may in a whole row. What views and functions read of them is not seen. */
function maskedColumns(snapshot: PolicySnapshot, { principal, connection, decision }: { readonly principal: Principal; readonly connection: ConnectionSummary; readonly decision: Decision }): readonly string[] {
  const rules = masksFor(snapshot, principal, connection).columns.filter(({ isExempt }) => !isExempt)
  const { statements, names } = decision.resolved
  return [...new Set(rules.flatMap(({ column: pattern }) => {
    const matches = compileColumnGlob(pattern)
    return statements.flatMap((statement) => statement.accesses.flatMap(({ relations }) => relations.flatMap((relation) => {
      const dot = relation.indexOf('.')
      const [schema, table] = [relation.slice(0, dot), relation.slice(dot + 1)]
      const read = usesOf(statement, names).columns('select', relation).flatMap(({ name }) => (name === '*' ? [...names?.columnsOf(relation) ?? [pattern.split('.')[2]!]] : [name]))
      return read.filter((name) => matches(schema, table, name)).map((name) => `${relation}.${name}`)
    })))
  }))]
}
