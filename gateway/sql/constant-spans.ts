// Finds every literal of a PostgreSQL text, for hiding them in the recorded text: all string forms, bit strings, dollar quotes,
// numbers. Follows scan.l of PostgreSQL 18; where the server's settings decide how a text is read, it gives up instead.

export interface Span { readonly start: number; readonly end: number }

const isIdentifierStart = /[A-Za-z_\u0080-\uffff]/
const identifierEnd = /[A-Za-z0-9_$\u0080-\uffff]*/y
const number = /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:[0-9](?:_?[0-9])*(?:\.(?!\.)(?:[0-9](?:_?[0-9])*)?)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9](?:_?[0-9])*)?/y
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
const parameter = /\$[0-9]+/y
/** 'a' newline 'b' is one constant; comments may stand between. */
const continuation = /(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'/y
const lineComment = /--[^\n\r]*/y

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

export function constantSpansOf(text: string): readonly Span[] | null {
  const spans: Span[] = []
  let at = 0
  while (at < text.length) {
    const end = tokenEnd(text, at, spans)
    if (end < 0) return null
    at = end
  }
  return spans
}

/** The end of the token at `at`; −1 if it has none. */
function tokenEnd(text: string, at: number, spans: Span[]): number {
  const char = text[at]!
  const next = text[at + 1] ?? ''
  if (char === '-' && next === '-') return match(lineComment, text, at)
  if (char === '/' && next === '*') return commentEnd(text, at)
  if (char === '\'') return constant(spans, at, stringEnd(text, at, false))
  if (char === '"') return quotedEnd(text, at)
  if (char === '$') return dollarEnd(text, at, spans)
  if ((char >= '0' && char <= '9') || (char === '.' && next >= '0' && next <= '9')) return constant(spans, at, match(number, text, at))
  if (!isIdentifierStart.test(char)) return at + 1
  if (next === '\'' && /[eE]/.test(char)) return constant(spans, at, stringEnd(text, at + 1, true))
  if (next === '\'' && /[bBxXnN]/.test(char)) return constant(spans, at, stringEnd(text, at + 1, false))
  if (/[uU]/.test(char) && next === '&' && text[at + 2] === '\'') return constant(spans, at, stringEnd(text, at + 2, false, true))
  if (/[uU]/.test(char) && next === '&' && text[at + 2] === '"') return quotedEnd(text, at + 2)
  return match(identifierEnd, text, at)
}

function constant(spans: Span[], start: number, end: number): number {
  if (end > start) spans.push({ start, end })
  return end > start ? end : -1
}

function commentEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++
      at++
    } else if (text.startsWith('*/', at)) {
      at++
      if (--depth === 0) return at + 1
    }
  }
  return -1
}

function quotedEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] !== '"') continue
    if (text[at + 1] !== '"') return at + 1
    at++
  }
  return -1
}

/** `open` is the first quote. `isUnicode`: backslashes are escapes of code points, never of the quote. */
function stringEnd(text: string, open: number, isEscaped: boolean, isUnicode = false): number {
  for (let at = open + 1; at < text.length; at++) {
    const char = text[at]
    if (char === '\\' && isEscaped) at++
    // Where standard_conforming_strings is off this would be an escaped quote: two readings, so none.
    else if (char === '\\' && !isUnicode && text[at + 1] === '\'') return -1
    else if (char === '\'' && text[at + 1] === '\'') at++
    else if (char === '\'') {
      const resumed = match(continuation, text, at + 1)
      if (resumed < 0) return at + 1
      at = resumed - 1
    }
  }
  return -1
}

function dollarEnd(text: string, at: number, spans: Span[]): number {
  const afterParameter = match(parameter, text, at)
  if (afterParameter > 0) return afterParameter
  const afterTag = match(dollarTag, text, at)
  if (afterTag < 0) return at + 1
  const tag = text.slice(at, afterTag)
  const close = text.indexOf(tag, afterTag)
  return close < 0 ? -1 : constant(spans, at, close + tag.length)
}
