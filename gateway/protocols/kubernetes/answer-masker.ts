// The way of an answer's bytes to the client and into the record, by how it can be read: one JSON document, a stream of JSON events, text,
// or what holds no object (discovery). Bytes go out as they came where nothing in them is masked; what cannot be read does not go out.
// What takes longer than a turn of the loop is masked in a thread (threads/), or a little at a time.
import { GatehouseError } from '../../../shared/errors.ts'
import { documentTriesMax, documentTurnBytesMax, kubernetesAnswerBytesMax, kubernetesEventBytesMax } from '../../limits-kubernetes.ts'
import type { ObjectTarget } from '../../masking/objects/object-masks.ts'
import { StreamScanner } from '../../masking/stream.ts'
import type { Scanner } from '../../masking/scanner.ts'
import type { KubernetesAccess } from './access.ts'
import { Gathered } from './gathered.ts'
import type { Reading } from './negotiation.ts'
import type { Documents } from './threads/documents.ts'

/** Bytes for the client, and for the record; the same buffer where they are the same. */
export interface Masked { readonly client: Buffer; readonly record: Buffer }

/** A promise: a thread is at it. */
export type Piece = Masked | Promise<Masked>

/** What comes of a call is made as it is asked for, so that the asker may rest in between; all of it, and in order, before the next call. */
export interface AnswerMasker {
  /** Throws, or rejects with, upstream_rejected when the bytes are not what they were said to be; limit_exceeded. */
  push(chunk: Buffer): Iterable<Piece>
  /** Nothing came for a while: what is held back to see how it goes on. */
  quiet(): Iterable<Piece>
  end(): Iterable<Piece>
  /** The client has it, or never will. */
  dispose(): void
}

export interface MaskerOptions {
  /** Asked anew for each document: a policy may change while a watch goes on, and while a thread is at work. */
  readonly access: () => KubernetesAccess
  readonly target: ObjectTarget
  readonly documents: Documents
}

export function answerMasker(reads: Reading, options: MaskerOptions): AnswerMasker {
  switch (reads) {
    case 'json': return new Whole(options)
    case 'json-stream': return new Events(options)
    case 'text': return new Text(options.access())
    case 'opaque': return { push: (chunk) => [{ client: chunk, record: empty }], quiet: () => [], end: () => [], dispose() {} }
  }
}

const empty = Buffer.alloc(0)
const newline = 0x0a

/** A document in this turn where it is small, else in a thread. */
function masked(options: MaskerOptions, gathered: Gathered): Piece {
  return gathered.isLarge ? maskedApart(options, gathered.takePieces()) : maskedNow(options, gathered.takeSmall())
}

function maskedNow({ access, target }: MaskerOptions, bytes: Buffer): Masked {
  const done = access().masks.maskJson(target, bytes)
  if (done.kind === 'masked') return done
  throw unreadable(done.why)
}

/** By the masks that hold when it is done: if others have come meanwhile, once more by those. */
async function maskedApart({ access, target, documents }: MaskerOptions, given: readonly Uint8Array[]): Promise<Masked> {
  let pieces = given
  for (let tries = 0; tries < documentTriesMax; tries++) {
    const { masks } = access()
    const done = await documents.threads.ask(masks.rules, { kind: 'mask', target }, pieces)
    if (done.kind === 'unreadable') throw unreadable(done.why)
    if (done.kind === 'failed') throw new GatehouseError(done.isBusy ? 'limit_exceeded' : 'upstream_rejected', `the API server's answer is not shown, for it could not be masked: ${done.why}`)
    if (access().masks !== masks) {
      pieces = [done.document]
      continue
    }
    const client = bufferOf(done.client === 'document' ? done.document : done.client)
    return { client, record: done.record === 'client' ? client : bufferOf(done.record === 'document' ? done.document : done.record) }
  }
  throw new GatehouseError('limit_exceeded', `the policy changed ${documentTriesMax} times while the answer was masked (documentTriesMax); ask again`)
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength)

