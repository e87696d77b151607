// One command's decision, from what is known of it: facts → verdict → taint → lineage → predicates → guard → plan. No I/O: what is not
// known yet is named in the decision (`unknownRelations`, `untraced`, `needsEstimate`), and the command is decided again with it.
import type { ResolvedStatement, SqlCommandFacts, SqlFacts } from '../../shared/command.ts'
import type { Verdict } from '../../shared/verdict.ts'
import type { BoundMasks } from '../masking/binding.ts'
import { nothingMasked, planCopy } from '../masking/copy-plan.ts'
import { planColumns, type RowField, type RowsPlan } from '../masking/plan.ts'
import { cleanText, type Scanner } from '../masking/scanner.ts'
import { evaluate, needsEstimate } from '../policy/evaluate.ts'
import { unknownTrace, type Trace } from '../sql/lineage/lineage-of.ts'
import type { Lineages, Untraced } from '../sql/lineages.ts'
import { resolve, type Resolution, type SearchPath } from '../sql/resolve.ts'
import type { Access, Decision } from './access.ts'
import { isOnlyExplained, shownToClient } from './explained.ts'
import { callsOnlyPinned, guard } from './guard.ts'
import { hideConstants, hideParameters } from './hidden-text.ts'
import { judgePredicates, noProbes, type Predicates } from './predicates.ts'
import type { Refusal } from './refusal.ts'

export type KnownLineages = Pick<Lineages, 'known'>

export interface Circumstances { readonly searchPath: SearchPath; readonly now: number; readonly estimatedRows: number | null | undefined }

export function decide(access: Access, lineages: KnownLineages, facts: SqlFacts, circumstances: Circumstances): Decision {
  const { snapshot, principal, connection } = access
  const { now, estimatedRows } = circumstances
  const named = nameAll(access, facts, circumstances)
  const { resolved } = named
  const verdict = evaluate(snapshot, principal, connection, resolved, now)
  const isTainted = mayReadMasked(access, named)
  const lineage = lineageOf(access, lineages, facts, isTainted ? named.paths : null)
  const predicates = predicatesOf(access, resolved, isTainted ? lineage.traces : null)
  const copies: Decision['copies'] = (statement) => (isTainted ? planCopy(access.bound, lineage.traces[statement] ?? null) : nothingMasked)
  // What masking refuses, nobody can approve.
  const refusal = deniedBy(verdict) ?? guard(access, { facts: resolved, isTainted, callsUserFunction: named.callsUserFunction, copies }) ?? predicates.refusal ?? heldBy(verdict)
  return {
    facts, resolved, verdict, refusal, isTainted, catalog: access.catalog, ...effectsOf(facts, named),
    unknownRelations: named.unknownRelations, untraced: lineage.untraced,
    needsEstimate: estimatedRows === undefined && needsEstimate(snapshot, principal, connection, resolved, now),
    probes: predicates.probes, writesMasked: access.isMasked && isTainted && resolved.statements.some((one) => writesMaskedColumn(one, access.bound)),
    ...recordedBy(access, isTainted), columns: planner((statement, fields) => planRows(access, { named, isTainted, traces: lineage.traces }, statement, fields)), copies,
  }
}

interface Named extends Omit<Resolution, 'facts'> {
  readonly resolved: SqlCommandFacts
  /** DO and CALL: code that nobody sees. */
  readonly runsUnseen: boolean
}

function nameAll({ catalog }: Access, facts: SqlFacts, { searchPath, estimatedRows }: Circumstances): Named {
  const { facts: named, ...rest } = resolve(facts, catalog, searchPath)
  return {
    ...rest, resolved: estimatedRows === undefined ? named : { ...named, estimatedRows },
    runsUnseen: facts.statements.some(({ kind }) => kind === 'do' || kind === 'call'),
  }
}

/** What is not seen may read anything. */
function mayReadMasked({ bound }: Access, { resolved, callsUserFunction, runsUnseen, unknownRelations }: Named): boolean {
  if (!bound.hasColumns) return false
  if (callsUserFunction || runsUnseen || unknownRelations.length > 0) return true
  return resolved.statements.some(({ accesses }) => accesses.some(({ relations }) => relations.some((name) => bound.tainted.has(name))))
}

/** One for each statement; null: not traced yet, or its text is not at hand, or nobody asks. */
type Traces = readonly (Trace | null)[]

