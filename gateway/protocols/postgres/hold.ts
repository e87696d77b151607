// A held command in PostgreSQL's terms: what is known of it, what its client hears while it waits, and what need not be asked again.
// Why it is held at Bind, and what counts as one run: docs/adr/0008-holding-a-command.md.
import { wantsReason, type ApprovalNeed } from '../../../shared/approval.ts'
import type { SqlFacts } from '../../../shared/command.ts'
import type { Decision } from '../../pipeline/access.ts'
import { grantedNow, refusalNow, type Clearance } from '../../pipeline/clearance.ts'
import type { RunningCommand } from '../../pipeline/handle-output.ts'
import { hideQuoted } from '../../pipeline/hidden-text.ts'
import type { Asked, HoldRequest, TransactionState } from '../../pipeline/hold.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import { intentOf, type Meaning } from '../../pipeline/meaning.ts'
import { riskOf } from '../../pipeline/risk.ts'
import { heldParametersBytesMax } from '../../limits.ts'
import { backendState } from '../../sql/backend-state.ts'
import { isEstimable } from '../../sql/estimate.ts'
import type { Prepared } from './answers.ts'
import { encodeNotice } from './codec/backend.ts'
import type { Bind } from './codec/frontend.ts'
import { valuesOf } from './hold-meaning.ts'
import { parameterText, parameterValues } from './parameters.ts'
import { howToSay } from './reason.ts'
import type { PostgresSession } from './postgres-session.ts'
import { decideFacts, decideNow, estimateOf, rowsOf } from './statements.ts'

/** What may be held: a Query, or a Bind of what was prepared. */
export interface Subject {
  readonly text: string
  /** As analysed: EXECUTE and FETCH not yet replaced by what they run. */
  readonly facts: SqlFacts
  readonly bound: { readonly bind: Bind; readonly prepared: Prepared } | null
}

export function asksHumans(decision: Decision | Refusal): decision is Decision {
  return 'verdict' in decision && decision.refusal?.kind === 'needs-approval'
}

/** Null: humans must be asked. */
export function clearanceOf(session: PostgresSession, { facts, bound }: Subject, decision: Decision): Clearance | null {
  const { statements } = facts
  if (statements.length === 0 || isDoubtful(session, { facts, bound })) return null
  const granted = grantedNow(session.session, decision)
  if (granted !== null) return granted
  if (statements.every(({ prepares }) => prepares !== null)) return { need: decision.verdict.need, why: 'only prepared; humans are asked when it is executed' }
  const cursors = statements.map(({ fetches }) => (fetches === null ? undefined : session.cursors.find(fetches, session.batch)))
  const cleared = cursors.map((cursor) => (cursor?.kind === 'known' ? session.clearedCursors.get(cursor.value) : undefined))
  const [first] = cleared
  if (first === undefined || !cleared.every((one) => one !== undefined && one.isGranted !== true && refusalNow(decision, one) === null)) return null
  return { need: first.need, why: `goes on with a cursor that was ${first.why}` }
}

/** Code that nobody sees may have given the name another meaning, and humans cannot approve what is not known. */
function isDoubtful({ hasRunCode }: PostgresSession, { facts, bound }: Pick<Subject, 'facts' | 'bound'>): boolean {
  return hasRunCode && ((bound !== null && bound.prepared.name !== '') || facts.statements.some(({ executes, fetches }) => executes !== null || fetches !== null))
}

/** For an Execute of what Bind has let through: what is left of an approved run, or a grant that lasts. */
export function clearanceOfRun(session: PostgresSession, { clearance, isComplete }: RunningCommand<Decision>, decision: Decision | Refusal): Clearance | null {
  const granted = asksHumans(decision) ? grantedNow(session.session, decision) : null
  return granted ?? (isComplete || clearance?.isGranted === true ? null : clearance)
}

/** Why nobody is asked about it; null: it is held. */
export function whyNotHeld(session: PostgresSession, subject: Subject, { verdict: { reason, need } }: Decision): Refusal | null {
  // The server would refuse it too; what ends the transaction it takes.
  const isEnding = subject.facts.statements.every(({ kind }) => kind === 'transaction')
  if (session.transaction === 'E' && !isEnding) return { kind: 'needs-approval', message: `${reason}; nobody was asked, for the transaction is aborted already`, hint: 'ROLLBACK first.' }
  const parametersBytes = (subject.bound?.bind.parameters ?? []).reduce((sum, value) => sum + (value?.length ?? 0), 0)
  if (parametersBytes > heldParametersBytesMax) {
    return { kind: 'limit', message: `${reason}; nobody was asked, for its parameters have ${parametersBytes} bytes, and people can be shown ${heldParametersBytesMax} (heldParametersBytesMax)` }
  }
  if (need !== null && wantsReason(need) && session.settings.reasonFor(subject.text, subject.facts.statements) === null) {
    return { kind: 'needs-approval', message: `${reason}; nobody was asked, for the rule wants a reason with it`, hint: howToSay }
  }
  if (!isDoubtful(session, subject)) return null
  return {
    kind: 'needs-approval', message: `${reason}; nobody was asked, for a function that ran in this session may have changed what the name stands for`,
    hint: 'Send the statement itself, without a name, or in a new session.',
  }
}

interface Circumstances {
  readonly decision: Decision
  readonly isInTransaction: boolean
  readonly onAsked: (asked: Asked) => void
}

