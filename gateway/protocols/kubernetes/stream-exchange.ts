// One exec, attach or portforward: asked, settled, dialled on a connection of its own, upgraded, relayed. Whatever the upstream answers but
// the upgrade that was asked for ends both sides; nothing of that connection is used again (CVE-2018-1002105).
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { GatehouseError } from '../../../shared/errors.ts'
import { kubernetesAnswerMs, kubernetesRecordedStreamBytesMax, refusalCloseMs } from '../../limits-kubernetes.ts'
import { refusalNow, refusalOfRunning } from '../../pipeline/clearance.ts'
import type { RunningCommand } from '../../pipeline/handle-output.ts'
import type { Asked } from '../../pipeline/hold.ts'
import { askedOf, headersFor, lineOf, type AskedRequest } from './asked.ts'
import type { ReadRequest } from './commands.ts'
import { failureStatus } from './failure.ts'
import { decideRequest, type RequestDecision } from './judge.ts'
import type { Exchange, KubernetesSession } from './kubernetes-session.ts'
import { refusalOf, statusOf, statusOfRefused, type StatusAnswer } from './refusal.ts'
import { listenerOf, sessionHeader, waitingHint } from './session-headers.ts'
import { recorded, recordRefused, settle } from './settle.ts'
import { StreamRecord } from './stream-record.ts'
import { readUpgradeAnswer, type UpgradeAnswer } from './streams/upgrade-answer.ts'
import { relayStreams } from './streams/relay.ts'
import type { Relay } from './streams/types.ts'
import { answerOfFailedUpgrade, upgradeRequest } from './upgrade-wire.ts'
import type { Upgrade } from './upgrade.ts'

export interface StreamArrival {
  readonly read: ReadRequest
  readonly upgrade: Upgrade
  readonly message: IncomingMessage
  readonly socket: Socket
  readonly head: Buffer
}

export class StreamExchange implements Exchange {
  readonly #ks: KubernetesSession
  readonly #arrival: StreamArrival
  readonly #gone = new AbortController()
  #asked: AskedRequest | null = null
  #command: RunningCommand<RequestDecision> | null = null
  #relay: Relay | null = null
  #limit: NodeJS.Timeout | null = null