function lineageOf({ catalog }: Access, lineages: KnownLineages, { statements }: SqlFacts, paths: readonly SearchPath[] | null): { readonly traces: Traces; readonly untraced: readonly Untraced[] } {
  if (paths === null) return { traces: [], untraced: [] }
  const wanted = statements.map(({ source }, at) => (source === undefined ? null : { source, path: paths[at]! }))
  const traces = wanted.map((one) => one && lineages.known(one.source, catalog, one.path))
  return { traces, untraced: wanted.filter((one, at) => one !== null && traces[at] === null) as Untraced[] }
}

/** Of statements whose text is not at hand: they may ask anything. */
const untraceable = unknownTrace('what the statement asks is not known')
const noPredicates: Predicates = { refusal: null, probes: noProbes }

function predicatesOf(access: Access, resolved: SqlCommandFacts, traces: Traces | null): Predicates {
  if (!access.isMasked || traces === null) return noPredicates
  return judgePredicates({ bound: access.bound, uses: traces.flatMap((one) => (one ?? untraceable).uses), isPinned: callsOnlyPinned(access, resolved) })
}

function deniedBy({ effect, reason }: Verdict): Refusal | null {
  return effect === 'deny' ? { kind: 'denied', message: reason } : null
}

function heldBy({ effect, reason }: Verdict): Refusal | null {
  return effect === 'approve' ? { kind: 'needs-approval', message: reason } : null
}

const catalogKinds = new Set(['create', 'alter', 'drop', 'refresh', 'do', 'call', 'other'])

function effectsOf({ statements }: SqlFacts, { callsUserFunction, runsUnseen }: Named): Pick<Decision, 'setsSearchPath' | 'changesCatalog' | 'changesNames' | 'runsCode'> {
  const setsSearchPath = statements.some((statement) => statement.setsSearchPath)
  const changesCatalog = statements.some(({ kind }) => catalogKinds.has(kind))
  return {
    setsSearchPath, changesCatalog, runsCode: callsUserFunction || runsUnseen,
    changesNames: setsSearchPath || changesCatalog || callsUserFunction || statements.some(({ deallocates }) => deallocates !== null),
  }
}

/** By name alone, like what is read: a namesake counts too. */
function writesMaskedColumn({ statement }: ResolvedStatement, { columnNames }: BoundMasks): boolean {
  return statement.columns.some(({ name, use }) => use === 'target' && (name === '*' || columnNames.has(name)))
}

function recordedBy({ recordScanner }: Access, isTainted: boolean): Pick<Decision, 'recordedText' | 'recordedParameters'> {
  if (isTainted) return { recordedText: hideConstants, recordedParameters: hideParameters }
  return {
    recordedText: (text) => clean(recordScanner, text),
    recordedParameters: (parameters) => parameters.map((value) => value && clean(recordScanner, value)),
  }
}

function clean(scanner: Scanner | null, text: string): string {
  return scanner === null ? text : cleanText(scanner, text)
}

interface Planned { readonly named: Named; readonly isTainted: boolean; readonly traces: Traces }

function planRows({ bound }: Access, { named, isTainted, traces }: Planned, statement: number, fields: readonly RowField[]): RowsPlan {
  const plan = planColumns({ bound, fields, isTainted, lineage: traces[statement] ?? null })
  // Functions of the database's own may be run by the planner, and what they give stands in the plan.
  const isOpen = !named.callsUserFunction && !named.runsUnseen && named.unknownRelations.length === 0 && isOnlyExplained(named.resolved.statements[statement]!)
  return isOpen ? shownToClient(planColumns({ bound, fields, isTainted: false, lineage: null }), plan) : plan
}

/** Remembers the last few plans. */
function planner(plan: (statement: number, fields: readonly RowField[]) => RowsPlan): Decision['columns'] {
  const known: { readonly statement: number; readonly key: Buffer; readonly plan: RowsPlan }[] = []
  return (statement, key, fields) => {
    const found = known.find((entry) => entry.statement === statement && entry.key.equals(key))
    if (found !== undefined) return found.plan
    const made = plan(statement, fields())
    // A text has one row shape, or a few with its formats; more is a client playing, and is planned each time.
    if (known.length < 4) known.push({ statement, key: Buffer.from(key), plan: made })
    return made
  }
}
