// What a worker does with one text: PostgreSQL's own parser, then facts. Runs only inside parser-worker.ts: deep trees need its stack.
import { parseSync, SqlError } from 'libpg-query'
import type { SqlFacts } from '../../shared/command.ts'
import { factsEntriesMax, normalFormCharactersMax, parseDepthMax } from '../limits.ts'
import type { Span } from './constant-spans.ts'
import { factsOf } from './facts.ts'
import { irrelevantConstants } from './liftable.ts'
import { normalForm } from './normal-form.ts'

export type Parsed =
  /** `form`: the normal form by which the facts may be shared, null if any constant matters. */
  | { readonly kind: 'facts'; readonly facts: SqlFacts; readonly form: string | null }
  | { readonly kind: 'syntax-error'; readonly message: string; readonly position: number | null }
  /** Not for this gateway, though the parser is well. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The worker must not be used again. */
  | { readonly kind: 'fatal'; readonly reason: string }

/** Errors raised by the lexer and the grammar; those of any other file mean that the module's state is not to be trusted. */
const syntaxFiles: ReadonlySet<string | undefined> = new Set(['scan.l', 'gram.y', 'parser.c'])

export function parse(text: string): Parsed {
  // The package refuses an empty text; PostgreSQL does not.
  if (text === '') return { kind: 'facts', facts: { kind: 'sql', statements: [] }, form: null }
  try {
    const tree: unknown = parseSync(text)
    if (isDeeper(tree, parseDepthMax)) return { kind: 'fatal', reason: `the statement is nested deeper than parseDepthMax (${parseDepthMax}) allows` }
    const facts = factsOf(tree, Buffer.byteLength(text))
    if (entriesOf(facts) > factsEntriesMax) return { kind: 'refused', reason: `the text has more statements, tables and columns than factsEntriesMax (${factsEntriesMax}) allows; send it in parts` }
    const form = sharedForm(text, tree)
    return { kind: 'facts', facts: form === null ? facts : openEnded(facts), form }
  } catch (error) {
    return parsedError(text, error)
  }
}

function entriesOf(facts: SqlFacts): number {
  return facts.statements.reduce((sum, { accesses, columns, functions }) => sum + 1 + accesses.length + columns.length + functions.length, 0)
}

function parsedError(text: string, error: unknown): Parsed {
  if (!(error instanceof SqlError) || error.sqlDetails === undefined) {
    return { kind: 'fatal', reason: `the SQL parser failed (${error instanceof Error ? error.name : 'unknown error'})` }
  }
  const { message, cursorPosition } = error.sqlDetails
  if (!isSyntaxError(error)) return { kind: 'fatal', reason: 'the statement is nested too deeply for the SQL parser' }
  return { kind: 'syntax-error', message, position: cursorPosition >= 0 ? bytesOfCharacters(text, cursorPosition) : null }
}

/** Any other error means that the parser must not be used again. */
export function isSyntaxError(error: unknown): boolean {
  const details = error instanceof SqlError ? error.sqlDetails : undefined
  return details !== undefined && syntaxFiles.has(details.fileName) && !details.message.startsWith('memory exhausted')
}

/**
 * libpg_query writes its tree recursively on a linear stack of 32 MB inside WebAssembly memory, below which its constants stand; a
 * level takes at most about 90 bytes (measured), so a tree within parseDepthMax cannot have reached them.
 */
function isDeeper(tree: unknown, max: number): boolean {
  const stack: { readonly value: unknown; readonly depth: number }[] = [{ value: tree, depth: 0 }]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (typeof top.value !== 'object' || top.value === null) continue
    if (top.depth > max) return true
    for (const child of Object.values(top.value)) if (typeof child === 'object') stack.push({ value: child, depth: top.depth + 1 })
  }
  return false
}

/** The parser counts characters; the contract says bytes. */
function bytesOfCharacters(text: string, characters: number): number {
  let units = 0
  for (let count = 0; count < characters && units < text.length; count++) units += text.codePointAt(units)! > 0xffff ? 2 : 1
  return Buffer.byteLength(text.slice(0, units))
}

function sharedForm(text: string, tree: unknown): string | null {
  if (text.length > normalFormCharactersMax) return null
  const spans: Span[] = []
  const form = normalForm(text, spans)
  if (form === null || spans.length === 0) return null
  const irrelevant = irrelevantConstants(tree)
  if (irrelevant === null) return null
  const toByte = byteOffsets(text)
  return spans.every((span) => irrelevant.has(toByte(span.start)) || irrelevant.has(toByte(signBefore(text, span.start)))) ? form : null
}

/** A negative constant stands where its sign does. */
function signBefore(text: string, start: number): number {
  let at = start - 1
  while (at > 0 && ' \t\n\r\f\v'.includes(text[at]!)) at--
  return text[at] === '-' || text[at] === '+' ? at : start
}

function byteOffsets(text: string): (at: number) => number {
  let [units, bytes] = [0, 0]
  return (at) => {
    if (at < units) [units, bytes] = [0, 0]
    bytes += Buffer.byteLength(text.slice(units, at))
    units = at
    return bytes
  }
}

/** Shared by texts of different length: the one statement runs to the end of whichever text it is. */
function openEnded(facts: SqlFacts): SqlFacts {
  return { kind: 'sql', statements: facts.statements.map((statement) => ({ ...statement, start: 0, end: endOfText })) }
}

/** PostgreSQL's texts are shorter than 1 GB. */
const endOfText = 2 ** 30
