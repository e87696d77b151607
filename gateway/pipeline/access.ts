// What one principal may do on one SQL connection under one policy snapshot and one catalog: immutable inputs, and the decisions
// derived from them (decide.ts), cached by the identity of facts. Replaced whole when the policy or the catalog is swapped.
import type { KeyObject } from 'node:crypto'
import type { SqlCommandFacts, SqlFacts } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import { decisionsCachedMax } from '../limits.ts'
import { bindMasks, type BoundMasks } from '../masking/binding.ts'
import type { CopyPlan } from '../masking/copy-plan.ts'
import type { Scanner } from '../masking/scanner.ts'
import type { RowField, RowsPlan } from '../masking/plan.ts'
import { masksFor } from '../policy/masks.ts'
import type { PolicySnapshot } from '../policy/snapshot.ts'
import type { Catalog } from '../sql/catalog.ts'
import type { Untraced } from '../sql/lineages.ts'
import type { SearchPath } from '../sql/resolve.ts'
import { decide, type KnownLineages } from './decide.ts'
import type { Judgement } from './judgement.ts'
import { scannersOf } from './scanners.ts'
import type { Probes } from './predicates.ts'

export interface Decision extends Judgement {
  readonly facts: SqlFacts
  readonly resolved: SqlCommandFacts
  /** May read a relation with masked columns: columns of unknown origin are masked whole, literals are hidden in the record. */
  readonly isTainted: boolean
  readonly setsSearchPath: boolean
  /** May change what names resolve to: row shapes known so far are not trusted after it. */
  readonly changesNames: boolean
  /** Functions whose bodies are not seen, DO, CALL: they may redefine prepared statements and cursors. */
  readonly runsCode: boolean
  /** DDL, or code that may run some: the catalog is read again when it is committed. */
  readonly changesCatalog: boolean
  /** It writes to columns that are masked for whoever asks: a mask must not be written back (admission.ts). */
  readonly writesMasked: boolean
  /** What each execution asks of masked columns. */
  readonly probes: Probes
  /** Names the catalog does not know: refresh once and decide again. */
  readonly unknownRelations: readonly string[]
  /** Statements whose lineage is needed and not known yet: trace them and decide again. Until then all of unknown origin is masked. */
  readonly untraced: readonly Untraced[]
  /** It depends on how many rows it would give or change, and that was not said: find out and decide again. */
  readonly needsEstimate: boolean
  /** What it was decided by. */
  readonly catalog: Catalog
  /** The treatment of the rows of its `statement`-th statement with these fields; `key` is the RowDescription's bytes. */
  columns(statement: number, key: Buffer, fields: () => readonly RowField[]): RowsPlan
  /** The treatment of what its `statement`-th statement copies out; null: its columns are not known. */
  copies(statement: number): CopyPlan | null
}

export interface Access {
  readonly principal: Principal
  readonly connection: ConnectionSummary
  readonly snapshot: PolicySnapshot
  readonly catalog: Catalog
  readonly bound: BoundMasks
  /** Some column is masked for this principal (not exempt): its errors, notices and notifications are cleaned. */
  readonly isMasked: boolean
  /** Some output needs looking into, for the client or for the record; false: rows pass untouched. */
  readonly looksIntoRows: boolean
  readonly clientScanner: Scanner | null
  readonly recordScanner: Scanner | null
  /** `estimatedRows`: as the planner says, null where it does not; left out: not asked yet, which counts as not known. */
  decide(facts: SqlFacts, searchPath: SearchPath, now: number, estimatedRows?: number | null): Decision
}

export interface AccessInputs {
  readonly principal: Principal
  readonly connection: ConnectionSummary
  readonly snapshot: PolicySnapshot
  readonly catalog: Catalog
  readonly lineages: KnownLineages
  /** Of `as: hash`. */
  readonly hashKey: KeyObject
}

export function createAccess({ principal, connection, snapshot, catalog, lineages, hashKey }: AccessInputs): Access {
  const masks = masksFor(snapshot, principal, connection)
  const bound = bindMasks(masks, catalog, hashKey)
  const decided = { default: new Map<SqlFacts, Decision>(), unknown: new Map<SqlFacts, Decision>() }
  const scanners = scannersOf(masks)
  const access: Access = {
    principal, connection, snapshot, catalog, bound,
    isMasked: masks.columns.some((rule) => !rule.isExempt),
    looksIntoRows: masks.columns.length > 0 || scanners.recordScanner !== null,
    ...scanners,
    decide(facts, searchPath, now, estimatedRows) {
      const cache = decided[searchPath]
      const known = estimatedRows === undefined ? cache.get(facts) : undefined
      if (known !== undefined) return known
      const decision = decide(access, lineages, facts, { searchPath, now, estimatedRows })
      if (decision.untraced.length > 0 || decision.verdict.isTimed || estimatedRows !== undefined) return decision
      if (cache.size >= decisionsCachedMax) cache.delete(cache.keys().next().value!)
      cache.set(facts, decision)
      return decision
    },
  }
  return access
}

/** Accesses shared by all sessions of the same principal on the same connection; one entry a pair, the newest inputs win. */
export class AccessCache {
  readonly #entries = new Map<string, Access>()

  get(key: string, inputs: AccessInputs): Access {
    const known = this.#entries.get(key)
    if (known !== undefined && known.snapshot === inputs.snapshot && known.catalog === inputs.catalog) return known
    const access = createAccess(inputs)
    this.#entries.delete(key)
    this.#entries.set(key, access)
    if (this.#entries.size > decisionsCachedMax) this.#entries.delete(this.#entries.keys().next().value!)
    return access
  }
}

/** Two tokens of one person may carry different groups: everything policy can see is in the key. */
export function accessKey(principal: Principal, connection: string): string {
  return JSON.stringify([connection, principal.id, principal.kind, principal.email, principal.groups, principal.claims])
}
