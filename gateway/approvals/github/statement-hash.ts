// What a pull request carries for a statement: a hash over the connection and the exact text, which anybody can make before
// the statement is ever run (docs/adr/0009: why not the intent hash). Pure.
import { createHash } from 'node:crypto'

/** Blanks and line ends around a statement mean nothing, and files end with one that shells cut off. */
export function statementText(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && blanks.has(text[start]!)) start++
  while (end > start && blanks.has(text[end - 1]!)) end--
  return text.slice(start, end)
}
const blanks = new Set([' ', '\t', '\r', '\n'])

/** Hex SHA-256. The name of a connection has no line ends, so no two pairs give the same bytes. */
export const statementHash = (connection: string, text: string): string =>
  createHash('sha256').update(`gatehouse statement 1\n${connection}\n${statementText(text)}`, 'utf8').digest('hex')

/** The hash as a word of its own: not inside a longer run of hex digits. */
export const holdsHash = (content: string, hash: string): boolean => new RegExp(`(?<![0-9A-Za-z])${hash}(?![0-9A-Za-z])`).test(content)