  constructor(ks: KubernetesSession, arrival: StreamArrival) {
    this.#ks = ks
    this.#arrival = arrival
    arrival.socket.once('close', () => this.#gone.abort(clientGone))
    // While it was found out who is calling.
    if (arrival.socket.destroyed) this.#gone.abort(clientGone)
  }

  /** Never rejects; settles when the streams are over. */
  async run(): Promise<void> {
    const { socket } = this.#arrival
    try {
      const full = this.#ks.enter(this)
      if (full === null) await this.#serve()
      else {
        recordRefused(this.#ks, lineOf(this.#arrival.read), full)
        refuseUpgrade(socket, statusOf(full, null))
      }
    } catch (error) {
      this.#command?.finish('error')
      if (error instanceof GatehouseError && error.code === 'recorder_failed') this.#ks.session.end('the recording cannot be written')
      // Whoever ended it has said why.
      if (!this.#gone.signal.aborted) refuseUpgrade(socket, failureStatus(error, { log: this.#ks.context.log, facts: this.#asked?.facts ?? null }))
    } finally {
      if (this.#limit !== null) clearTimeout(this.#limit)
      this.#command?.finish('ended')
      this.#ks.leave(this)
    }
  }

  /** The same streams, whatever carries them. */
  get #key(): string {
    return JSON.stringify([this.#ks.session.lease.principal.id, this.#ks.summary.name, this.#arrival.read.target.forwarded])
  }

  recheck(): void {
    if (this.#asked === null || this.#command === null) return
    const decision = decideRequest(this.#ks.access(), this.#asked.facts, { now: Date.now(), live: this.#command.decision.live })
    const refusal = refusalOfRunning(this.#ks.session, decision, this.#command.clearance)
    if (refusal !== null) this.#stop(refusal.message)
    // The scanners hold what may be the beginning of a finding: others cannot take their place.
    else if (this.#isScanned && decision.access.detects !== this.#command.decision.access.detects) this.#stop('what is masked has changed since these streams began; run it again')
    else this.#command.decision = decision
  }

  get #isScanned(): boolean {
    return this.#relay !== null && this.#arrival.upgrade.use !== 'portforward'
  }

  end(reason: string): void {
    this.#stop(`the session was ended: ${reason}`)
  }

  /** The streams end whatever becomes of their record: nothing may be typed that it does not hold. */
  #stop(reason: string): void {
    try {
      this.#command?.finish('ended')
    } finally {
      this.#close(reason)
    }
  }

  #close(reason: string): void {
    if (this.#relay !== null) return this.#relay.close(reason)
    refuseUpgrade(this.#arrival.socket, statusOfRefused({ kind: 'refused', reason: 'Unauthorized', message: reason, hint: '' }, this.#asked?.facts ?? null))
    this.#gone.abort(new GatehouseError('forbidden', reason))
  }

  async #serve(): Promise<void> {
    const { read, message, socket } = this.#arrival
    const asked = await askedOf(this.#ks, read, message)
    if (asked.kind === 'refused') {
      recordRefused(this.#ks, lineOf(read), refusalOf(asked))
      return refuseUpgrade(socket, statusOfRefused(asked))
    }
    this.#asked = asked
    const told = this.#arrival.upgrade.protocol === 'spdy' ? this.#ks.memory.refusals.take(this.#key, Date.now()) : null
    if (told !== null) {
      recordRefused(this.#ks, lineOf(read), told)
      return refuseUpgrade(socket, statusOf(told, asked.facts))
    }
    const settled = await settle(this.#ks, asked, { signal: this.#gone.signal, onAsked: (held) => this.#tellWaiting(held) })
    if (this.#gone.signal.aborted) return settled.kind === 'forward' ? settled.command.finish('not run') : undefined
    if (settled.kind === 'refuse') {
      if (this.#arrival.upgrade.protocol === 'websocket') this.#ks.memory.refusals.note(this.#key, settled.refusal, Date.now())
      return refuseUpgrade(socket, statusOf(settled.refusal, asked.facts))
    }
    this.#command = settled.command
    await recorded(this.#ks)
    if (this.#gone.signal.aborted) return settled.command.finish('not run')
    await this.#upgrade(asked, settled.command)
  }

  /** Clients of both protocols take any first line for the answer; only a listener of ours is told before it. */
  #tellWaiting(held: Asked): void {
    const { message, socket } = this.#arrival
    if (listenerOf(message.headers) !== null && socket.writable) socket.write(waitingHint(held, this.#ks.session.summary.id))
  }

  async #upgrade(asked: AskedRequest, command: RunningCommand<RequestDecision>): Promise<void> {
    const { read, upgrade } = this.#arrival
    const upstream = await this.#ks.upstream.dial(this.#gone.signal)
    const onGone = () => upstream.destroy()
    this.#gone.signal.addEventListener('abort', onGone, { once: true })
    try {
      const headers = { ...headersFor(this.#ks, asked), ...this.#ks.upstream.credential() }
      upstream.write(upgradeRequest({ method: read.method, target: `${this.#ks.upstream.base}${read.target.forwarded}`, host: this.#ks.upstream.host, headers, upgrade }))
      const answer = await readUpgradeAnswer(upstream, { upgrade, deadlineMs: kubernetesAnswerMs, own: [`${sessionHeader}: ${this.#ks.session.summary.id}`] })
      if (this.#gone.signal.aborted) return
      if (answer.kind === 'upgraded') return await this.#relayed(upstream, answer, command)
      command.finish(`error ${answer.status}`)
      refuseUpgrade(this.#arrival.socket, await answerOfFailedUpgrade(upstream, answer, { access: this.#ks.access(), facts: asked.facts }))
    } finally {
      this.#gone.signal.removeEventListener('abort', onGone)
      upstream.destroy()
    }
  }

  async #relayed(upstream: Duplex, answer: Extract<UpgradeAnswer, { kind: 'upgraded' }>, command: RunningCommand<RequestDecision>): Promise<void> {
    const { socket, head, upgrade } = this.#arrival
    const { facts } = this.#asked!
    const { clientScanner, recordScanner } = this.#ks.access()
    const record = new StreamRecord(this.#ks.session, command, kubernetesRecordedStreamBytesMax)
    socket.setTimeout(0)
    socket.setNoDelay(true)
    socket.write(answer.forClient)
    this.#relay = relayStreams({
      client: socket, clientHead: head, upstream, upstreamHead: answer.head, protocol: upgrade.protocol, subprotocol: answer.subprotocol, use: upgrade.use,
      tty: facts.exec?.tty === true, stdin: facts.exec?.stdin === true, observe: record, clientScanner, recordScanner, isExact: facts.exec?.argv[0] === 'tar',
      objectionToPort: (port) => this.#objectionToPort(port),
    })
    const { seconds } = command.decision.verdict.limit
    if (seconds !== null) this.#limit = setTimeout(() => this.#relay?.close(`it ran longer than ${seconds} s, the limit of your access`), seconds * 1_000).unref()
    if (this.#ks.session.isEnded) this.#relay.close('the session was ended')
    const why = await this.#relay.ended
    command.finish(record.status ?? `ended: ${why}`)
  }

  /** Ports stand in the streams, past the request that policy saw: each is judged as if it had stood there. */
  #objectionToPort(port: number): string | null {
    const { facts } = this.#asked!
    if (facts.ports.length > 0 && !facts.ports.includes(port)) return `port ${port} was not asked for`
    const decision = decideRequest(this.#ks.access(), { ...facts, ports: [port] }, { now: Date.now(), live: null })
    return refusalNow(decision, this.#command?.clearance ?? null)?.message ?? null
  }
}

const clientGone = new GatehouseError('upstream_lost', 'the client closed the connection', { side: 'client' })

/** Before the upgrade there is only HTTP to say no in; the socket ends with it. */
export function refuseUpgrade(socket: Socket, { code, contentType, body }: StatusAnswer): void {
  if (!socket.writable) return void socket.destroy()
  const head = `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\ncontent-type: ${contentType}\r\ncontent-length: ${body.length}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n`
  socket.end(Buffer.concat([Buffer.from(head), body]))
  setTimeout(() => socket.destroy(), refusalCloseMs).unref()
}
