// A form for the values of one type in one format: bytes in, bytes of the same type out. What it cannot do with a value it leaves to the
// caller, who redacts: never the value itself.
import { isUtf8 } from 'node:buffer'
import type { KeyObject } from 'node:crypto'
import { parseJsonPath } from '../../../shared/policy/json-path.ts'
import { compareForms, type MaskForm } from '../../../shared/policy/mask-form.ts'
import { maskedJsonBytesMax } from '../../limits.ts'
import type { ColumnForm, MaskedPath } from '../column-form.ts'
import { redactionOf } from '../redaction.ts'
import { mapBinaryArray, mapTextArray } from './array-value.ts'
import { dateYearBinary, dateYearText, timestampYearBinary, timestampYearText, timestamptzYearText } from './date-year.ts'
import { byteaTransform, uuidTransform } from './hash-value.ts'
import { jsonLeaf } from './json-leaf.ts'
import { maskMembers, type MaskedMember } from './json-walk.ts'
import { rangeTransform } from './range-value.ts'
import { textForm } from './text.ts'
import { valueTypes, type ValueTransform, type ValueType } from './value-type.ts'

export interface TransformInputs {
  readonly typeOid: number
  /** 0 text, 1 binary. */
  readonly format: number
  /** Null: `hash` is not at hand, and redacts. */
  readonly hashKey: KeyObject | null
}

/** Null: the type does not have the form, or it is `redact` itself. */
export function transformOf(form: ColumnForm, { typeOid, format, hashKey }: TransformInputs): ValueTransform | null {
  if (form === 'redact') return null
  if (form === 'null') return () => null
  const type = valueTypes.get(typeOid)
  if (type === undefined || (format !== 0 && format !== 1)) return null
  if (typeof form !== 'string' && 'paths' in form) return documentTransform(form.paths, type, { format, hashKey })
  return typeTransform(form, type, { format, hashKey })
}

interface How { readonly format: number; readonly hashKey: KeyObject | null }

function typeTransform(form: MaskForm, type: ValueType, how: How): ValueTransform | null {
  const isBinary = how.format === 1
  const year = form === 'date-year'
  switch (type.kind) {
    case 'text': case 'char': return textTransform(form, type.kind === 'char', how.hashKey)
    case 'integer': case 'numeric': case 'float': return typeof form !== 'string' && 'range' in form ? rangeTransform(type, BigInt(form.range), isBinary) : null
    case 'date': return year ? (isBinary ? dateYearBinary : inText(dateYearText)) : null
    case 'timestamp': return year ? (isBinary ? timestampYearBinary : inText(timestampYearText)) : null
    case 'timestamptz': return year ? (isBinary ? timestampYearBinary : inText(timestamptzYearText)) : null
    case 'uuid': return form === 'hash' && how.hashKey !== null ? uuidTransform(how.hashKey, isBinary) : null
    case 'bytea': return form === 'hash' && how.hashKey !== null ? byteaTransform(how.hashKey, isBinary) : null
    case 'json': return jsonTransform(form, how)
    case 'jsonb': return isBinary ? versioned(jsonTransform(form, how)) : jsonTransform(form, how)
    case 'array': return arrayTransform(form, type, how)
  }
}

const inText = (change: (text: string) => string | undefined): ValueTransform => (value) => written(change(value.toString('latin1')))

const written = (text: string | undefined): Buffer | undefined => (text === undefined ? undefined : Buffer.from(text))

/** The same bytes in both formats. */
function textTransform(form: MaskForm, isPadded: boolean, hashKey: KeyObject | null): ValueTransform | null {
  const change = textForm(form, hashKey)
  if (change === null) return null
  return (value) => {
    if (!isUtf8(value)) return undefined
    const text = value.toString('utf8')
    return written(change(isPadded ? text.replace(/ +$/, '') : text))
  }
}

function jsonTransform(form: MaskForm, { hashKey }: How): ValueTransform {
  const leaf = jsonLeaf(form, hashKey)
  return (value) => {
    const document = trimmed(value)
    return leaf(document) ?? document
  }
}

const trimmed = (value: Buffer): Buffer => (/^\s|\s$/.test(value.toString('latin1')) ? Buffer.from(value.toString('utf8').trim()) : value)

/** jsonb_send puts a version before the text: 1. */
function versioned(transform: ValueTransform): ValueTransform {
  return (value) => {
    const masked = value[0] === 1 ? transform(value.subarray(1)) : undefined
    return masked && Buffer.concat([value.subarray(0, 1), masked])
  }
}

/** An element without the form is redacted as a value of its type would be. */
function arrayTransform(form: MaskForm, { element, elementOid }: Extract<ValueType, { kind: 'array' }>, how: How): ValueTransform | null {
  const transform = typeTransform(form, element, how)
  if (transform === null) return null
  const redaction = redactionOf(elementOid, how.format)
  const change = (value: Buffer): Buffer | null => {
    const changed = transform(value)
    return changed === undefined ? redaction : changed
  }
  return how.format === 1 ? (value) => mapBinaryArray(value, elementOid, change) : (value) => mapTextArray(value, change)
}

/** JSON, and text that holds JSON. Lists of documents are redacted whole. */
function documentTransform(paths: readonly MaskedPath[], type: ValueType, { format, hashKey }: How): ValueTransform | null {
  const members = paths.toSorted((one, other) => compareForms(one.form, other.form)).map(({ path, form }): MaskedMember | null => {
    const parsed = parseJsonPath(path)
    return parsed.ok ? { steps: parsed.steps, leaf: jsonLeaf(form, hashKey) } : null
  })
  // A path that is not understood may name anything.
  if (members.includes(null)) return null
  const mask: ValueTransform = (document) => (document.length > maskedJsonBytesMax ? undefined : maskMembers(document, members as readonly MaskedMember[]))
  switch (type.kind) {
    case 'json': return mask
    case 'jsonb': return format === 1 ? versioned(mask) : mask
    case 'text': case 'char': return (value) => (value.length <= maskedJsonBytesMax && isJson(value) ? mask(value) : undefined)
    default: return null
  }
}

/** Nobody has checked what stands in a text. */
function isJson(value: Buffer): boolean {
  try {
    JSON.parse(value.toString('utf8'))
    return isUtf8(value)
  } catch {
    return false
  }
}
