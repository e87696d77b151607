// From a request to the answer whether it may go upstream: judged, recorded, and where policy wants it held until humans have decided.
// The same for a plain request and for a stream.
import { hash } from 'node:crypto'
import { wantsReason } from '../../../shared/approval.ts'
import { GatehouseError } from '../../../shared/errors.ts'
import { cleanText } from '../../masking/scanner.ts'
import { grantedNow } from '../../pipeline/clearance.ts'
import { handleCommand } from '../../pipeline/handle-command.ts'
import { Held, type Asked, type HoldRequest, type Settled, type WaitLimit } from '../../pipeline/hold.ts'
import { intentOfRequest } from '../../pipeline/meaning.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import type { KubernetesAccess } from './access.ts'
import { factsNow, headersFor, headText, identityFor, lineOf, noteAllowed, wholeText, type AskedRequest } from './asked.ts'
import { decideRequest, objectionToGuesses, recordedBody, type RequestDecision } from './judge.ts'
import type { KubernetesSession } from './kubernetes-session.ts'
import { hideQuotedOf } from './quoted.ts'
import { diffOf, nothing, readLive, type LiveObject } from './live.ts'
import type { ReadRequest } from './commands.ts'
import { parameter } from './path.ts'
import { riskOfRequest } from './risk.ts'
import { isLarge, judgeApart } from './written.ts'

export interface Waiting {
  /** The client is gone. */
  readonly signal: AbortSignal
  readonly onAsked: (asked: Asked) => void
}

/** Rejects with GatehouseError recorder_failed: then nothing may go upstream and the session ends. */
export async function settle(ks: KubernetesSession, asked: AskedRequest, waiting: Waiting): Promise<Settled<RequestDecision>> {
  const { session } = ks
  const access = ks.access()
  const facts = factsNow(ks, asked)
  const decision = decideRequest(access, facts, { now: Date.now(), live: null })
  const clearance = decision.refusal?.kind === 'needs-approval' ? grantedNow(session, decision) : null
  const parameters = recordedParameters(access, asked)
  const wanted = clearance === null ? reasonWanted(decision, asked) : null
  const text = lineOf(asked.read)
  const outcome = handleCommand(session, { text, shown: decision.recordedText(text), parameters, decision: wanted ?? decision, clearance }, objectionToGuesses)
  if (outcome.kind === 'forward') noteAllowed(ks, facts)
  if (outcome.kind !== 'hold') return outcome
  const { id } = outcome.command
  const live = await liveOf(ks, asked, waiting, id)
  const held = new Held(session, { id, decision: decideRequest(ks.access(), facts, { now: Date.now(), live: live.state }) }, holdRequest(ks, { ...asked, facts }, { ...waiting, live }))
  const onGone = () => held.withdraw('disconnected')
  if (waiting.signal.aborted) onGone()
  waiting.signal.addEventListener('abort', onGone, { once: true })
  const settled = await held.settled.finally(() => waiting.signal.removeEventListener('abort', onGone))
  if (settled.kind === 'forward') noteAllowed(ks, facts)
  return settled
}

/** A body that is not read (of a proxied program) is known by its size and hash. */
function recordedParameters(access: KubernetesAccess, { facts, body }: AskedRequest): readonly string[] {
  if (facts.body !== null) return [recordedBody(access, facts, facts.body)]
  return body === null ? [] : [`${body.bytes.length} bytes of ${body.contentType.slice(0, 100)}, sha256 ${hash('sha256', body.bytes, 'hex')}`]
}

/** Why nobody is asked: the rule wants to be told what it is for. kubectl has no words for that; a grant has. */
function reasonWanted({ refusal, verdict: { need } }: RequestDecision, { purpose }: AskedRequest): Refusal | null {
  if (refusal?.kind !== 'needs-approval' || need === null || purpose !== null || !wantsReason(need)) return null
  return {
    kind: 'needs-approval', message: `${refusal.message}; nobody was asked, for the rule wants a reason with it`,
    hint: 'Ask for access with a reason (gatehouse grants request), or say it with the request: the header Gatehouse-Reason.',
  }
}

