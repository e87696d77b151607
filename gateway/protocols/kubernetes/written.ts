// Bodies too large to be read and looked into in one turn of the loop: a thread does both before the request is judged, and what the masks
// said of a body is kept as long as it is. A body that no thread has seen is looked into where it is judged (judge.ts).
import type { KubernetesBody, KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import { documentTriesMax, documentTurnBytesMax } from '../../limits-kubernetes.ts'
import type { ObjectMasks } from '../../masking/objects/object-masks.ts'
import { targetOf } from './access.ts'
import type { ReadBody } from './body.ts'
import type { BodyUse } from './commands.ts'
import type { KubernetesSession } from './kubernetes-session.ts'
import { refused, type Refused } from './refusal.ts'
import type { FailedDocument } from './threads/document-threads.ts'
import type { JudgedDocument } from './threads/messages.ts'

export const isLarge = (bytes: Buffer): boolean => bytes.length > documentTurnBytesMax

/** What readBody gives, and JSON.parse is all that is done here. */
export async function readApart(ks: Pick<KubernetesSession, 'memory' | 'access'>, { verb, contentType, bytes }: { readonly verb: Exclude<BodyUse, 'none' | 'stream'>; readonly contentType: string | null; readonly bytes: Buffer }): Promise<ReadBody | Refused> {
  const read = await ks.memory.documents.threads.ask(ks.access().masks.rules, { kind: 'read', verb, contentType }, [new Uint8Array(bytes)])
  if (read.kind === 'failed') return notRead(read)
  if (read.kind === 'refused') return read
  const forwarded = Buffer.from(read.document.buffer, read.document.byteOffset, read.document.byteLength)
  return { kind: 'body', body: { kind: read.body, value: JSON.parse(forwarded.toString('utf8')) as unknown }, forwarded: { contentType: read.contentType, bytes: forwarded } }
}

const known = new WeakMap<KubernetesBody, WeakMap<ObjectMasks, JudgedDocument>>()

/** Null: no thread has looked into it with these masks. */
export const judgedApart = (masks: ObjectMasks, body: KubernetesBody): JudgedDocument | null => known.get(body)?.get(masks) ?? null

/** Null: the masks in force have been asked, and `judgedApart` knows what they say. */
export async function judgeApart(ks: Pick<KubernetesSession, 'memory' | 'access'>, facts: KubernetesCommandFacts, bytes: Buffer): Promise<Refused | null> {
  const { body, verb, isDryRun } = facts
  if (body === null) return null
  for (let tries = 0; tries < documentTriesMax; tries++) {
    const { masks } = ks.access()
    if (judgedApart(masks, body) !== null) return null
    const judged = await ks.memory.documents.threads.ask(masks.rules, { kind: 'judge', target: targetOf(facts), body: body.kind, how: { verb, isDryRun } }, [new Uint8Array(bytes)])
    if (judged.kind === 'failed') return notRead(judged)
    const ofBody = known.get(body) ?? new WeakMap<ObjectMasks, JudgedDocument>()
    known.set(body, ofBody.set(masks, judged))
    if (ks.access().masks === masks) return null
  }
  return refused(`the policy changed ${documentTriesMax} times while the body was looked into (documentTriesMax)`, 'Ask again.', 'TooManyRequests')
}

const notRead = ({ isBusy, why }: FailedDocument): Refused => refused(`the body could not be looked into: ${why}`, isBusy ? 'Ask again.' : 'Send less at a time.', isBusy ? 'TooManyRequests' : 'BadRequest')
