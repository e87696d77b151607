// JSON that every reader reads alike, or nothing: UTF-8, no key twice, no lone surrogates, no numbers that a double does not hold.
// JSON.parse checks the grammar and takes the last of two keys; a walk over the same text finds what it lets pass.
import { kubernetesBodyDepthMax, kubernetesBodyValuesMax } from '../../limits-kubernetes.ts'

export type Parsed = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'unreadable'; readonly why: string; readonly next: string }

export const unreadable = (why: string, next: string): Parsed & { readonly kind: 'unreadable' } => ({ kind: 'unreadable', why, next })

/** Null: not UTF-8, or it begins with a byte order mark. */
export function textOf(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.startsWith('\uFEFF') ? null : text
  } catch {
    return null // TypeError: not UTF-8
  }
}

export function parseStrictJson(text: string): Parsed {
  const { depth, values } = shapeOf(text)
  if (depth > kubernetesBodyDepthMax) return unreadable(`is nested deeper than ${kubernetesBodyDepthMax} levels`, 'Nest it less.')
  if (values > kubernetesBodyValuesMax) return unreadable(`holds more than ${kubernetesBodyValuesMax} values (kubernetesBodyValuesMax)`, 'Send less at a time.')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return unreadable('is not valid JSON', 'Send one valid JSON document.')
  }
  return objectionToText(text) ?? { kind: 'value', value }
}

/** Before anything recursive sees it. Brackets inside strings do not count. */
function shapeOf(text: string): { readonly depth: number; readonly values: number } {
  let depth = 0
  let deepest = 0
  let values = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    else if (code === openBrace || code === openBracket) {
      deepest = Math.max(deepest, ++depth)
      values++
    } else if (code === comma) values++
    else if (code === closeBrace || code === closeBracket) depth--
  }
  return { depth: deepest, values }
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const colon = 0x3a
const comma = 0x2c

/** Index of the closing quote; the end of the text where there is none. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at
}

/** Of a text that JSON.parse has accepted. */
function objectionToText(text: string): (Parsed & { readonly kind: 'unreadable' }) | null {
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === openBrace) open.push(new Set())
    else if (code === openBracket) open.push(null)
    else if (code === closeBrace || code === closeBracket) open.pop()
    else if (code === quote) {
      const end = endOfString(text, at)
      const raw = text.slice(at, end + 1)
      const string = raw.includes('\\') ? JSON.parse(raw) as string : raw.slice(1, -1)
      if (!string.isWellFormed()) return unreadable('holds half of a surrogate pair', 'Send text that is valid Unicode.')
      at = end
      if (isKey(text, end)) {
        const keys = open.at(-1)
        if (string === '__proto__') return protoKey
        if (keys!.has(string)) return unreadable(`has the key ${shownKey(string)} twice`, 'Say it once; readers differ in which of the two they take.')
        keys!.add(string)
      }
    } else if (isNumberStart(code)) {
      const end = endOfNumber(text, at)
      if (!isExact(text.slice(at, end))) return unreadable('holds a number that cannot be read exactly', 'Write it as a string, or smaller.')
      at = end - 1
    }
  }
  return null
}

/** Code of ours that copies objects key by key would lose what stands under it. */
export const protoKey = unreadable('has the key __proto__', 'Name it otherwise.')

function isKey(text: string, endOfString: number): boolean {
  let at = endOfString + 1
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++
  return text.charCodeAt(at) === colon
}

const isNumberStart = (code: number): boolean => code === 0x2d || (code >= 0x30 && code <= 0x39)

function endOfNumber(text: string, start: number): number {
  let at = start
  while (at < text.length && '+-.eE0123456789'.includes(text[at]!)) at++
  return at
}

/** Whole numbers that a double holds, and any fraction: who compares fractions digit by digit has no rule that could be got past. */
export function isExact(number: string): boolean {
  const value = Number(number)
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
}

/** A key is data of the client: enough of it to be found, and nothing that a terminal would obey. */
const shownKey = (key: string): string => JSON.stringify(key.slice(0, 60)).replace(/[^\x20-\x7e]/g, '?')