export function holdRequest(session: PostgresSession, subject: Subject, { decision, isInTransaction, onAsked }: Circumstances): HoldRequest<Decision> {
  const { facts, bound } = subject
  const access = session.access()
  // What EXECUTE runs belongs to what is judged, and to what people see.
  const text = [subject.text, ...preparedTexts(session, facts).map((prepared) => `-- runs what was prepared as:\n${prepared}`)].join('\n\n')
  const meaning = meaningOf(session, text, bound)
  const parameters = bound === null ? [] : parameterText(bound.bind, bound.prepared.types, heldParametersBytesMax)
  return {
    text, hideQuoted: (written) => hideQuoted(written, { text, parameters }), purpose: session.settings.reasonFor(subject.text, facts.statements),
    parameters,
    protocol: 'postgres', recorded: decision.recordedText(text), recordScanner: access.recordScanner, diff: null, limit: null,
    decide: () => decideNow(session, decision.facts, decision.resolved.estimatedRows),
    // The catalog may be a minute old, and others may have changed it: nobody approved that.
    decideFresh: async () => {
      await session.gate.refresh()
      return (await decideFacts(session, facts, rowsOf(decision))).decision
    },
    intentOf: (now, principal) => intentOf({ ...meaning, principal }, now), isPlain: meaning.isPlain === true,
    riskOf: (now, found) => riskOf(access, now, found),
    estimate: estimateFor(session, subject, decision),
    transaction: isInTransaction ? () => transactionState(session) : null,
    inTransactionMs: session.deadlines.approvalInTransactionMs,
    onAsked,
  }
}

/** For who approves. Null: nothing that could be planned. */
function estimateFor(session: PostgresSession, { text, bound }: Subject, { facts, resolved, runsCode }: Decision): HoldRequest<Decision>['estimate'] {
  const { estimatedRows } = resolved
  if (estimatedRows !== undefined) return () => Promise.resolve(estimatedRows)
  if (!isEstimable(facts.statements, runsCode) || session.searchPath !== 'default') return null
  const parameters = bound === null ? [] : parameterValues(bound.bind)
  return () => estimateOf(session, { text, parameters })
}

/** Made at once: the values of a Bind are views of its message. */
function meaningOf(session: PostgresSession, text: string, bound: Subject['bound']): Meaning {
  const { database, user } = session.target
  return {
    principal: session.session.lease.principal.id, connection: session.session.connection.name, database, user,
    settings: session.settings.trail, searchPath: session.searchPath, text,
    isPlain: !session.settings.isTouched && session.searchPath === 'default' && (bound === null || bound.bind.parameters.length === 0),
    parameters: bound === null ? [] : valuesOf(bound.bind, bound.prepared.types).map(({ value, ...rest }) => ({ ...rest, value: value === null ? null : Buffer.from(value) })),
  }
}

/** What EXECUTE runs, that is not in the same text. */
function preparedTexts(session: PostgresSession, { statements }: SqlFacts): readonly string[] {
  const inText = new Set(statements.map(({ prepares }) => prepares))
  const names = new Set(statements.flatMap(({ executes }) => (executes === null || inText.has(executes) ? [] : [executes])))
  return [...names].flatMap((name) => {
    const found = session.prepared.find(name, session.batch)
    return found.kind === 'known' ? [found.value.text] : []
  })
}

async function transactionState(session: PostgresSession): Promise<TransactionState> {
  const { locks, transactionMs, timeouts } = await backendState(session.target, session.backendPid)
  const own = session.settings.timeouts
  const idleMs = own.get('idle_in_transaction_session_timeout') ?? timeouts.idle_in_transaction_session_timeout ?? 0
  const wholeMs = own.get('transaction_timeout') ?? timeouts.transaction_timeout ?? 0
  const limits = [
    ...(idleMs > 0 ? [{ name: 'idle_in_transaction_session_timeout', leftMs: idleMs }] : []),
    ...(wholeMs > 0 ? [{ name: 'transaction_timeout', leftMs: Math.max(0, wholeMs - (transactionMs ?? 0)) }] : []),
  ]
  return { locks, limit: limits.toSorted((a, b) => a.leftMs - b.leftMs)[0] ?? null }
}

/** SQLSTATE of the notice that a command waits. Its DETAIL is JSON for the app, where that asked for `-c gatehouse.masks=on`. */
export const waitingNoticeCode = '01G02'

export function waitingNotice({ approval, need, expiresAt, shortenedBy }: Asked, options: { readonly isFirst: boolean; readonly wantsDetail: boolean }): Buffer {
  const until = new Date(expiresAt).toISOString()
  const date = expiresAt - Date.now() < dayMs ? '' : `${until.slice(0, 10)} `
  const message = `${options.isFirst ? '' : 'still '}waiting for approval ${approval} by ${decidersOf(need)}, expires ${date}${until.slice(11, 16)} UTC${shortenedBy === null ? '' : ` (${shortenedBy})`}`
  return encodeNotice({
    severity: 'NOTICE', code: waitingNoticeCode, message,
    ...(options.wantsDetail && { detail: JSON.stringify({ approval, groups: need.groups, users: need.users, count: need.count, expiresAt: until, shortenedBy }) }),
  })
}

const dayMs = 24 * 60 * 60_000

/** `on-call`, `2 of dba or test:ann, and security`. */
function decidersOf({ also, ...need }: ApprovalNeed): string {
  return [need, ...also].map(({ groups, users, count }) => `${count > 1 ? `${count} of ` : ''}${[...groups, ...users].join(' or ')}`).join(', and ')
}
