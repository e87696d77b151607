// Reads a YAML text by a zod schema and says where it is wrong: file, line, column, path and what was expected, all of it at once.
// For gateway.yaml and policies alike. Anchors and tags that YAML leaves open are errors: what is read is what is written.
import { relative } from 'node:path'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Alias, type Document, type Node } from 'yaml'
import type { z } from 'zod'
import { GatehouseError } from '../shared/errors.ts'

export interface Problem {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  /** `rules[1].allow.sql[0]`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
}

export type Path = readonly (string | number)[]

export type YamlResult<T> =
  | { readonly ok: true; readonly value: T; /** A problem at a place of this file, for checks that a schema cannot make. */ readonly problemAt: (path: Path, message: string) => Problem }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export function parseYamlFile<T>(schema: z.ZodType<T>, file: string, text: string): YamlResult<T> {
  try {
    return parse(schema, file, text)
  } catch (error) {
    // Aliases that multiply or stand inside what they name, nesting deeper than the stack: the parsers throw.
    return { ok: false, problems: [{ file, line: 1, column: 1, path: '', message: `cannot be parsed: ${(error as Error).message}` }] }
  }
}

function parse<T>(schema: z.ZodType<T>, file: string, text: string): YamlResult<T> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const syntax = [...document.errors, ...document.warnings].map((error) => ({ file, ...place(error.pos[0]), path: '', message: yamlMessage(error) }))
  if (syntax.length > 0) return { ok: false, problems: syntax }
  const unreadable = forbiddenNodes(document).map(({ offset, message }) => ({ file, ...place(offset), path: '', message }))
  if (unreadable.length > 0) return { ok: false, problems: unreadable }

  const problemAt = (path: Path, message: string): Problem => {
    const found = locate(document, path)
    return { file, ...place(found.offset), path: pathText(path.slice(0, found.depth)), message }
  }
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (parsed.success) return { ok: true, value: parsed.data, problemAt }
  const problems = parsed.error.issues.flatMap((issue) => flatten(issue, [])).map(({ path, message, isKey }) => {
    const found = locate(document, path, isKey)
    const isMissing = found.depth < path.length && !found.isScalar
    const { line, column } = place(found.offset)
    return { file, line, column, path: pathText(isMissing ? path : path.slice(0, found.depth)), message: isMissing ? missing(message) : message }
  })
  return { ok: false, problems: inOrder(problems) }
}

export const inOrder = (problems: readonly Problem[]): Problem[] => problems.toSorted((a, b) => a.line - b.line || a.column - b.column)

export const problemText = (problem: Problem): string =>
  `${problem.file}:${problem.line}:${problem.column}: ${problem.path === '' ? '' : `${problem.path}: `}${problem.message}`

export const problemsError = (problems: readonly Problem[]): GatehouseError =>
  new GatehouseError('config_invalid', problems.map(problemText).join('\n'))

/** How messages name a file: from the working folder when it is below it, so that an editor can open it. */
export function shownPath(file: string): string {
  const near = relative(process.cwd(), file)
  return near === '' || near.startsWith('..') ? file : near
}

interface Found { readonly offset: number; readonly depth: number; readonly isScalar: boolean }

/** Follows a path as far as it exists. `isKey`: the place of the last key itself, not of its value. */
function locate(document: Document.Parsed, path: Path, isKey = false): Found {
  let node: Node | null = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const [depth, segment] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null
    const isLast = depth === path.length - 1
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(segment))
      if (pair === undefined) return { offset, depth, isScalar: false }
      const key = pair.key as Node
      const value = pair.value as Node | null
      // `who:` with nothing after it has a value node of no width: the key is the better place to point at.
      const isEmpty = value === null || (isScalar(value) && value.value === null && value.source === '')
      offset = ((isEmpty || (isKey && isLast) ? key : value).range ?? [offset])[0]
      node = value
    } else if (isSeq(node) && typeof segment === 'number' && node.items[segment] !== undefined) {
      node = node.items[segment] as Node
      offset = node.range?.[0] ?? offset
    } else {
      return { offset, depth, isScalar: isScalar(node) && node.value !== null }
    }
  }
  return { offset, depth: path.length, isScalar: false }
}

interface FlatIssue { readonly path: (string | number)[]; readonly message: string; readonly isKey: boolean }

/** One line an issue: unknown keys one by one, and of a union the issues of the one branch whose shape was meant. */
function flatten(issue: z.core.$ZodIssue, prefix: Path): FlatIssue[] {
  const path = [...prefix, ...(issue.path as (string | number)[])]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key ${JSON.stringify(key)}; expected ${issue.message}`, isKey: true }))
  }
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.filter((branch) => !branch.some((one) => one.path.length === 0 && (one.code === 'invalid_type' || one.code === 'invalid_value')))
    const [only] = meant
    if (only !== undefined && meant.length === 1) return only.flatMap((one) => flatten(one, path))
  }
  return [{ path, message: plainWords(issue.message), isKey: false }]
}

/** zod's words in YAML's. */
function plainWords(message: string): string {
  return message.replace(/^(Invalid input|Too small|Too big): /, '').replace(/\b(expected|received) object\b/g, '$1 a map')
    .replace(/\b(expected|received) array\b/g, '$1 a list').replace(/\b(expected|received) (string|number|boolean)\b/g, '$1 a $2')
    .replace(/\breceived (null|undefined)\b/, 'found nothing').replace('received', 'found')
}

function missing(message: string): string {
  const expected = message.replace(/, found nothing$/, '')
  return expected.startsWith('expected ') ? `is missing; ${expected}` : `is missing: ${expected}`
}

function pathText(path: Path): string {
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${part}`)).join('')
}

function yamlMessage(error: { readonly code: string; readonly message: string }): string {
  if (error.code === 'BAD_ALIAS' || /alias/i.test(error.message)) return `${error.message}; a value that begins with * must be quoted, as in "*"`
  // The parser quotes what it stumbled over, and that may be a secret on the wrong line.
  return error.message.replace(/: ".*$/s, '')
}

/** `__proto__` is skipped by schemas, so a requirement under it would vanish; aliases of what does not exist resolve to nothing. */
function forbiddenNodes(document: Document.Parsed): { readonly offset: number; readonly message: string }[] {
  const found: { offset: number; message: string }[] = []
  visit(document, {
    Pair(_, pair) {
      const key = pair.key
      if (isScalar(key) && key.value === '__proto__') found.push({ offset: key.range?.[0] ?? 0, message: 'a key may not be called __proto__' })
    },
    Alias(_, alias: Alias) {
      if (alias.resolve(document) === undefined) found.push({ offset: alias.range?.[0] ?? 0, message: `*${alias.source} names no anchor; a value that begins with * must be quoted, as in "*"` })
    },
  })
  return found
}
