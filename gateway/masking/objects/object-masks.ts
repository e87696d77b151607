// The masks of one principal on one connection, as they stand for Kubernetes objects: for the client, and for the recording, which is
// masked for everyone. Bytes in, bytes out: what holds nothing masked is the same buffer. Pure; no clock, no sockets.
// A number or boolean that was masked is 0 or false; names of members are shown (also the keys of a Secret, and managedFields).
import type { KeyObject } from 'node:crypto'
import type { KubernetesBody } from '../../../shared/kubernetes.ts'
import type { FieldMaskRule, MaskSet } from '../../policy/snapshot.ts'
import { createScanner, type Scanner } from '../scanner.ts'
import { maskedText } from '../redaction.ts'
import { walkDocument } from './envelope.ts'
import { FieldRules } from './field-rules.ts'
import { identityOf, type ObjectTarget } from './identity.ts'
import { cleanedMessage } from './message.ts'
import { spliced } from './splice.ts'
import { readTape, type Tape } from './tape.ts'
import { type SideMasks, Walk } from './walk.ts'
import { type Objection, objectionToSelector, objectionToWrite, type Selectors, type WriteManner } from './write-objection.ts'
import { jsonOf, writtenForRecord, writtenTo } from './written.ts'

export type { ObjectTarget } from './identity.ts'

export type MaskedJson =
  | { readonly kind: 'masked'; readonly client: Buffer; readonly record: Buffer }
  /** No JSON, no UTF-8, too deep: nothing can be said of it, so nobody may have it. */
  | { readonly kind: 'unreadable'; readonly why: string }

/** What masks are made of, plain data: another thread makes the same of it. */
export interface MaskRules { readonly masks: MaskSet; readonly hashKey: KeyObject | null }

export interface ObjectMasks {
  readonly rules: MaskRules
  /** Something in such objects is masked for the client, but for what detectors find. */
  touches(target: ObjectTarget): boolean
  /** One JSON document: an object, a list, a Table, a watch event, a Status. The same buffer where nothing changes. */
  maskJson(target: ObjectTarget, bytes: Buffer): MaskedJson
  /** The same of a parsed value; the same value where nothing changes. */
  forClient(target: ObjectTarget, value: unknown): unknown
  forRecord(target: ObjectTarget, value: unknown): unknown
  /** A written body as a recording may hold it: a JSON patch names places, not members. */
  bodyForRecord(target: ObjectTarget, body: KubernetesBody): unknown
  /** A mask that is written back, or a write that asks what is masked; null: none of it. Setting a masked field anew is allowed. */
  objectionToWrite(target: ObjectTarget, body: KubernetesBody, how?: WriteManner): Objection | null
  /** Values that the write gives to masked fields: whether one was there already can be told (an unchanged resourceVersion, no conflict). */
  probesIn(target: ObjectTarget, body: KubernetesBody): number
  /** A selector that decides by what is masked. */
  objectionToSelector(target: ObjectTarget, selectors: Selectors): Objection | null
  /** A selector whose values a recording does not hold, for it compares them with what is masked there. */
  hidesSelector(target: ObjectTarget, selectors: Selectors): boolean
  /** A message about such an object that stands in no Status: a `Warning` header. */
  cleanMessage(target: ObjectTarget, message: string): string
}

/** Without a key what is to be hashed is redacted. */
export function objectMasksFor(masks: MaskSet, hashKey: KeyObject | null = null): ObjectMasks {
  const { client, record } = sidesOf(masks, hashKey)
  const isSame = !masks.fields.some(({ isExempt, exceptTypes }) => isExempt || exceptTypes.length > 0) && client.scanner === record.scanner
  const touches = (target: ObjectTarget): boolean => client.rules.startsFor(identityOf(target), true).length > 0
  return {
    rules: { masks, hashKey },
    touches,
    maskJson: (target, bytes) => maskedJson(target, bytes, { client, record, isSame }),
    forClient: (target, value) => maskedValue(target, value, client),
    forRecord: (target, value) => maskedValue(target, value, record),
    bodyForRecord: (target, body) => writtenForRecord(record, target, body),
    objectionToWrite: (target, body, how = {}) => objectionToWrite(client, target, body, how),
    probesIn: (target, body) => writtenTo(client, target, body)?.masked.length ?? 0,
    objectionToSelector: (target, selectors) => objectionToSelector(client, target, selectors),
    hidesSelector: (target, selectors) => objectionToSelector(record, target, selectors) !== null,
    cleanMessage: (target, message) => (touches(target) ? cleanedMessage(message, target) : message),
  }
}

