// What the API server puts around objects: lists, Tables, watch events, Status; and the objects that the request is about.
// https://kubernetes.io/docs/reference/using-api/api-concepts/
import { maskedText } from '../redaction.ts'
import { isSecrets, type ObjectTarget } from './identity.ts'
import { cleanedMessage } from './message.ts'
import { noKey } from './name-at.ts'
import { overlaps, printedFields } from './printed-columns.ts'
import { textsOf } from './said.ts'
import { enter, nowhere, type Owner, type State } from './state.ts'
import { openingBrace } from './tape.ts'
import type { Walk } from './walk.ts'

/** The whole answer to a request, or one event of a watch. */
export function walkDocument(walk: Walk, target: ObjectTarget): void {
  document(walk, 0, target, false)
}

function document(walk: Walk, token: number, target: ObjectTarget, isInEvent: boolean): void {
  const { tape } = walk
  if (tape.first(token) !== openingBrace) return walk.own(token, target)
  const [kind, otherKind] = textsOf(tape, token, 'kind')
  if (!isInEvent && kind === undefined && holdsOnly(walk, token, eventMembers)) {
    return members(walk, token, { object: (value) => document(walk, value, target, true) })
  }
  if (kind === undefined || otherKind !== undefined) return walk.own(token, target)
  if (kind === 'Table' && textsOf(tape, token, 'apiVersion').some((version) => version.startsWith('meta.k8s.io/'))) return table(walk, token, target)
  if (kind === 'Status' && holdsOnly(walk, token, statusMembers)) return status(walk, token, target)
  if (kind.endsWith('List')) return list(walk, token, target)
  return walk.own(token, target)
}

const eventMembers = new Set(['type', 'object'])
const listMembers = new Set(['kind', 'apiVersion', 'metadata', 'items'])
const tableMembers = new Set(['kind', 'apiVersion', 'metadata', 'columnDefinitions', 'rows'])
const statusMembers = new Set(['kind', 'apiVersion', 'metadata', 'status', 'message', 'reason', 'details', 'code'])

/** A custom resource may be called a list, and have items: what holds of it holds inside them too. */
function list(walk: Walk, token: number, target: ObjectTarget): void {
  const owner = walk.ownerOf(token, target, false)
  walk.members(token, enter(nowhere, owner), (name, value, inner) => {
    const text = walk.tape.text(name)
    if (text === 'items') walk.elements(value, inner, (item, at) => walk.own(item, target, at))
    else walk.value(value, isSecrets(owner.identity) && !listMembers.has(text) ? { ...inner, isClosed: true } : inner, name, noKey)
  })
}

/** What has other members too is an object of somebody's own that looks like it. */
function holdsOnly(walk: Walk, token: number, allowed: ReadonlySet<string>): boolean {
  const { tape } = walk
  for (let name = token + 1; name < tape.next[token]!; name = tape.next[name + 1]!) if (!allowed.has(tape.text(name))) return false
  return true
}

/** Each member by its own function, else as an object that nothing is known of; `metadata` is the API server's own. */
function members(walk: Walk, token: number, by: Readonly<Record<string, (value: number) => void>>): void {
  walk.members(token, nowhere, (name, value) => {
    const text = walk.tape.text(name)
    if (Object.hasOwn(by, text)) by[text]!(value)
    else walk.value(value, memberState(text), name, noKey)
  })
}

const memberState = (name: string): State => (name === 'metadata' ? ownMetadata : nowhere)

const ownMetadata: State = { ...nowhere, place: 'metadata', owner: { identity: { group: null, resource: '', subresource: null, namespace: null, name: null, types: [] }, starts: [], isOwn: true } }

function table(walk: Walk, token: number, target: ObjectTarget): void {
  const { tape } = walk
  // Empty in all events of a watch but the first.
  const columns = tape.named(token, 'columnDefinitions').flatMap((all) => tape.elements(all)).map((column) => textsOf(tape, column, 'name').join())
  const isMasked = walk.ownerOf(null, target).starts.length > 0
  walk.members(token, nowhere, (name, value) => {
    const text = tape.text(name)
    if (text === 'rows') walk.elements(value, nowhere, (one) => row(walk, one, { target, columns }))
    else walk.value(value, tableMembers.has(text) || !isMasked ? memberState(text) : { ...nowhere, isClosed: true }, name, noKey)
  })
}

