// The thread that masks, reads and judges large documents, so that they hold up nobody else's loop: the same masks, made of the same rules.
// What it throws is not caught: it is then thrown away, and its document refused.
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { objectMasksFor, type ObjectMasks } from '../../../masking/objects/object-masks.ts'
import { cleanText, type Scanner } from '../../../masking/scanner.ts'
import { scannersOf } from '../../../pipeline/scanners.ts'
import { readBody } from '../body.ts'
import type { FromThread, Task, ToThread } from './messages.ts'

/** 0 is everybody's, 19 the last in line. */
const threadNiceness = 5

interface Known { readonly masks: ObjectMasks; readonly recordScanner: Scanner | null }

if (parentPort === null) throw new Error('document-thread.ts runs as a worker only')
const port = parentPort
// Where the machine is busy the gateway's loop comes first. On Linux this is about the calling thread alone, elsewhere about the process.
if (process.platform === 'linux') setPriority(threadNiceness)
const known = new Map<number, Known>()

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'rules': return void known.set(message.id, { masks: objectMasksFor(message.masks, message.hashKey), recordScanner: scannersOf(message.masks).recordScanner })
    case 'forget': return void known.delete(message.id)
    case 'mask': return mask(message, whole(message.pieces))
    case 'read': return read(message, whole(message.pieces))
    case 'judge': return judge(message, whole(message.pieces))
  }
})
say({ kind: 'ready' })

function knownOf({ rules }: Task): Known {
  const found = known.get(rules)
  if (found === undefined) throw new Error('these rules were not told')
  return found
}

function mask(task: Task & { readonly kind: 'mask' }, document: Buffer): void {
  const masked = knownOf(task).masks.maskJson(task.target, document)
  if (masked.kind === 'unreadable') return say(masked)
  const client = masked.client === document ? 'document' : alone(masked.client)
  const record = masked.record === document ? 'document' : masked.record === masked.client ? 'client' : alone(masked.record)
  say({ kind: 'masked', document: alone(document), client, record }, [document, client, record])
}

function read({ verb, contentType }: Task & { readonly kind: 'read' }, bytes: Buffer): void {
  const found = readBody(verb, contentType, bytes)
  if (found.kind === 'refused') return say(found)
  const document = alone(found.forwarded.bytes)
  say({ kind: 'body', body: found.body.kind, contentType: found.forwarded.contentType, document }, [document])
}

function judge(task: Task & { readonly kind: 'judge' }, bytes: Buffer): void {
  const { masks, recordScanner } = knownOf(task)
  const body = { kind: task.body, value: JSON.parse(bytes.toString('utf8')) as unknown }
  const { target, how } = task
  const recorded = JSON.stringify(masks.bodyForRecord(target, body))
  say({
    kind: 'judged', objection: masks.objectionToWrite(target, body, how), probes: masks.probesIn(target, body),
    recorded: recordScanner === null ? recorded : cleanText(recordScanner, recorded),
  })
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