interface Sides { readonly client: SideMasks; readonly record: SideMasks }

function sidesOf({ fields, detect }: MaskSet, hashKey: KeyObject | null): Sides {
  const of = (rules: MaskSet['detect']): Scanner | null => {
    const wanted = [...new Set(rules.flatMap(({ detectors }) => detectors))]
    return wanted.length === 0 ? null : createScanner(wanted)
  }
  const record = of(detect)
  const client = detect.some(({ isExempt }) => isExempt) ? of(detect.filter(({ isExempt }) => !isExempt)) : record
  return {
    client: { rules: new FieldRules(fields, 'client'), scanner: client, hashKey },
    record: { rules: new FieldRules([...fields, ...recordOnly], 'record'), scanner: record, hashKey },
  }
}

/** Answers that hold a credential by their nature: who asked for it gets it, and nobody reads it in a recording. */
const recordOnly: readonly FieldMaskRule[] = [
  { ...everywhere('token-requests'), resources: ['serviceaccounts/token', 'tokenrequests'], fields: ['/status/token'] },
  { ...everywhere('token-reviews'), resources: ['tokenreviews'], fields: ['/spec/token'] },
]

function everywhere(rule: string): Omit<FieldMaskRule, 'resources' | 'fields'> {
  return { policy: 'built-in', rule, groups: null, namespaces: null, names: null, exceptTypes: [], as: 'redact', isExempt: false }
}

function maskedJson(target: ObjectTarget, bytes: Buffer, { client, record, isSame }: Sides & { readonly isSame: boolean }): MaskedJson {
  if (isClear(target, bytes, client) && isClear(target, bytes, record)) return { kind: 'masked', client: bytes, record: bytes }
  const tape = readTape(bytes)
  if (tape === null) return { kind: 'unreadable', why: unreadable }
  const forClient = maskedTape(tape, target, client)
  const forRecord = isSame && !isTokens(target) ? forClient : maskedTape(tape, target, record)
  tape.dispose()
  return { kind: 'masked', client: forClient, record: forRecord }
}

const unreadable = 'it is not JSON in UTF-8, is nested deeper than objectJsonDepthMax, or holds more than objectJsonTokensMax values and names'

const isTokens = ({ resource, subresource }: ObjectTarget): boolean => subresource === 'token' || resource === 'tokenreviews'

/**
 * Nothing is looked for, and nothing says Secret: the usual case of a watch where only Secrets are masked. JSON could spell the word
 * with escapes, which no serializer does for letters; then the document is read.
 */
function isClear(target: ObjectTarget, bytes: Buffer, { rules, scanner }: SideMasks): boolean {
  if (scanner !== null || rules.isAboutMore || rules.startsFor(identityOf(target), true).length > 0) return false
  return !bytes.includes(secretWord) && !(bytes.includes(escapedStart) && escapedLetter.test(bytes.toString('latin1')))
}

const secretWord = Buffer.from('Secret')
const escapedStart = Buffer.from('\\u00')
const escapedLetter = /\\u00[4-7]/

function maskedTape(tape: Tape, target: ObjectTarget, side: SideMasks): Buffer {
  const walk = new Walk(tape, side)
  walkDocument(walk, target)
  return spliced(tape.bytes, walk.edits)
}

function maskedValue(target: ObjectTarget, value: unknown, side: SideMasks): unknown {
  const bytes = Buffer.from(jsonOf(value))
  const tape = readTape(bytes)
  if (tape === null) return maskedText
  const masked = maskedTape(tape, target, side)
  return masked === bytes ? value : JSON.parse(masked.toString('utf8')) as unknown
}
