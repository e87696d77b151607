// `hash` on types that are not text: UUIDs and bytea, in both formats. Over the same bytes in either, so that clients of both agree.
import type { KeyObject } from 'node:crypto'
import { hashText, hashUuid } from './hash.ts'
import type { ValueTransform } from './value-type.ts'

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Over the text form, in both formats; and of a text column that holds the same UUID. */
export function uuidTransform(key: KeyObject, isBinary: boolean): ValueTransform {
  return (value) => {
    const text = isBinary ? dashed(value.toString('hex')) : value.toString('latin1')
    if (!uuidText.test(text)) return undefined
    const hashed = hashUuid(key, text)
    return isBinary ? hashed : Buffer.from(dashed(hashed.toString('hex')))
  }
}

const dashed = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

export function byteaTransform(key: KeyObject, isBinary: boolean): ValueTransform {
  return (value) => {
    if (isBinary) return Buffer.from(hashText(key, value))
    const bytes = byteaBytes(value.toString('latin1'))
    return bytes === undefined ? undefined : Buffer.from(`\\x${Buffer.from(hashText(key, bytes)).toString('hex')}`)
  }
}

/** bytea_output `hex` or `escape`; in the latter a backslash of the value is doubled, so no value looks like the former. */
function byteaBytes(text: string): Buffer | undefined {
  if (text.startsWith('\\x')) return /^(?:[0-9a-f]{2})*$/.test(text.slice(2)) ? Buffer.from(text.slice(2), 'hex') : undefined
  if (!/^(?:[^\\]|\\\\|\\[0-3][0-7]{2})*$/s.test(text)) return undefined
  return Buffer.from(text.replaceAll(/\\(?:\\|([0-3][0-7]{2}))/g, (_, octal: string | undefined) => (octal === undefined ? '\\' : String.fromCharCode(parseInt(octal, 8)))), 'latin1')
}
