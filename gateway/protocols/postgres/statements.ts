// From a text to a decision: facts from the analyzer, EXECUTE and FETCH replaced by what they run, the catalog refreshed once
// when a name is new. At once when everything is cached; else a promise, during which the session reads no further.
import { hash } from 'node:crypto'
import { noSchema, type SqlFacts, type SqlStatement } from '../../../shared/command.ts'
import { GatehouseError } from '../../../shared/errors.ts'
import type { Decision } from '../../pipeline/access.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import type { Analysis } from '../../sql/analyzer.ts'
import { isEstimable, type EstimateRequest } from '../../sql/estimate.ts'
import type { Prepared } from './answers.ts'
import type { PostgresSession } from './postgres-session.ts'

export interface Decided { readonly facts: SqlFacts | null; readonly decision: Decision | Refusal }

/** What the server says itself when a cancel comes in time. */
export const cancelled: Decided = { facts: null, decision: { kind: 'cancelled', message: 'canceling statement due to user request' } }

/** How many rows a statement would give or change, where policy asks: as found before, or to be found. Left out: not known. */
export type Rows = { readonly kind: 'known'; readonly rows: number | null } | { readonly kind: 'ask'; readonly request: () => EstimateRequest }

/** What Parse alone does. */
export const noRows: Rows = { kind: 'known', rows: 0 }

export const askedFor = (request: () => EstimateRequest): Rows => ({ kind: 'ask', request })

export function rowsOf({ resolved: { estimatedRows } }: Decision): Rows | undefined {
  return estimatedRows === undefined ? undefined : { kind: 'known', rows: estimatedRows }
}

export function decideText(session: PostgresSession, text: string, rows: Rows): Decided | Promise<Decided> {
  const analysis = session.context.analyzer.analyze(text)
  return analysis instanceof Promise ? analysis.then((ready) => ofAnalysis(session, text, ready, rows)) : ofAnalysis(session, text, analysis, rows)
}

function ofAnalysis(session: PostgresSession, text: string, analysis: Analysis, rows: Rows): Decided | Promise<Decided> {
  switch (analysis.kind) {
    case 'facts': return decideFacts(session, analysis.facts, rows)
    case 'syntax-error': return { facts: null, decision: {
      kind: 'invalid', message: analysis.message, hint: 'Gatehouse reads statements with the grammar of PostgreSQL 18.',
      ...(analysis.position !== null && { position: Buffer.from(text).subarray(0, analysis.position).toString().length }),
    } }
    case 'failed': return { facts: null, decision: { kind: 'invalid', message: `the statement cannot be analysed and was refused: ${analysis.reason}` } }
  }
}

/** Facts known (a prepared statement, a running one under a new policy): decide under what is in force now. */
export function decideFacts(session: PostgresSession, facts: SqlFacts, rows?: Rows): Decided | Promise<Decided> {
  const refreshing = session.gate.pending
  if (refreshing !== null) return refreshing.then(() => decideFacts(session, facts, rows))
  const expanded = expand(session, facts)
  if (expanded.kind === 'open') return session.answered().then(() => decideFacts(session, facts, rows))
  if (expanded.kind === 'refused') return { facts, decision: expanded.refusal }
  const decision = decideNow(session, expanded.facts)
  if (!('verdict' in decision)) return { facts, decision }
  if (decision.unknownRelations.length > 0 && session.gate.mayRefresh()) return session.gate.refresh().then(() => decideFacts(session, facts, rows))
  // Decided again from the start: meanwhile the policy may have changed, and the catalog.
  if (decision.untraced.length > 0) return session.context.analyzer.lineages.trace(decision.untraced, decision.catalog).then(() => decideFacts(session, facts, rows))
  if (!decision.needsEstimate || rows === undefined) return { facts, decision }
  if (rows.kind === 'known') return { facts, decision: decideNow(session, expanded.facts, rows.rows) }
  if (!isEstimable(expanded.facts.statements, decision.runsCode) || session.searchPath !== 'default') return { facts, decision }
  return estimateFirst(session, rows.request()).then((known) => decideFacts(session, facts, { kind: 'known', rows: known }))
}

/** Null: not known. */
export async function estimateOf(session: PostgresSession, request: EstimateRequest): Promise<number | null> {
  return session.context.postgres.get(session.session.connection.name)?.estimator().estimate(request) ?? null
}