const gatheredFor = ({ access, documents: { room } }: MaskerOptions, bytesMax: number, tooLong: string): Gathered =>
  new Gathered({ bytesMax, tooLarge: () => new GatehouseError('limit_exceeded', tooLong, { side: 'upstream' }), room, principal: access().principal.id })

class Whole implements AnswerMasker {
  readonly #options: MaskerOptions
  readonly #gathered: Gathered

  constructor(options: MaskerOptions) {
    this.#options = options
    this.#gathered = gatheredFor(options, kubernetesAnswerBytesMax, `the answer is larger than ${kubernetesAnswerBytesMax} bytes (kubernetesAnswerBytesMax); ask for less at a time, as kubectl does with --chunk-size`)
  }

  push(chunk: Buffer): Iterable<Piece> {
    this.#gathered.push(chunk)
    return []
  }

  quiet(): Iterable<Piece> {
    return []
  }

  end(): Iterable<Piece> {
    return this.#gathered.bytes === 0 ? [] : [masked(this.#options, this.#gathered)]
  }

  dispose(): void {
    this.#gathered.release()
  }
}

/** The API server ends each event with a newline, and JSON holds none of its own. */
class Events implements AnswerMasker {
  readonly #options: MaskerOptions
  /** Of an event whose end has not come. */
  readonly #gathered: Gathered

  constructor(options: MaskerOptions) {
    this.#options = options
    this.#gathered = gatheredFor(options, kubernetesEventBytesMax, `an event of the watch is larger than ${kubernetesEventBytesMax} bytes (kubernetesEventBytesMax)`)
  }

  * push(chunk: Buffer): Iterable<Piece> {
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      yield this.#masked(chunk.subarray(from, at + 1))
      // Whoever asks for the next has written it.
      this.#gathered.release()
      from = at + 1
    }
    if (from < chunk.length) this.#gathered.push(chunk.subarray(from))
  }

  quiet(): Iterable<Piece> {
    return []
  }

  /** Half an event, when the connection broke, is no JSON, so it does not go out. */
  end(): Iterable<Piece> {
    return []
  }

  dispose(): void {
    this.#gathered.release()
  }

  #masked(last: Buffer): Piece {
    if (this.#gathered.bytes === 0) {
      if (last.length === 1) return { client: last, record: last }
      if (last.length <= documentTurnBytesMax) return maskedNow(this.#options, last)
    }
    this.#gathered.push(last)
    return masked(this.#options, this.#gathered)
  }
}

class Text implements AnswerMasker {
  readonly #client: Sieve
  readonly #record: Sieve | null

  constructor({ clientScanner, recordScanner }: KubernetesAccess) {
    this.#client = sieve(clientScanner)
    this.#record = clientScanner === recordScanner ? null : sieve(recordScanner)
  }

  * push(chunk: Buffer): Iterable<Piece> {
    for (let from = 0; from < chunk.length; from += textTurnBytes) {
      const part = chunk.subarray(from, from + textTurnBytes)
      yield* this.#both(this.#client.push(part), this.#record?.push(part))
    }
  }

  quiet(): Iterable<Piece> {
    return this.end()
  }

  end(): Iterable<Piece> {
    return this.#both(this.#client.flush(), this.#record?.flush())
  }

  dispose(): void {}

  #both(client: Buffer, record: Buffer = client): readonly Masked[] {
    return client.length === 0 && record.length === 0 ? [] : [{ client, record }]
  }
}

/** Detectors look at so much in a millisecond. */
const textTurnBytes = 16 * 1024

type Sieve = Pick<StreamScanner, 'push' | 'flush'>
const open: Sieve = { push: (chunk) => chunk, flush: () => empty }
const sieve = (scanner: Scanner | null): Sieve => (scanner === null ? open : new StreamScanner(scanner))

const unreadable = (why: string) => new GatehouseError('upstream_rejected', `the API server's answer cannot be read, so it cannot be masked: ${why}`, { side: 'upstream' })
