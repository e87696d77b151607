// What holds at a place inside an object: which rules may still begin below it, and which have begun. Immutable; most places share one.
import type { MaskForm } from '../../../shared/policy/mask-form.ts'
import type { Identity } from './identity.ts'
import { stricterForm, type Start } from './field-rules.ts'

/** So much of a rule's pointer has been walked. */
interface Position { readonly start: Start; readonly at: number }

/** The object around a place, and what of it is masked. `isOwn`: the request is about it, so its metadata is the API server's own. */
export interface Owner { readonly identity: Identity; readonly starts: readonly Start[]; readonly isOwn: boolean }

/** Of an object: itself, its metadata and what needs care in there. `machine`: written by the API server, read back by programs. */
export type Place = 'object' | 'metadata' | 'annotations' | 'annotation' | 'managed-fields' | 'machine' | 'bytes' | 'elsewhere'

export interface State {
  readonly positions: readonly Position[]
  readonly form: MaskForm | null
  readonly isClosed: boolean
  readonly isOpen: boolean
  readonly place: Place
  readonly owner: Owner | null
}

const noPositions: readonly Position[] = []
export const nowhere: State = { positions: noPositions, form: null, isClosed: false, isOpen: false, place: 'elsewhere', owner: null }

/** Null: what stands here is shown. */
export function formAt({ form, isClosed, isOpen }: State): MaskForm | null {
  return form ?? (isClosed && !isOpen ? 'redact' : null)
}

/** At the opening of an object whose identity is known; what holds around it goes on holding. */
export function enter(state: State, owner: Owner): State {
  const positions = owner.starts.map((start) => ({ start, at: 0 }))
  return { ...state, positions: [...state.positions, ...positions], place: 'object', owner }
}

/** The name of a member, or the number of an element; comparing needs no copy of it. */
export interface Key {
  is(name: string): boolean
  text(): string
}

export const keyOf = (name: string): Key => ({ is: (other) => other === name, text: () => name })

/** Of a list: a rule that names one by its number holds for all of them, for they shift with what is put before them. */
export const elementKey = (index: number): Key => ({ is: isNumber, text: () => String(index) })
const isNumber = (text: string): boolean => /^\d+$/.test(text)

/** Of a pointer: what may be the place of an element (API servers take `-1`, `00` and `+0` too) may be any. */
export const segmentKey = (segment: string): Key => (/^(?:[+-]?\d+|-)$/.test(segment) ? { is: (other) => other === segment || isNumber(other), text: () => segment } : keyOf(segment))

/** In a member or an element. */
export function step(state: State, key: Key): State {
  if (state.positions.length === 0 && state.place === 'elsewhere') return state
  const place = placeOf(state, key)
  if (state.positions.length === 0) return place === state.place ? state : { ...state, place }
  let { form, isClosed, isOpen } = state
  const positions: Position[] = []
  for (const { start, at } of state.positions) {
    const segment = start.segments[at]!
    if (segment === '*' ? start.besides?.has(key.text()) === true : !key.is(segment)) continue
    if (at + 1 < start.segments.length) {
      positions.push({ start, at: at + 1 })
      continue
    }
    const { effect } = start
    if (effect.kind === 'mask') form = stricterForm(form, effect.form)
    else if (effect.kind === 'closed') isClosed = true
    else isOpen = true
  }
  return { positions: positions.length === 0 ? noPositions : positions, form, isClosed, isOpen, place, owner: state.owner }
}

function placeOf({ place, owner }: State, key: Key): Place {
  switch (place) {
    case 'object':
      if (key.is('metadata')) return 'metadata'
      return owner !== null && holdsBytes(owner.identity, key) ? 'bytes' : 'elsewhere'
    case 'metadata':
      if (key.is('annotations')) return 'annotations'
      if (key.is('managedFields')) return 'managed-fields'
      return owner?.isOwn === true && machineFields.some((field) => key.is(field)) ? 'machine' : 'elsewhere'
    case 'annotations': return 'annotation'
    case 'managed-fields': case 'bytes': return place
    case 'annotation': case 'machine': case 'elsewhere': return 'elsewhere'
  }
}

const machineFields = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp', 'continue', 'remainingItemCount', 'selfLink']

/** Members whose strings are base64 of bytes. */
function holdsBytes({ resource }: Identity, key: Key): boolean {
  return (resource === 'secrets' && key.is('data')) || ((resource === 'secrets' || resource === 'configmaps') && key.is('binaryData'))
}
