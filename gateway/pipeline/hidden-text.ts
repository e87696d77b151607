// The recorded form of a command that meets masked columns: its constants are hidden, for `where ssn = '…'` is itself a masked
// value (design.md §5). LIMIT and OFFSET keep theirs. The hash of the exact text stands beside it in the record.
import { constantSpans } from '../sql/normal-form.ts'

const hidden = '[masked]'
const paging = /\b(?:limit|offset)\s+$/i

export function hideConstants(text: string): string {
  const spans = constantSpans(text)
  if (spans === null) return '[text hidden: it cannot be read as SQL and may hold masked values]'
  let out = ''
  let at = 0
  for (const { start, end } of spans) {
    const before = text.slice(at, start)
    out += before + (paging.test(text.slice(Math.max(0, start - 16), start)) ? text.slice(start, end) : hidden)
    at = end
  }
  return out + text.slice(at)
}

export function hideParameters(parameters: readonly (string | null)[]): readonly (string | null)[] {
  return parameters.map((value) => (value === null ? null : hidden))
}

/** What people wrote about a command, without the constants and parameters they quote from it. */
export function hideQuoted(written: string, { text, parameters }: { readonly text: string; readonly parameters: readonly (string | null)[] }): string {
  const constants = (constantSpans(text) ?? []).map(({ start, end }) => text.slice(start, end).replace(/^'|'$/g, ''))
  // Longest first: one value may hold another.
  const values = [...constants, ...parameters].filter((value) => value !== null).filter(({ length }) => length >= 4).toSorted((a, b) => b.length - a.length)
  return values.reduce((shown, value) => shown.replaceAll(value, hidden), written)
}
