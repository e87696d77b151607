// How COPY … TO STDOUT writes its rows, from the statement's options. What is not listed here cannot be masked cell by cell.
// https://www.postgresql.org/docs/18/sql-copy.html
import type { CopyForm } from '../../shared/command.ts'
import { as, constantOf, listOf, text, type Fields } from './tree.ts'

/** `other`: an option that changes the rows in a way nobody here knows (an encoding of its own, a format of an extension). */
export function copyFormOf(fields: Fields): CopyForm | 'other' {
  const options = new Map(listOf(fields['options']).map((item) => as('DefElem', item) ?? {}).map((option) => [String(option['defname']), option['arg']]))
  if ([...options.keys()].some((name) => !known.has(name))) return 'other'
  const format = constantOf(options.get('format')) ?? 'text'
  if (format === 'binary') return { format }
  if (format !== 'text' && format !== 'csv') return 'other'
  const quote = character(options, 'quote', '"')
  const [delimiter, escape] = [character(options, 'delimiter', format === 'csv' ? ',' : '\t'), character(options, 'escape', quote ?? '"')]
  const nullText = options.has('null') ? textOf(options.get('null')) : format === 'csv' ? '' : '\\N'
  const hasHeader = headerOf(options)
  if (delimiter === null || quote === null || escape === null || nullText === null || hasHeader === null) return 'other'
  return { format, delimiter, quote, escape, nullText, hasHeader }
}

const known = new Set(['format', 'delimiter', 'null', 'header', 'quote', 'escape', 'force_quote'])

/** One byte, as the server asks for; null: something else. */
function character(options: ReadonlyMap<string, unknown>, name: string, otherwise: string): string | null {
  if (!options.has(name)) return otherwise
  const value = constantOf(options.get(name))
  return value?.length === 1 && value < '\x7f' ? value : null
}

/** An empty string loses its field in the tree. */
function textOf(value: unknown): string | null {
  const string = as('String', value)
  return string === null ? null : text(string['sval']) ?? ''
}

function headerOf(options: ReadonlyMap<string, unknown>): boolean | null {
  if (!options.has('header')) return false
  const argument = options.get('header')
  if (argument === undefined) return true
  const value = constantOf(argument)?.toLowerCase()
  if (value === undefined) return null
  if (['true', 'on', '1'].includes(value)) return true
  return ['false', 'off', '0'].includes(value) ? false : null
}
