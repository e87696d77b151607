// Cuts a text into statements as psql does (src/fe_utils/psqlscan.l): semicolons count outside of quotes, dollar quotes,
// comments (they nest), parentheses and SQL-standard function bodies. It decides nothing: the gateway parses what it gets.
// Offsets are UTF-16, without leading blanks and comments and without the semicolon.

export interface Span { readonly start: number; readonly end: number }

const blank = /\s+/y
const lineComment = /--[^\n]*/y
const word = /[\p{L}_\u0080-\uffff][\p{L}\p{N}_$\u0080-\uffff]*/uy
const dollarTag = /\$(?:[\p{L}_\u0080-\uffff][\p{L}\p{N}_\u0080-\uffff]*)?\$/uy
const number = /\d[\w.]*/y
// After a string: blanks with a newline among them, then a quote, go on with the same string (SQL-92 5.3).
const continuation = /[^\S\n]*(?:--[^\n]*)?\n(?:\s|--[^\n]*\n)*'/y

export function split(text: string): Span[] {
  const spans: Span[] = []
  let statement = begin()
  let at = 0
  while (at < text.length) {
    const skipped = skipBlank(text, at)
    if (skipped > at) {
      at = skipped
      continue
    }
    if (text[at] === ';' && statement.parentheses === 0 && statement.blocks === 0) {
      if (statement.start >= 0) spans.push({ start: statement.start, end: statement.end })
      statement = begin()
      at++
      continue
    }
    if (statement.start < 0) statement.start = at
    at = token(text, at, statement)
    statement.end = at
  }
  if (statement.start >= 0) spans.push({ start: statement.start, end: statement.end })
  return spans
}

interface Statement { start: number; end: number; parentheses: number; blocks: number; readonly words: string[] }
const begin = (): Statement => ({ start: -1, end: -1, parentheses: 0, blocks: 0, words: [] })

/** Where the blanks and comments that begin at `at` end; `at` itself if there are none. */
function skipBlank(text: string, at: number): number {
  if (text.startsWith('/*', at)) return endOfBlockComment(text, at)
  return endOf(blank, text, at) ?? endOf(lineComment, text, at) ?? at
}

function endOfBlockComment(text: string, at: number): number {
  const edge = /\/\*|\*\//g
  edge.lastIndex = at
  let depth = 0
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1
    if (depth === 0) return edge.lastIndex
  }
  return text.length
}

/** Where the token that begins at `at` ends. */
function token(text: string, at: number, statement: Statement): number {
  const character = text[at]!
  if (character === "'") return endOfString(text, at, false)
  if (character === '"') return endOfIdentifier(text, at)
  if ((character === 'e' || character === 'E') && text[at + 1] === "'") return endOfString(text, at + 1, true)
  if (character === '$') return endOfDollarQuote(text, at)
  if (character === '(') statement.parentheses++
  if (character === ')' && statement.parentheses > 0) statement.parentheses--
  const end = endOf(word, text, at)
  if (end !== undefined) countBlocks(text.slice(at, end).toLowerCase(), statement)
  return end ?? endOf(number, text, at) ?? at + 1
}

function endOfString(text: string, at: number, hasEscapes: boolean): number {
  const edge = hasEscapes ? /\\[^]|''|'/g : /''|'/g
  edge.lastIndex = at + 1
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) {
    if (match[0] !== "'") continue
    const next = endOf(continuation, text, edge.lastIndex)
    if (next === undefined) return edge.lastIndex
    edge.lastIndex = next
  }
  return text.length
}

function endOfIdentifier(text: string, at: number): number {
  const edge = /""|"/g
  edge.lastIndex = at + 1
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) if (match[0] === '"') return edge.lastIndex
  return text.length
}

/** `$$ … $$`, `$tag$ … $tag$`; a `$` that opens none (`$1`) is a token of one character. */
function endOfDollarQuote(text: string, at: number): number {
  const opened = endOf(dollarTag, text, at)
  if (opened === undefined) return at + 1
  const tag = text.slice(at, opened)
  const closed = text.indexOf(tag, opened)
  return closed < 0 ? text.length : closed + tag.length
}

/** `CREATE FUNCTION … BEGIN ATOMIC …; …; END`: semicolons inside belong to the body. CASE … END nests in it. */
function countBlocks(name: string, statement: Statement): void {
  const { words } = statement
  if (words.length < 4) words.push(name)
  if (statement.parentheses > 0 || !isRoutine(words)) return
  if (name === 'begin' || (name === 'case' && statement.blocks > 0)) statement.blocks++
  if (name === 'end' && statement.blocks > 0) statement.blocks--
}

function isRoutine([first, second, third, fourth]: readonly string[]): boolean {
  if (first !== 'create') return false
  const what = second === 'or' && third === 'replace' ? fourth : second
  return what === 'function' || what === 'procedure'
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}

/** A server's error position (1-based, in characters) as a UTF-16 offset in the same text. */
export function utf16Offset(text: string, position: number): number {
  let offset = 0
  for (let character = 1; character < position && offset < text.length; character++) offset += text.codePointAt(offset)! > 0xffff ? 2 : 1
  return offset
}
