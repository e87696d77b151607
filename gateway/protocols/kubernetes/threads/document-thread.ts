// The thread that masks large documents, so that they hold up nobody else's loop: the same masks, made of the same rules. What it throws is
// not caught: it is then thrown away, and its document refused.
import { parentPort } from 'node:worker_threads'
import { objectMasksFor, type ObjectMasks } from '../../../masking/objects/object-masks.ts'
import type { FromThread, Task, ToThread } from './messages.ts'

if (parentPort === null) throw new Error('document-thread.ts runs as a worker only')
const port = parentPort
const known = new Map<number, ObjectMasks>()

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'rules': return void known.set(message.id, objectMasksFor(message.masks, message.hashKey))
    case 'forget': return void known.delete(message.id)
    case 'mask': return mask(message)
  }
})
say({ kind: 'ready' })

function mask({ rules, target, pieces }: Task & { readonly kind: 'mask' }): void {
  const masks = known.get(rules)
  if (masks === undefined) throw new Error('these rules were not told')
  const document = whole(pieces)
  const masked = masks.maskJson(target, document)
  if (masked.kind === 'unreadable') return say(masked)
  const client = masked.client === document ? 'document' : alone(masked.client)
  const record = masked.record === document ? 'document' : masked.record === masked.client ? 'client' : alone(masked.record)
  say({ kind: 'masked', document: new Uint8Array(document.buffer), client, record }, [document, client, record])
}

/** In memory of its own, which can be handed over. */
function whole(pieces: readonly Uint8Array[]): Buffer {
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined && only.byteLength === only.buffer.byteLength) return Buffer.from(only.buffer)
  const document = Buffer.allocUnsafeSlow(pieces.reduce((bytes, piece) => bytes + piece.byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    document.set(piece, at)
    at += piece.byteLength
  }
  return document
}

/** A small buffer is part of a pool that others use. */
function alone(bytes: Buffer): Uint8Array {
  if (bytes.byteLength === bytes.buffer.byteLength) return new Uint8Array(bytes.buffer)
  return new Uint8Array(bytes)
}

function say(message: FromThread, handed: readonly (Uint8Array | string)[] = []): void {
  port.postMessage(message, handed.flatMap((bytes) => (typeof bytes === 'string' ? [] : [bytes.buffer as ArrayBuffer])))
}
