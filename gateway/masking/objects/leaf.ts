// What a masked string, number or boolean of an object becomes. Clients decode known kinds into typed structs (kubectl, helm and k9s by
// client-go), so it keeps its type, or one masked field would make the whole object unreadable:
//   string → the form's text, `[masked]`; base64 bytes → base64 of that; number → 0 (or its bucket); boolean → false; null stays null;
//   times → 1970-01-01T00:00:00Z and quantities → 0 where the API parses them. `as: null` is null, which typed structs read as empty.
import type { KeyObject } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import type { MaskForm } from '../../../shared/policy/mask-form.ts'
import { hashText } from '../forms/hash.ts'
import { jsonLeaf } from '../forms/json-leaf.ts'
import { textForm } from '../forms/text.ts'
import { maskedText } from '../redaction.ts'

/** Where a value stands: the name it has, and the name of what it is a member of. */
export interface LeafPlace { readonly key: string; readonly parent: string; readonly isBytes: boolean }

export function maskedString(text: string, form: MaskForm, place: LeafPlace, hashKey: KeyObject | null): string | null {
  if (form === 'null') return null
  if (place.isBytes) return Buffer.from(maskedBytes(text, form, hashKey)).toString('base64')
  if (isTime(text, place.key)) return timeOf(text, form)
  if (quantityParents.has(place.parent) && quantity.test(text)) return '0'
  return textForm(form, hashKey)?.(text) ?? maskedText
}

/** A form shows parts of what the bytes say, where they are text; never of their base64. */
function maskedBytes(base64: string, form: MaskForm, hashKey: KeyObject | null): string {
  const bytes = bytesOf(base64)
  if (bytes === null) return maskedText
  if (form === 'hash') return hashKey === null ? maskedText : hashText(hashKey, bytes)
  return isUtf8(bytes) ? textForm(form, hashKey)?.(bytes.toString('utf8')) ?? maskedText : maskedText
}

/** Standard base64 with padding, as Go writes []byte; null: something else. */
export function bytesOf(text: string): Buffer | null {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null
}

/** A number, true or false, as JSON text. */
export function maskedScalar(raw: Buffer, form: MaskForm): string {
  if (form === 'null') return 'null'
  if (raw[0] === letterT || raw[0] === letterF) return 'false'
  if (typeof form === 'string' || !('range' in form)) return '0'
  const bucket = jsonLeaf(form, null)(raw)?.toString('latin1')
  return bucket === undefined || bucket.startsWith('"') ? '0' : bucket
}

const [letterT, letterF] = [0x74, 0x66]

const time = /^(\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/
/** Only what the API names so is parsed as a time; an environment variable that holds one is text. */
const timeName = /(?:Time|Timestamp|At|Before|After|Since|Date)$/i

function isTime(text: string, key: string): boolean {
  return timeName.test(key) && time.test(text)
}

function timeOf(text: string, form: MaskForm): string {
  const [, year, fraction] = time.exec(text)!
  return `${form === 'date-year' ? year! : '1970'}-01-01T00:00:00${fraction === undefined ? '' : `.${'0'.repeat(fraction.length - 1)}`}Z`
}

/** Maps of resource names to quantities, wherever they stand: a text there that is none makes client-go refuse the object. */
const quantityParents = new Set(['limits', 'requests', 'capacity', 'allocatable', 'hard', 'used', 'overhead', 'allocatedResources', 'podFixed', 'defaultRequest', 'default', 'min', 'max', 'maxLimitRequestRatio'])
const quantity = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/
