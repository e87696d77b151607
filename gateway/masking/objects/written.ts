// What a write says of masked fields: its body walked by the same rules as an answer. A JSON patch names places by pointers, everything
// else has the shape of the object.
import type { KubernetesBody } from '../../../shared/kubernetes.ts'
import { maskedText } from '../redaction.ts'
import { walkDocument } from './envelope.ts'
import { segmentsOf } from './field-rules.ts'
import { identityOf, type ObjectTarget } from './identity.ts'
import { noKey } from './name-at.ts'
import { textsOf } from './said.ts'
import { spliced } from './splice.ts'
import { enter, nowhere, segmentKey, type State, step } from './state.ts'
import { openingBrace, openingBracket, readTape, type Tape } from './tape.ts'
import { type Listener, type SideMasks, Walk } from './walk.ts'

export interface WrittenText { readonly path: readonly string[]; readonly content: string }

export interface Written {
  /** What is written to masked fields. */
  readonly masked: readonly WrittenText[]
  /** Every other string, and names of members. */
  readonly texts: readonly WrittenText[]
}

/** Null: the body cannot be walked. */
export function writtenTo(side: SideMasks, target: ObjectTarget, body: KubernetesBody): Written | null {
  const masked: WrittenText[] = []
  const texts: WrittenText[] = []
  const listener: Listener = {
    masked: (path, content) => void masked.push({ path: [...path], content }),
    text: (path, content) => void texts.push({ path: [...path], content }),
  }
  return walked(side, target, body, listener) === null ? null : { masked, texts }
}

export function writtenForRecord(side: SideMasks, target: ObjectTarget, body: KubernetesBody): unknown {
  const walk = walked(side, target, body, null)
  if (walk === null) return maskedText
  return walk.edits.length === 0 ? body.value : JSON.parse(spliced(walk.tape.bytes, walk.edits).toString('utf8')) as unknown
}

function walked(side: SideMasks, target: ObjectTarget, body: KubernetesBody, listener: Listener | null): Walk | null {
  const tape = readTape(Buffer.from(jsonOf(body.value)))
  if (tape === null) return null
  const walk = new Walk(tape, side, { listener })
  if (body.kind === 'json-patch') operations(walk, tape, target)
  else if (body.kind === 'options') walk.value(0, nowhere, noKey, noKey)
  else walkDocument(walk, target)
  return walk
}

function operations(walk: Walk, tape: Tape, target: ObjectTarget): void {
  if (tape.first(0) !== openingBracket) return walk.value(0, nowhere, noKey, noKey)
  for (const operation of tape.elements(0)) {
    const segments = segmentsOf(textsOf(tape, operation, 'path')[0] ?? '')
    if (tape.first(operation) !== openingBrace) walk.value(operation, nowhere, noKey, noKey)
    else walk.members(operation, nowhere, (name, value) => (tape.says(name, 'value') ? walk.at(value, stateAt(walk.side, target, segments), segments) : walk.value(value, nowhere, name, noKey)))
  }
}

/** What holds at a pointer into an object of which only the path is known. */
export function stateAt(side: SideMasks, target: ObjectTarget, segments: readonly string[]): State {
  const identity = identityOf(target)
  const root = enter(nowhere, { identity, starts: side.rules.startsFor(identity, true), isOwn: true })
  return segments.reduce((state, segment) => step(state, segmentKey(segment)), root)
}

/** YAML gives whole numbers beyond what a double holds as bigint. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? Number(member) : member)) ?? 'null'
}