interface Rows { readonly target: ObjectTarget; readonly columns: readonly string[] }

function row(walk: Walk, token: number, { target, columns }: Rows): void {
  const { tape } = walk
  if (tape.first(token) !== openingBrace) return walk.own(token, target)
  const objects = tape.named(token, 'object').filter((value) => tape.first(value) === openingBrace)
  const owner = walk.ownerOf(objects.length === 1 ? objects[0]! : null, target)
  const isHidden = hidesCells(owner)
  members(walk, token, {
    object: (value) => walk.own(value, target),
    cells: (cells) => {
      let index = 0
      walk.elements(cells, nowhere, (cell) => {
        if (isHidden && !isShownCell(walk, cell, columns[index++] ?? null, owner)) return hide(walk, cell)
        walk.value(cell, nowhere, noKey, noKey)
      })
    },
  })
}

/** Whether a printed column may hold what is masked of this object. */
function hidesCells({ identity, starts }: Owner): boolean {
  const masked = starts.filter(({ effect }) => effect.kind === 'mask')
  if (masked.length === 0) return starts.length > 0 && identity.resource !== 'secrets'
  const shown = printedFields(identity)
  return shown === null || masked.some(({ segments }) => shown.some((printed) => overlaps(segments, printed)))
}

const age = /^(?:(?:\d+[ywdhms])+|<unknown>|<invalid>|<none>|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/

/** The name where it is the object's, and the age where it is one. */
function isShownCell(walk: Walk, cell: number, column: string | null, { identity }: Owner): boolean {
  if (!walk.tape.isString(cell)) return false
  const text = walk.tape.text(cell)
  if (column !== null && /^(?:age|created at)$/i.test(column)) return age.test(text)
  return identity.name !== null && text === identity.name && (column === null || /^name$/i.test(column))
}

/** Cells have no type that clients decode into. */
function hide(walk: Walk, cell: number): void {
  walk.replaceWith(cell, Buffer.from(JSON.stringify(maskedText)))
}

/**
 * Of a request about something masked; `code` and the names of fields stay, and a `reason` that is one word. What a webhook answers the API
 * server puts into message, reason and details as it is: there only what the request said itself stays.
 */
function status(walk: Walk, token: number, target: ObjectTarget): void {
  const { tape } = walk
  const isCleaned = walk.ownerOf(null, target).starts.length > 0
  const isOfWebhook = textsOf(tape, token, 'message').some((text) => webhookSays.test(text))
  const by = (clean: (text: string) => string) => (value: number): void => {
    if (!isCleaned || !tape.isString(value)) return walk.value(value, nowhere, noKey, noKey)
    const text = tape.text(value)
    const cleaned = clean(text)
    if (cleaned === text) walk.value(value, nowhere, noKey, noKey)
    else walk.replaceWith(value, Buffer.from(JSON.stringify(walk.cleaned(cleaned))))
  }
  const word = by((text) => (reasonWord.test(text) ? text : maskedText))
  const ofWebhook = by((text) => (isOfWebhook && !isSaid(text, target) ? maskedText : text))
  const cause = { message: by((text) => (isOfWebhook ? maskedText : cleanedMessage(text, target))), reason: word, field: ofWebhook }
  members(walk, token, {
    message: by((text) => cleanedMessage(text, target)), reason: word,
    details: (details) => inObject(walk, details, { name: ofWebhook, uid: ofWebhook, causes: (causes) => walk.elements(causes, nowhere, (one) => inObject(walk, one, cause)) }),
  })
}

const webhookSays = /\bdenied (?:the )?request\b/i
/** `AlreadyExists`, `FieldValueInvalid`; none is longer. */
const reasonWord = /^(?:[A-Z][A-Za-z]{0,39})?$/
const isSaid = (text: string, { name, resource }: ObjectTarget): boolean => text === '' || text === name || text === resource

function inObject(walk: Walk, token: number, by: Readonly<Record<string, (value: number) => void>>): void {
  if (walk.tape.first(token) === openingBrace) members(walk, token, by)
  else walk.value(token, nowhere, noKey, noKey)
}
