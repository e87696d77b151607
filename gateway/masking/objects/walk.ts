// Walks the tape of one document for one side and notes what changes in its bytes. Every object is asked what it is, so that a Secret is
// masked wherever it is embedded; every string that is not masked is looked at by the detectors; names of members too, where they are
// written by people (a finding in a name of a map is a finding).
import type { KeyObject } from 'node:crypto'
import type { MaskForm } from '../../../shared/policy/mask-form.ts'
import { embeddedJsonDepthMax } from '../../limits.ts'
import { maskedText } from '../redaction.ts'
import type { Scanner } from '../scanner.ts'
import { readingOf } from './annotations.ts'
import type { FieldRules, Start } from './field-rules.ts'
import { carriers, groupOf, type Identity, type ObjectTarget, resourceOf } from './identity.ts'
import { bytesOf, type LeafPlace, maskedScalar, maskedString } from './leaf.ts'
import { NameAt, noKey } from './name-at.ts'
import { hasKind, saidBy, textsOf } from './said.ts'
import { type Edit, spliced } from './splice.ts'
import { elementKey, enter, formAt, nowhere, type Owner, type State, step } from './state.ts'
import { openingBrace, openingBracket, quote, readTape, type Tape } from './tape.ts'

/** One side's masks. */
export interface SideMasks {
  readonly rules: FieldRules
  readonly scanner: Scanner | null
  readonly hashKey: KeyObject | null
}

/** Hears of every string (and name of a member), and of what is masked: for what is written rather than read. */
export interface Listener {
  /** A string's content, or a number, true or false as it is written. */
  masked(path: readonly string[], content: string): void
  text(path: readonly string[], content: string): void
}

export class Walk {
  readonly tape: Tape
  readonly side: SideMasks
  readonly edits: Edit[] = []
  readonly #listener: Listener | null
  readonly #depth: number
  readonly #path: string[] = []

  constructor(tape: Tape, side: SideMasks, { listener = null, depth = 0 }: { readonly listener?: Listener | null; readonly depth?: number } = {}) {
    this.tape = tape
    this.side = side
    this.#listener = listener
    this.#depth = depth
  }

  /** An object that the request is about. What is none in its place is masked whole where such objects have masks. */
  own(token: number, target: ObjectTarget, around: State = nowhere): void {
    const isObject = this.tape.first(token) === openingBrace
    const owner = this.ownerOf(isObject ? token : null, target)
    if (isObject) this.#object(token, enter(around, owner), noKey)
    else this.value(token, owner.starts.length === 0 ? around : { ...around, isClosed: true, isOpen: false }, noKey, noKey)
  }

  /** `isWhole`: the object itself, no list of such. */
  ownerOf(token: number | null, target: ObjectTarget, isWhole = true): Owner {
    const said = token === null ? null : saidBy(this.tape, token)
    const identity: Identity = {
      group: target.group, resource: target.resource, subresource: target.subresource,
      namespace: target.namespace ?? said?.namespace ?? null, name: target.name ?? said?.name ?? null, types: this.#believed(said?.types ?? []),
    }
    return { identity, starts: this.side.rules.startsFor(identity, isWhole), isOwn: true }
  }