/** Before the command itself is recorded: then that its text goes to the database is. Rejects with GatehouseError recorder_failed. */
async function estimateFirst(session: PostgresSession, request: EstimateRequest): Promise<number | null> {
  const { session: { recorder }, context: { journal } } = session
  recorder.json('control', 'notice', { text: 'the rows of the next command are estimated by EXPLAIN', hash: hash('sha256', request.text, 'hex') })
  await new Promise<void>((resolve, reject) => journal.afterFlush(resolve, reject))
  return estimateOf(session, request)
}

export function decideNow(session: PostgresSession, facts: SqlFacts, estimatedRows?: number | null): Decision | Refusal {
  try {
    return session.access().decide(facts, session.searchPath, Date.now(), estimatedRows)
  } catch (error) {
    if (!(error instanceof GatehouseError)) session.context.log.error({ err: error, session: session.id }, 'deciding failed')
    return { kind: 'unavailable', message: error instanceof GatehouseError ? error.message : 'the statement could not be decided, so it was refused' }
  }
}

type Expanded = { readonly kind: 'facts'; readonly facts: SqlFacts } | { readonly kind: 'open' } | { readonly kind: 'refused'; readonly refusal: Refusal }

/** EXECUTE counts as the statement it runs, FETCH as the query of its cursor (design.md §4). */
function expand(session: PostgresSession, facts: SqlFacts): Expanded {
  if (!facts.statements.some(({ executes, fetches }) => executes !== null || fetches !== null)) return { kind: 'facts', facts }
  const statements: SqlStatement[] = []
  const inText = { prepared: new Map<string, readonly SqlStatement[]>(), cursors: new Map<string, readonly SqlStatement[]>() }
  for (const statement of facts.statements) {
    if (statement.prepares !== null) inText.prepared.set(statement.prepares, [statement])
    if (statement.declares !== null) inText.cursors.set(statement.declares, [statement])
    const isExecute = statement.executes !== null
    const name = statement.executes ?? statement.fetches
    if (name === null) {
      statements.push(statement)
      continue
    }
    const inner = (isExecute ? inText.prepared : inText.cursors).get(name) ?? lookUp(session, name, isExecute)
    if (inner === 'open') return { kind: 'open' }
    if (inner === null) {
      const what = isExecute ? 'prepared statement' : 'cursor'
      return { kind: 'refused', refusal: { kind: 'denied', message: `${what} "${name}" was not made in this session, so what it runs is not known`, hint: isExecute ? 'PREPARE it first.' : 'DECLARE it first.' } }
    }
    const executed = inner.map((one) => asExecuted(statement, one))
    statements.push(...(session.hasRunCode ? executed.map(asReopened) : executed))
  }
  return { kind: 'facts', facts: { kind: 'sql', statements } }
}

/** What runs is both: the inner statement's accesses, and whatever the outer adds (EXPLAIN ANALYZE EXECUTE …). */
function asExecuted(outer: SqlStatement, inner: SqlStatement): SqlStatement {
  const { source: _outer, ...rest } = outer
  return {
    ...rest, ...(inner.source !== undefined && { source: inner.source }), prepares: null, declares: null, kind: outer.kind === 'session' ? inner.kind : outer.kind,
    accesses: [...outer.accesses.filter(({ kind }) => kind !== 'session'), ...inner.accesses],
    columns: [...outer.columns, ...inner.columns], functions: [...outer.functions, ...inner.functions],
    isCopyingWrite: outer.isCopyingWrite || inner.isCopyingWrite, rewrites: [...outer.rewrites ?? [], ...inner.rewrites ?? []], setsSearchPath: outer.setsSearchPath || inner.setsSearchPath,
    isHarmless: false,
  }
}

/** A function may have made another cursor or statement of that name: what comes is then as unknown as what functions return. */
function asReopened({ source: _source, ...statement }: SqlStatement): SqlStatement {
  return { ...statement, functions: [...statement.functions, { schema: noSchema, name: 'unknown', isConstant: true }] }
}

/** What a Bind of it runs: as it was parsed, or, after code has run that could redefine its name, something unknown besides. */
export function factsOf(session: PostgresSession, prepared: Prepared): SqlFacts {
  if (!session.hasRunCode || prepared.name === '') return prepared.facts
  prepared.doubted ??= { kind: 'sql', statements: prepared.facts.statements.map(asReopened) }
  return prepared.doubted
}

function lookUp(session: PostgresSession, name: string, isExecute: boolean): readonly SqlStatement[] | 'open' | null {
  const found = isExecute ? session.prepared.find(name, session.batch) : session.cursors.find(name, session.batch)
  if (found.kind === 'open') return 'open'
  if (found.kind === 'unknown') return null
  return 'facts' in found.value ? found.value.facts.statements : found.value
}
