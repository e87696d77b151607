// A form applied to one JSON value, whatever it is: strings by their content, numbers by their digits. What comes out is a JSON value
// again. null stays null, as NULL stays NULL; what the form does not fit is redacted.
import type { KeyObject } from 'node:crypto'
import type { MaskForm } from '../../../shared/policy/mask-form.ts'
import { maskedText } from '../redaction.ts'
import { hashText } from './hash.ts'
import { bucketOf, floorOf } from './range.ts'
import { textForm } from './text.ts'

/** Takes the value's own bytes, without space around it. Null: it stays as it is. */
export type JsonLeaf = (value: Buffer) => Buffer | null

const redacted = Buffer.from(`"${maskedText}"`)
const nothing = Buffer.from('null')
const quote = 0x22
const openingBrace = 0x7b
const openingBracket = 0x5b

export function jsonLeaf(form: MaskForm, hashKey: KeyObject | null): JsonLeaf {
  const masked = leafOf(form, hashKey)
  return (value) => (value.equals(nothing) ? null : masked(value) ?? redacted)
}

function leafOf(form: MaskForm, hashKey: KeyObject | null): (value: Buffer) => Buffer | undefined {
  if (form === 'null') return () => nothing
  if (typeof form !== 'string' && 'range' in form) return (value) => bucket(value, BigInt(form.range))
  const ofText = textForm(form, hashKey)
  if (ofText === null) return () => undefined
  return (value) => {
    switch (value[0]) {
      case quote: return quoted(contentOf(value), ofText)
      // A document or a list has no text to show a part of; equal ones may be seen to be equal.
      case openingBrace: case openingBracket: return form === 'hash' ? Buffer.from(`"${hashText(hashKey!, value)}"`) : undefined
      default: return quoted(value.toString('latin1'), ofText)
    }
  }
}

function contentOf(value: Buffer): string | undefined {
  try {
    const content: unknown = JSON.parse(value.toString('utf8'))
    return typeof content === 'string' ? content : undefined
  } catch {
    return undefined
  }
}

function quoted(content: string | undefined, ofText: (text: string) => string | undefined): Buffer | undefined {
  const masked = content === undefined ? undefined : ofText(content)
  return masked === undefined ? undefined : Buffer.from(JSON.stringify(masked))
}

/** A number stays one. */
function bucket(value: Buffer, width: bigint): Buffer | undefined {
  const floor = value[0] === quote ? undefined : floorOf(value.toString('latin1'))
  return floor === undefined ? undefined : Buffer.from(String(bucketOf(floor, width)))
}