  /** What is written claims a type, and need not be of it: a Secret called a Helm release would be open to guesses. */
  #believed(types: readonly string[]): readonly string[] {
    return this.#listener === null ? types : []
  }

  /** What stands at a path of the object: for what names its place by a pointer. */
  at(token: number, state: State, path: readonly string[]): void {
    const around = this.#path.splice(0, this.#path.length, ...path)
    this.value(token, state, noKey, noKey)
    this.#path.splice(0, this.#path.length, ...around)
  }

  /** `key` and `parent` are tokens of names, or noKey. */
  value(token: number, state: State, key: number, parent: number): void {
    switch (this.tape.first(token)) {
      case openingBrace: return this.#object(token, state, key)
      case openingBracket: return this.#array(token, state, key, parent)
      case quote: return this.#string(token, state, key, parent)
      default: return this.#scalar(token, state)
    }
  }

  #object(token: number, state: State, key: number): void {
    const kinds = this.#embedded(token, state)
    this.members(token, kinds.state, (name, value, inner) => {
      if (kinds.items !== null && this.tape.first(value) === openingBracket && this.tape.says(name, 'items')) this.#items(value, inner, kinds.items)
      else this.value(value, inner, name, key)
    })
  }

  /** Each member with the state inside it. */
  members(token: number, state: State, visit: (name: number, value: number, inner: State) => void): void {
    const { tape } = this
    const isPlain = state.positions.length === 0 && state.place === 'elsewhere'
    const key = new NameAt(tape)
    for (let name = token + 1; name < tape.next[token]!; name = tape.next[name + 1]!) {
      this.#name(name, state)
      key.token = name
      const inner = isPlain ? state : step(state, key)
      if (this.#listener === null) visit(name, name + 1, inner)
      else this.#below(tape.text(name), () => visit(name, name + 1, inner))
    }
  }

  /** Each element with the state inside it; what is no array is the only one. */
  elements(token: number, state: State, visit: (value: number, inner: State) => void): void {
    const { tape } = this
    if (tape.first(token) !== openingBracket) return visit(token, state)
    const isPlain = state.positions.length === 0 || state.place === 'managed-fields'
    let index = 0
    for (let value = token + 1; value < tape.next[token]!; value = tape.next[value]!, index++) {
      const inner = isPlain ? state : step(state, elementKey(index))
      if (this.#listener === null) visit(value, inner)
      else this.#below(String(index), () => visit(value, inner))
    }
  }

  #below(name: string, visit: () => void): void {
    this.#path.push(name)
    visit()
    this.#path.pop()
  }

  #array(token: number, state: State, key: number, parent: number): void {
    this.elements(token, state, (value, inner) => this.value(value, inner, key, parent))
  }

  /** Elements of a list whose kind says what they are, and that need not say it themselves. */
  #items(token: number, state: State, item: Pick<Identity, 'group' | 'resource'>): void {
    this.elements(token, state, (value, inner) => {
      if (this.tape.first(value) !== openingBrace) return this.value(value, inner, noKey, noKey)
      this.#object(value, this.#entered(value, inner, item), noKey)
    })
  }

  /** An object that says what kind it is brings the rules of that kind, wherever it stands; a list, those of its items. */
  #embedded(token: number, state: State): { readonly state: State; readonly items: Pick<Identity, 'group' | 'resource'> | null } {
    if (!hasKind(this.tape, token)) return { state, items: null }
    const { kinds, apiVersions } = saidBy(this.tape, token)
    const groups = new Set(apiVersions.map(groupOf))
    const group = groups.size === 1 ? [...groups][0]! : null
    let inner = state
    let items: Pick<Identity, 'group' | 'resource'> | null = null
    for (const kind of kinds) {
      if (carriers.has(kind)) continue
      if (kind.endsWith('List') && kind !== 'List' && items?.resource !== 'secrets') items = { group, resource: resourceOf(kind.slice(0, -'List'.length)) }
      const resource = resourceOf(kind)
      const isKnown = state.place === 'object' && state.owner?.identity.resource === resource && state.owner.identity.subresource === null
      if (!isKnown) inner = this.#entered(token, inner, { group, resource })
    }
    return { state: inner, items }
  }

  #entered(token: number, state: State, { group, resource }: Pick<Identity, 'group' | 'resource'>): State {
    const { types, namespace, name } = saidBy(this.tape, token)
    const around = state.owner?.identity
    const identity: Identity = { group, resource, subresource: null, types: this.#believed(types), namespace: namespace ?? around?.namespace ?? null, name }
    const starts = this.side.rules.startsFor(identity, false)
    if (state.place !== 'object') return starts.length === 0 ? state : enter(state, { identity, starts, isOwn: false })
    if (starts.length === 0 && resource !== 'secrets') return state
    // The same object under another name: what holds of it under either.
    const owner: Owner = { identity: resource === 'secrets' ? identity : state.owner!.identity, starts: [...state.owner!.starts, ...starts], isOwn: state.owner!.isOwn }
    return { ...state, positions: [...state.positions, ...starts.map((start) => ({ start, at: 0 }))], owner }
  }

  #name(token: number, { place, owner }: State): void {
    const { tape } = this
    if (place === 'managed-fields' && owner !== null && owner.starts.some(showsInListKeys) && /^[kv]:/.test(tape.text(token))) {
      return this.#replace(token, JSON.stringify(`${tape.text(token).slice(0, 2)}${maskedText}`))
    }
    this.#listener?.text(this.#path, tape.text(token))
    this.#scan(token)
  }

  #string(token: number, state: State, key: number, parent: number): void {
    const form = formAt(state)
    if (form !== null) return this.#maskString(token, form, this.#leafPlace(state, key, parent))
    const { tape } = this
    const text = this.#listener === null && state.place !== 'annotation' ? null : tape.text(token)
    if (text !== null) this.#listener?.text(this.#path, text)
    if (text !== null && state.place === 'annotation' && state.owner !== null && state.owner.starts.length > 0) {
      const reading = readingOf(tape.text(key), text)
      if (reading === 'whole') return this.#replace(token, JSON.stringify(maskedText))
      if (reading === 'json' && this.#document(token, state.owner)) return
    } else if (this.#mayHoldObjects(token) && this.#document(token, null)) return
    if (state.place === 'machine') return
    if (state.place === 'bytes' && this.#scanBytes(token)) return
    this.#scan(token)
  }

  #leafPlace(state: State, key: number, parent: number): LeafPlace {
    const name = key === noKey ? '' : this.tape.text(key)
    return { key: name, parent: parent === noKey ? '' : this.tape.text(parent), isBytes: state.place === 'bytes' || name === 'caBundle' }
  }

  #maskString(token: number, form: MaskForm, place: LeafPlace): void {
    const text = this.tape.text(token)
    this.#listener?.masked(this.#path, text)
    const masked = maskedString(text, form, place, this.side.hashKey)
    // What a form leaves is looked at as any other text; what `redact` puts there holds nothing.
    const left = masked === null || form === 'redact' || place.isBytes ? masked : this.#scanned(Buffer.from(masked)) ?? masked
    this.#replace(token, JSON.stringify(left))
  }

  #scalar(token: number, state: State): void {
    const raw = this.tape.raw(token)
    const isNull = raw[0] === letterN
    const form = formAt(state)
    if (form !== null) {
      if (isNull) return
      this.#listener?.masked(this.#path, raw.toString('latin1'))
      this.#replace(token, maskedScalar(raw, form))
    } else if (raw.length >= numberCharactersMin && this.side.scanner !== null && this.#scanned(raw) !== null) this.#replace(token, '0')
  }

  /** JSON inside a string. False: nothing was done. Of an object's own annotation what cannot be read is masked whole. */
  #document(token: number, owner: Owner | null): boolean {
    const bytes = Buffer.from(this.tape.text(token))
    const tape = this.#depth >= embeddedJsonDepthMax ? null : readTape(bytes)
    if (tape === null) {
      if (owner === null && this.#depth < embeddedJsonDepthMax) return false
      this.#replace(token, JSON.stringify(maskedText))
      return true
    }
    const walk = new Walk(tape, this.side, { depth: this.#depth + 1, listener: this.#listener === null ? null : this.#inside() })
    if (owner === null) walk.value(0, nowhere, noKey, noKey)
    else walk.again(0, owner)
    if (walk.edits.length === 0) return false
    this.#replace(token, JSON.stringify(spliced(bytes, walk.edits).toString('utf8')))
    return true
  }

  /** An older or other text of an object: by what that object is, and by what it says itself. */
  again(token: number, { identity }: Owner): void {
    if (this.tape.first(token) === openingBracket) return this.elements(token, nowhere, (value) => this.again(value, { identity, starts: [], isOwn: false }))
    if (this.tape.first(token) !== openingBrace) return this.value(token, nowhere, noKey, noKey)
    const said = { ...identity, types: this.#believed(textsOf(this.tape, token, 'type')) }
    this.#object(token, enter(nowhere, { identity: said, starts: this.side.rules.startsFor(said, false), isOwn: false }), noKey)
  }

  #inside(): Listener {
    const path = [...this.#path]
    return {
      masked: (inner, content) => this.#listener!.masked([...path, ...inner], content),
      text: (inner, content) => this.#listener!.text([...path, ...inner], content),
    }
  }

  /** A quick look: most strings are no JSON, and most JSON names no kind. */
  #mayHoldObjects(token: number): boolean {
    const { bytes, from, to } = this.tape
    let at = from[token]! + 1
    while (bytes[at] === space) at++
    const first = bytes[at]
    if (first !== openingBrace && first !== openingBracket && first !== backslash) return false
    return to[token]! - at > objectCharactersMin && /^\s*[{[]/.test(this.tape.text(token))
  }

  #scanBytes(token: number): boolean {
    const bytes = this.side.scanner === null ? null : bytesOf(this.tape.text(token))
    const scanned = bytes === null ? null : this.side.scanner!.scan(bytes, 0, bytes.length)
    if (scanned !== null) this.#replace(token, JSON.stringify(scanned.toString('base64')))
    return scanned !== null || bytes !== null
  }

  #scan(token: number): void {
    const { scanner } = this.side
    if (scanner === null) return
    const { tape } = this
    const scanned = tape.escaped[token] === 0 ? scanner.scan(tape.bytes, tape.from[token]! + 1, tape.to[token]! - 1) : this.#scannedBytes(Buffer.from(tape.text(token)))
    if (scanned !== null) this.#replace(token, JSON.stringify(scanned.toString('utf8')))
  }

  /** A text made from what was there, with the detectors' marks in it. */
  cleaned(text: string): string {
    return this.#scanned(Buffer.from(text)) ?? text
  }

  #scannedBytes(bytes: Buffer): Buffer | null {
    return this.side.scanner?.scan(bytes, 0, bytes.length) ?? null
  }

  #scanned(bytes: Buffer): string | null {
    return this.#scannedBytes(bytes)?.toString('utf8') ?? null
  }

  #replace(token: number, json: string): void {
    this.replaceWith(token, Buffer.from(json))
  }

  replaceWith(token: number, bytes: Buffer): void {
    const [from, to] = [this.tape.from[token]!, this.tape.to[token]!]
    if (!bytes.equals(this.tape.bytes.subarray(from, to))) this.edits.push({ from, to, bytes })
  }
}

const letterN = 0x6e
const space = 0x20
const backslash = 0x5c
/** A card has thirteen digits. */
const numberCharactersMin = 9
/** `{"kind":"Secret","data":{}}` has more. */
const objectCharactersMin = 20

/**
 * managedFields hold names of members, which are shown, and of lists the keys or values of elements (`k:{"name":"a"}`, `v:"a"`), which may
 * be what is masked. Where a pointer plainly ends at no such key they stay.
 */
function showsInListKeys({ segments, effect }: Start): boolean {
  return effect.kind === 'mask' && segments.at(-1) !== 'value' && segments[0] !== 'data' && segments[0] !== 'stringData'
}