/** What could not be read is recorded all the same; what detectors find in it is not. */
export function recordRefused(ks: KubernetesSession, text: string, refusal: Refusal): void {
  const { recordScanner } = ks.access()
  const clean = (said: string): string => (recordScanner === null ? said : cleanText(recordScanner, said))
  const outcome = handleCommand(ks.session, { text, shown: clean(text), parameters: [], decision: { ...refusal, message: clean(refusal.message) } })
  if (outcome.kind !== 'refuse') throw new GatehouseError('internal', 'a request that was to be refused may run')
}

async function liveOf(ks: KubernetesSession, asked: AskedRequest, { signal }: Waiting, command: string): Promise<LiveObject> {
  if (asked.read.bodyUse === 'stream' || asked.facts.plain !== null) return nothing
  ks.session.recorder.json('control', 'notice', { command, text: 'the live object was read, and a dry run asked for, to show approvers what would change' })
  await recorded(ks)
  return readLive(ks.upstream, asked.facts, { path: asked.read.target.forwarded, headers: identityFor(ks), signal })
}

function holdRequest(ks: KubernetesSession, asked: AskedRequest, { signal, onAsked, live }: Waiting & { readonly live: LiveObject }): HoldRequest<RequestDecision> {
  const { facts, read, body } = asked
  const access = ks.access()
  // With the deletes that were let through while it waited: many that are held at once are many all the same.
  const decide = (state: string | null) => decideRequest(ks.access(), factsNow(ks, asked), { now: Date.now(), live: state })
  let known = live.state
  const request = { method: read.method, target: read.target.forwarded, headers: headersFor(ks, asked), body: body?.bytes ?? null, signal }
  return {
    // Without the body: its fields are masked by place, which a text does not have.
    hideQuoted: facts.body === null ? (written) => written : hideQuotedOf(facts.body.value, recordedBody(access, facts, facts.body)),
    protocol: 'kubernetes', recorded: decide(live.state).recordedText(headText(asked)), text: wholeText(asked), parameters: [], purpose: asked.purpose, recordScanner: access.recordScanner, isPlain: false,
    decide: () => decide(known),
    // Another object of that name, or the same with another spec: nobody approved that.
    decideFresh: async () => {
      known = (await readLive(ks.upstream, facts, { path: read.target.forwarded, headers: identityFor(ks), signal })).state
      // By the masks in force now; where no thread can, it is looked into here.
      if (body !== null && isLarge(body.bytes)) await judgeApart(ks, facts, body.bytes)
      return decide(known)
    },
    intentOf: (decision, principal) => intentOfRequest({ principal, connection: ks.summary.name, line: `${lineOf(read)}\n${body?.contentType ?? ''}`, body: body?.bytes ?? null, state: decision.live }),
    riskOf: () => riskOfRequest(access, facts),
    estimate: null, transaction: null, inTransactionMs: 0, limit: requestTimeout(read),
    diff: () => diffOf(ks.upstream, { access, facts, live, request }),
    onAsked,
  }
}

/** `timeout=30s` of kubectl --request-timeout: after it the client has given up, so humans are asked for no longer. */
function requestTimeout({ target }: ReadRequest): WaitLimit | null {
  const match = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(parameter(target, 'timeout') ?? '')
  if (match === null) return null
  const ms = Number(match[1]) * units[match[2] as keyof typeof units]
  return ms === 0 ? null : { name: 'the request\'s own timeout', leftMs: Math.max(0, ms - Math.min(1_000, ms / 4)) }
}
const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/** The record of the command is with the kernel. Rejects with recorder_failed. */
export function recorded({ context }: KubernetesSession): Promise<void> {
  return new Promise((resolve, reject) => context.journal.afterFlush(resolve, reject))
}
