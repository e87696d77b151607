// Paths into JSON documents, as mask rules name them behind a column: `public.tickets.payload.$.card`. A small part of SQL/JSON path,
// read as its lax mode reads it: a member is also looked for in the elements of an array that stands in its place, and [*] of
// what is no array is the value itself. So a document that changes its shape slightly is still masked.
import { jsonPathStepsMax } from '../limits.ts'

export type PathStep =
  | { readonly kind: 'member'; readonly name: string }
  /** At any depth. */
  | { readonly kind: 'descendant'; readonly name: string }
  | { readonly kind: 'any-member' }
  | { readonly kind: 'element' }

export type ParsedPath = { readonly ok: true; readonly steps: readonly PathStep[] } | { readonly ok: false; readonly problem: string }

const examples = 'such as $.card, $.a.b, $.list[*].card, $..card or $."a name"'
const step = /\[\*\]|(\.\.?)(?:(\*)|("(?:[^"\\]|\\.)*")|([^\s.[\]"*\\]+))/y

export function parseJsonPath(text: string): ParsedPath {
  if (!text.startsWith('$')) return { ok: false, problem: `expected a path that begins with $, ${examples}` }
  if (text === '$') return { ok: false, problem: 'a path of $ is the whole value; leave the path out' }
  const steps: PathStep[] = []
  step.lastIndex = 1
  for (let at = 1; at < text.length; at = step.lastIndex) {
    const match = step.exec(text)
    const parsed = match === null ? null : stepOf(match)
    if (parsed === null) return { ok: false, problem: `${JSON.stringify(text.slice(at, at + 64))} of the path is not understood; expected steps ${examples}` }
    steps.push(parsed)
  }
  if (steps.length > jsonPathStepsMax) return { ok: false, problem: `the path has more than ${jsonPathStepsMax} steps (jsonPathStepsMax)` }
  return { ok: true, steps }
}

function stepOf([whole, dots, star, quoted, bare]: RegExpExecArray): PathStep | null {
  if (whole === '[*]') return { kind: 'element' }
  if (star !== undefined) return dots === '.' ? { kind: 'any-member' } : null
  const name = quoted === undefined ? bare! : unquote(quoted)
  return name === null ? null : { kind: dots === '.' ? 'member' : 'descendant', name }
}

function unquote(text: string): string | null {
  try {
    return JSON.parse(text) as string
  } catch {
    return null
  }
}

/** `schema.table.column`, and the path behind it if there is one. A third part that is `$` is a column of that name. */
export function splitColumnPath(pattern: string): { readonly column: string; readonly path: string | null } {
  const [, column, path] = /^([^.]+\.[^.]+\.[^.]+)\.(\$.*)$/s.exec(pattern) ?? []
  return column === undefined ? { column: pattern, path: null } : { column, path: path! }
}
