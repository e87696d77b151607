// Our own token-exact normal form: the text itself with plain numbers and plain '…' strings lifted out, and nothing else changed,
// not even white space. Two texts of one form have one parse tree but for those constants. libpg_query's fingerprint is no such
// thing (it is the same for `select a, b` and `select b, a`). Anything unusual gives null: then the text stands for itself.
import { constantSpansOf, type Span } from './constant-spans.ts'

/** Characters that stand in for a constant; a text that holds one of them has no normal form. */
const integerMark = '\u0001'
const numberMark = '\u0002'
const stringMark = '\u0003'

/** More digits may not fit an int4, and the grammar tells those apart. */
const integerDigitsMax = 9

const other = 0, word = 1, digit = 2, quote = 3, identifier = 4, dollar = 5, dash = 6, slash = 7, dot = 8, refused = 9

const classes = new Uint8Array(128).map((_, code) => {
  const char = String.fromCharCode(code)
  if (/[a-z_]/i.test(char)) return word
  if (/[0-9]/.test(char)) return digit
  if (char === '\\' || code === 127 || (code < 32 && !'\t\n\v\f\r'.includes(char))) return refused
  return { '\'': quote, '"': identifier, $: dollar, '-': dash, '/': slash, '.': dot }[char] ?? other
})

/** PostgreSQL takes every byte above 127 as part of an identifier. */
function classAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < 128 ? classes[code]! : code >= 128 ? word : other
}

function isWordPart(text: string, at: number): boolean {
  const kind = classAt(text, at)
  return kind === word || kind === digit || kind === dollar
}

/** The form, or null. With `spans` the lifted constants are put there too, in UTF-16 offsets. */
export function normalForm(text: string, spans?: Span[]): string | null {
  let form = ''
  let copied = 0
  let at = 0
  while (at < text.length) {
    const start = at
    switch (classAt(text, at)) {
      case word:
        at = endOfWord(text, at)
        if (at < 0) return null
        break
      case digit: {
        at = endOfNumber(text, at)
        if (at < 0) return null
        const isInteger = at - start <= integerDigitsMax && !hasDot(text, start, at)
        form += text.slice(copied, start) + (isInteger ? integerMark : numberMark)
        copied = at
        spans?.push({ start, end: at })
        break
      }
      case quote:
        at = endOfQuoted(text, at, 39, false)
        if (at < 0) return null
        form += text.slice(copied, start) + stringMark
        copied = at
        spans?.push({ start, end: at })
        break
      case identifier:
        at = endOfQuoted(text, at, 34, true)
        if (at < 0) return null
        break
      case dollar:
        // `$1` stays as it is; anything else after a dollar is a dollar quote or an error.
        at++
        if (classAt(text, at) !== digit) return null
        while (classAt(text, at) === digit) at++
        if (isWordPart(text, at)) return null
        break
      case dash:
        if (text.charCodeAt(++at) === 45) return null
        break
      case slash:
        if (text.charCodeAt(++at) === 42) return null
        break
      case dot:
        if (classAt(text, ++at) === digit || text.charCodeAt(at) === 46) return null
        break
      case refused: return null
      default: at++
    }
  }
  return form + text.slice(copied)
}

function endOfWord(text: string, start: number): number {
  let at = start + 1
  while (isWordPart(text, at)) at++
  const next = text.charCodeAt(at)
  // E'…', B'…', N'…', U&'…', U&"…": not plain.
  if (next === 39) return -1
  if (next === 38 && (text.charCodeAt(at + 1) === 39 || text.charCodeAt(at + 1) === 34)) return -1
  return at
}

function endOfNumber(text: string, start: number): number {
  let at = start
  while (classAt(text, at) === digit) at++
  if (text.charCodeAt(at) === 46) {
    if (classAt(text, at + 1) !== digit) return -1
    at++
    while (classAt(text, at) === digit) at++
    if (text.charCodeAt(at) === 46) return -1
  }
  return isWordPart(text, at) || classAt(text, at) === quote ? -1 : at
}

function hasDot(text: string, start: number, end: number): boolean {
  const dotAt = text.indexOf('.', start)
  return dotAt >= 0 && dotAt < end
}

function endOfQuoted(text: string, start: number, close: number, allowsBackslash: boolean): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 92 && !allowsBackslash) return -1
    if (code < 9 && close === 34) return -1
    if (code !== close) continue
    if (text.charCodeAt(at + 1) !== close) return at + 1
    at++
  }
  return -1
}

/** Where every string and number constant stands (UTF-16 offsets), whatever its form; null if the text cannot be lexed: hide it whole. */
export function constantSpans(text: string): readonly Span[] | null {
  return constantSpansOf(text)
}
