// The way of an answer's bytes to the client and into the record, by how it can be read: one JSON document, a stream of JSON events, text,
// or what holds no object (discovery). Bytes go out as they came where nothing in them is masked; what cannot be read does not go out.
import { GatehouseError } from '../../../shared/errors.ts'
import { kubernetesAnswerBytesMax, kubernetesEventBytesMax } from '../../limits.ts'
import type { ObjectTarget } from '../../masking/objects/object-masks.ts'
import { StreamScanner } from '../../masking/stream.ts'
import type { Scanner } from '../../masking/scanner.ts'
import type { KubernetesAccess } from './access.ts'
import type { Reading } from './negotiation.ts'

/** Bytes for the client, and for the record; the same buffer where they are the same. */
export interface Masked { readonly client: Buffer; readonly record: Buffer }

export interface AnswerMasker {
  /** Throws upstream_rejected when the bytes are not what they were said to be. */
  push(chunk: Buffer): readonly Masked[]
  /** Nothing came for a while: what is held back to see how it goes on. */
  quiet(): readonly Masked[]
  end(): readonly Masked[]
}

/** `access` is asked anew for each event: a policy may change while a watch goes on. */
export function answerMasker(reads: Reading, access: () => KubernetesAccess, target: ObjectTarget): AnswerMasker {
  switch (reads) {
    case 'json': return new Whole((bytes) => maskedJson(access(), target, bytes))
    case 'json-stream': return new Events((bytes) => maskedJson(access(), target, bytes))
    case 'text': return new Text(access())
    case 'opaque': return { push: (chunk) => [{ client: chunk, record: empty }], quiet: () => [], end: () => [] }
  }
}

function maskedJson({ masks }: KubernetesAccess, target: ObjectTarget, bytes: Buffer): Masked {
  const masked = masks.maskJson(target, bytes)
  if (masked.kind === 'masked') return masked
  throw new GatehouseError('upstream_rejected', `the API server's answer cannot be read, so it cannot be masked: ${masked.why}`, { side: 'upstream' })
}

const empty = Buffer.alloc(0)
const newline = 0x0a

class Whole implements AnswerMasker {
  readonly #mask: (bytes: Buffer) => Masked
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(mask: (bytes: Buffer) => Masked) {
    this.#mask = mask
  }

  push(chunk: Buffer): readonly Masked[] {
    this.#bytes += chunk.length
    if (this.#bytes > kubernetesAnswerBytesMax) throw tooLarge(`the answer is larger than ${kubernetesAnswerBytesMax} bytes (kubernetesAnswerBytesMax); ask for less at a time, as kubectl does with --chunk-size`)
    this.#chunks.push(chunk)
    return []
  }

  quiet(): readonly Masked[] {
    return []
  }

  end(): readonly Masked[] {
    const [only] = this.#chunks
    const bytes = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks, this.#bytes)
    this.#chunks = []
    return bytes.length === 0 ? [] : [this.#mask(bytes)]
  }
}

/** The API server ends each event with a newline, and JSON holds none of its own. */
class Events implements AnswerMasker {
  readonly #mask: (bytes: Buffer) => Masked
  #rest: Buffer[] = []
  #restBytes = 0

  constructor(mask: (bytes: Buffer) => Masked) {
    this.#mask = mask
  }

  push(chunk: Buffer): readonly Masked[] {
    const out: Masked[] = []
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      out.push(this.#masked(this.#joined(chunk.subarray(from, at + 1))))
      from = at + 1
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from))
    return out
  }

  quiet(): readonly Masked[] {
    return []
  }

  end(): readonly Masked[] {
    if (this.#restBytes === 0) return []
    // Half an event, when the connection broke: not JSON, so it does not go out.
    this.#rest = []
    return []
  }

  #masked(event: Buffer): Masked {
    return event.length === 1 ? { client: event, record: event } : this.#mask(event)
  }

  #joined(last: Buffer): Buffer {
    if (this.#restBytes === 0) return last
    const whole = Buffer.concat([...this.#rest, last])
    this.#rest = []
    this.#restBytes = 0
    return whole
  }

  #keep(part: Buffer): void {
    this.#restBytes += part.length
    if (this.#restBytes > kubernetesEventBytesMax) throw tooLarge(`an event of the watch is larger than ${kubernetesEventBytesMax} bytes (kubernetesEventBytesMax)`)
    this.#rest.push(part)
  }
}

class Text implements AnswerMasker {
  readonly #client: Sieve
  readonly #record: Sieve | null

  constructor({ clientScanner, recordScanner }: KubernetesAccess) {
    this.#client = sieve(clientScanner)
    this.#record = clientScanner === recordScanner ? null : sieve(recordScanner)
  }

  push(chunk: Buffer): readonly Masked[] {
    return this.#both(this.#client.push(chunk), this.#record?.push(chunk))
  }

  quiet(): readonly Masked[] {
    return this.end()
  }

  end(): readonly Masked[] {
    return this.#both(this.#client.flush(), this.#record?.flush())
  }

  #both(client: Buffer, record: Buffer = client): readonly Masked[] {
    return client.length === 0 && record.length === 0 ? [] : [{ client, record }]
  }
}

type Sieve = Pick<StreamScanner, 'push' | 'flush'>
const open: Sieve = { push: (chunk) => chunk, flush: () => empty }
const sieve = (scanner: Scanner | null): Sieve => (scanner === null ? open : new StreamScanner(scanner))

const tooLarge = (message: string) => new GatehouseError('limit_exceeded', message, { side: 'upstream' })
