// One plain request: asked, settled, sent, answered through the masks, recorded. A watch or a followed log goes on until its client, its
// session or the policy ends it; it is then told why in its own tongue.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GatehouseError } from '../../../shared/errors.ts'
import { kubernetesQuietMs } from '../../limits-kubernetes.ts'
import { cleanText } from '../../masking/scanner.ts'
import { refusalOfRunning } from '../../pipeline/clearance.ts'
import type { RunningCommand } from '../../pipeline/handle-output.ts'
import type { Asked } from '../../pipeline/hold.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import { targetOf } from './access.ts'
import { answerMasker, type Masked } from './answer-masker.ts'
import { AnswerPump, joined } from './answer-pump.ts'
import { askedOf, headersFor, lineOf, type AskedRequest } from './asked.ts'
import type { ReadRequest } from './commands.ts'
import { failureStatus, sendStatus } from './failure.ts'
import { decideRequest, type RequestDecision } from './judge.ts'
import type { Exchange, KubernetesSession } from './kubernetes-session.ts'
import { readableAs, type Reading } from './negotiation.ts'
import { refusalOf, refused, statusObject, statusOf, statusOfRefused, warningHeader, type StatusReason } from './refusal.ts'
import { contentTypeFor, readResponseHeaders } from './response-headers.ts'
import { waitingHint } from './session-headers.ts'
import { recorded, recordRefused, settle } from './settle.ts'
import type { UpstreamAnswer } from './upstream.ts'

type Running = RunningCommand<RequestDecision>

export class PlainExchange implements Exchange {
  readonly #ks: KubernetesSession
  readonly #read: ReadRequest
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  /** The client is gone, or we end it: what is asked upstream is given up. */
  readonly #gone = new AbortController()
  #asked: AskedRequest | null = null
  #command: Running | null = null
  #reading: Reading | null = null
  #pump: AnswerPump | null = null
  #approval: string | null = null
  #limit: NodeJS.Timeout | null = null

  constructor(ks: KubernetesSession, read: ReadRequest, message: IncomingMessage, response: ServerResponse) {
    this.#ks = ks
    this.#read = read
    this.#message = message
    this.#response = response
    response.on('close', () => { if (!response.writableFinished) this.#gone.abort(clientGone) })
    // While it was found out who is calling.
    if (response.destroyed) this.#gone.abort(clientGone)
  }

  /** Never rejects. */
  async run(): Promise<void> {
    try {
      const full = this.#ks.enter(this)
      if (full === null) await this.#serve()
      else {
        recordRefused(this.#ks, lineOf(this.#read), full)
        this.#refuse(full)
      }
    } catch (error) {
      this.#failed(error)
    } finally {
      if (this.#limit !== null) clearTimeout(this.#limit)
      this.#command?.finish('ended')
      this.#ks.leave(this)
    }
  }

  recheck(): void {
    if (this.#asked === null || this.#command === null || !this.#mayStop) return
    const decision = decideRequest(this.#ks.access(), this.#asked.facts, { now: Date.now(), live: this.#command.decision.live })
    const refusal = refusalOfRunning(this.#ks.session, decision, this.#command.clearance)
    if (refusal !== null) this.#stop('Forbidden', refusal.message)
    // The detectors of a text hold its unfinished lines: others cannot take their place.
    else if (this.#reading === 'text' && detectorsOf(decision) !== detectorsOf(this.#command.decision)) this.#stop('Forbidden', 'what is masked has changed since this answer began; ask again')
    else this.#command.decision = decision
  }

  end(reason: string): void {
    this.#stop('Unauthorized', `the session was ended: ${reason}`)
  }

  async #serve(): Promise<void> {
    const asked = await askedOf(this.#ks, this.#read, this.#message)
    if (asked.kind === 'refused') {
      recordRefused(this.#ks, lineOf(this.#read), refusalOf(asked))
      return sendStatus(this.#response, statusOfRefused(asked))
    }
    this.#asked = asked
    const settled = await settle(this.#ks, asked, { signal: this.#gone.signal, onAsked: (held) => this.#tellWaiting(held) })
    if (this.#gone.signal.aborted) return this.#notRun(settled.kind === 'forward' ? settled.command : null)
    if (settled.kind === 'refuse') return this.#refuse(settled.refusal)
    this.#command = settled.command
    await recorded(this.#ks)
    if (this.#gone.signal.aborted) return this.#notRun(settled.command)
    await this.#forward(asked, settled.command)
  }

  #notRun(command: Running | null): void {
    command?.finish('not run')
  }

  #refuse(refusal: Refusal): void {
    sendStatus(this.#response, statusOf(refusal, this.#asked?.facts ?? null))
  }

  #tellWaiting(held: Asked): void {
    this.#approval = held.approval
    const { socket, headersSent } = this.#response
    if (socket?.writable === true && !headersSent && this.#message.httpVersion === '1.1') socket.write(waitingHint(held, this.#ks.session.summary.id))
  }

  async #forward(asked: AskedRequest, command: Running): Promise<void> {
    this.#limitTime(command)
    const answer = await this.#ks.upstream.request({ method: this.#read.method, target: this.#read.target.forwarded, headers: headersFor(this.#ks, asked), body: asked.body?.bytes ?? null, signal: this.#gone.signal })
    try {
      await this.#answer(answer, command)
    } finally {
      answer.body.destroy()
    }
  }

  /** `limit: { seconds }` of policy. */
  #limitTime({ decision: { verdict: { limit: { seconds } } } }: Running): void {
    if (seconds !== null) this.#limit = setTimeout(() => this.#stop('Timeout', `the request ran longer than ${seconds} s, the limit of your access`), seconds * 1_000).unref()
  }

  async #answer(answer: UpstreamAnswer, command: Running): Promise<void> {
    const { info, negotiated } = this.#read
    const headers = readResponseHeaders(answer.rawHeaders, { status: answer.status, isPlain: !info.isResource })
    if (headers.kind === 'refused') {
      command.finish(`refused ${answer.status}`)
      return sendStatus(this.#response, statusOfRefused(headers, this.#asked!.facts))
    }
    const reading = readableAs({ status: answer.status, contentType: headers.contentType, contentEncoding: headers.contentEncoding }, negotiated)
    const isBodiless = answer.status === 204 || answer.status === 304 || this.#read.method === 'HEAD'
    if (reading === null && !isBodiless) {
      command.finish(`unreadable ${answer.status}`)
      return sendStatus(this.#response, statusOfRefused(unreadable(headers.contentType, headers.contentEncoding), this.#asked!.facts))
    }
    if (reading === 'text' && answer.status >= 400 && this.#ks.access().masks.touches(targetOf(this.#asked!.facts))) {
      command.finish(`unreadable ${answer.status}`)
      return sendStatus(this.#response, statusOfRefused(spoken(answer.status), this.#asked!.facts))
    }
    this.#reading = reading ?? 'opaque'
    const head = () => this.#head(answer.status, [...headers.forwarded.filter(([name]) => name !== 'content-type'), ...(isBodiless ? [] : [['content-type', contentTypeFor(this.#reading!, headers.contentType)] as const])])
    if (isBodiless) {
      head()
      this.#response.end()
    } else await this.#body(answer, command, head)
    command.finish(answer.status < 400 ? String(answer.status) : `error ${answer.status}`)
  }

  #head(status: number, headers: readonly (readonly [string, string])[]): void {
    for (const [name, value] of headers) this.#response.appendHeader(name, name === 'warning' ? this.#cleaned(value) : value)
    if (this.#approval !== null) this.#response.appendHeader('warning', warningHeader(`${this.#command!.clearance?.why ?? 'approved'}`))
    this.#response.writeHead(status)
    // A watch without events yet is answered all the same.
    if (this.#isOngoing) this.#response.flushHeaders()
  }

  #cleaned(text: string): string {
    const { clientScanner, masks } = this.#ks.access()
    const cleaned = masks.cleanMessage(targetOf(this.#asked!.facts), text)
    return clientScanner === null ? cleaned : cleanText(clientScanner, cleaned)
  }

  async #body({ body }: UpstreamAnswer, command: Running, begin: () => void): Promise<void> {
    const reads = maskedAs(this.#reading!, this.#read.info.verb)
    const masker = answerMasker(reads, { access: () => this.#ks.access(), target: targetOf(this.#asked!.facts), documents: this.#ks.memory.documents })
    this.#pump = new AnswerPump({
      body, masker, begin, response: this.#response, signal: this.#gone.signal, beginsLate: reads === 'json', quietMs: reads === 'text' ? kubernetesQuietMs : null,
      record: (pieces) => this.#record(command, pieces),
    })
    await this.#pump.run()
  }

  #record(command: Running, pieces: readonly Masked[]): void {
    const record = joined(pieces.map((piece) => piece.record))
    for (const { client } of pieces) command.bytes += client.length
    command.rows += this.#reading === 'json-stream' ? pieces.length : 0
    if (record.length <= command.recordableBytes) command.record([record], record.length)
    else command.truncate()
  }

  get #isOngoing(): boolean {
    return this.#reading === 'json-stream' || (this.#reading === 'text' && this.#asked?.facts.subresource === 'log') || this.#asked?.facts.verb === 'watch'
  }

  /** Before it shows more. What changes something is done, and what came of it is told. */
  get #mayStop(): boolean {
    return this.#isOngoing || this.#read.info.verb === 'get' || this.#read.info.verb === 'list'
  }

  /** The answer ends whatever becomes of its record. */
  #stop(reason: StatusReason, message: string): void {
    if (this.#gone.signal.aborted) return
    try {
      this.#command?.finish('ended')
    } finally {
      this.#close(reason, message)
    }
  }

  #close(reason: StatusReason, message: string): void {
    const facts = this.#asked?.facts ?? null
    if (!this.#response.headersSent) sendStatus(this.#response, statusOfRefused({ kind: 'refused', reason, message, hint: '' }, facts))
    else if (this.#reading === 'json-stream' && this.#pump?.isInPiece !== true) this.#response.end(`${JSON.stringify({ type: 'ERROR', object: statusObject(reason, message, facts) })}\n`)
    // A text cut short is told from one that has ended.
    else if (!this.#response.writableFinished) this.#response.destroy()
    this.#gone.abort(new GatehouseError('forbidden', message))
  }

  #failed(error: unknown): void {
    this.#command?.finish('error')
    if (this.#gone.signal.aborted) return
    if (error instanceof GatehouseError && error.code === 'recorder_failed') this.#ks.session.end('the recording cannot be written')
    if (this.#response.headersSent) return void this.#response.destroy()
    sendStatus(this.#response, failureStatus(error, { log: this.#ks.context.log, facts: this.#asked?.facts ?? null }))
  }
}

const clientGone = new GatehouseError('upstream_lost', 'the client closed the connection', { side: 'client' })

/** What a proxied program sends is looked at by detectors; schemas pass. */
const maskedAs = (reading: Reading, verb: string): Reading => (reading === 'opaque' && verb === 'connect' ? 'text' : reading)

const detectorsOf = ({ access }: RequestDecision): string => JSON.stringify(access.masks.rules.masks.detect)

/** No Status, so what stands in it cannot be told apart. */
const spoken = (status: number) => refused(
  `the API server answers ${status} in words, which may quote what is masked for you`, 'Whoever runs the gateway can ask the cluster itself.', status >= 500 ? 'ServiceUnavailable' : 'NotAcceptable')

const unreadable = (type: string | null, encoding: string | null) => refused(
  `the API server answers with ${(type ?? 'no content type').slice(0, 100)}${encoding === null ? '' : ` in ${encoding.slice(0, 40)}`}, which cannot be read, so it cannot be masked`,
  'Ask for JSON (the default of kubectl).', 'NotAcceptable')
