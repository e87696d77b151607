// YAML that says the same to every reader, as JSON: one document, no anchors, tags, merge keys or duplicate keys, and no scalar that YAML 1.1
// (Go's reader, mostly) and YAML 1.2 take for different things (`yes`, `0777`, `1:30`, a date): those have to be quoted.
import { isDeepStrictEqual } from 'node:util'
import { parseDocument, visit, type Document } from 'yaml'
import { kubernetesBodyDepthMax, kubernetesYamlBytesMax } from '../../limits.ts'
import { isExact, parseStrictJson, unreadable, type Parsed } from './strict-json.ts'

export function parseStrictYaml(text: string): Parsed {
  // kubectl and client-go send JSON under the name of YAML.
  if (/^\s*[{[]/.test(text)) {
    const json = parseStrictJson(text)
    if (json.kind === 'value' || json.why !== 'is not valid JSON') return json
  }
  if (text.length > kubernetesYamlBytesMax) return unreadable(`is YAML of more than ${kubernetesYamlBytesMax} characters`, 'Send it as JSON.')
  // Indentation and brackets make depth; the parser recurses on both.
  if (deepestOf(text) > kubernetesBodyDepthMax) return unreadable(`is nested deeper than ${kubernetesBodyDepthMax} levels`, 'Nest it less.')
  try {
    return parseBoth(text)
  } catch {
    return unreadable('is not YAML that can be read', 'Send it as JSON.') // nesting deeper than the stack: the parser throws
  }
}

function parseBoth(text: string): Parsed {
  const [document, older] = [parseDocument(text, { ...options, version: '1.2' }), parseDocument(text, { ...options, version: '1.1', merge: false })]
  if (document.errors.length > 0 || older.errors.length > 0) {
    const duplicate = document.errors.some(({ code }) => code === 'DUPLICATE_KEY')
    return duplicate ? unreadable('has a key twice', 'Say it once; readers differ in which of the two they take.') : unreadable('is not one valid YAML document', 'Send one valid document, or JSON.')
  }
  if (document.warnings.length > 0 || /^%/m.test(text) || hasForbidden(document)) return unreadable('has anchors, aliases, tags, merge keys or directives', 'Write it out, or send JSON.')
  const value: unknown = document.toJS()
  if (!isDeepStrictEqual(value, older.toJS())) return unreadable('holds a word or number that versions of YAML read differently (yes, 0777, a date)', 'Quote it, or send JSON.')
  const exact = objectionToValue(value)
  return exact ?? { kind: 'value', value }
}

const options = { prettyErrors: false, stringKeys: true, uniqueKeys: true, strict: true } as const

function hasForbidden(document: Document.Parsed): boolean {
  let isForbidden = false
  visit(document, {
    Alias: () => { isForbidden = true },
    Value: (_, node) => { isForbidden ||= node.anchor !== undefined || node.tag !== undefined },
    Pair: (_, pair) => { isForbidden ||= String(pair.key) === '<<' },
  })
  return isForbidden
}

/** What JSON has no word for, and what a double does not hold. */
function objectionToValue(value: unknown): (Parsed & { readonly kind: 'unreadable' }) | null {
  if (typeof value === 'string') return value.isWellFormed() ? null : unreadable('holds half of a surrogate pair', 'Send text that is valid Unicode.')
  if (typeof value === 'number') return isExact(String(value)) ? null : unreadable('holds a number that cannot be read exactly', 'Write it as a string, or smaller.')
  if (value === null || typeof value === 'boolean') return null
  if (Array.isArray(value)) return firstObjection(value)
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return unreadable('holds a value that JSON does not have', 'Send it as JSON.')
  return firstObjection([...Object.keys(value), ...Object.values(value)])
}

function firstObjection(values: readonly unknown[]): (Parsed & { readonly kind: 'unreadable' }) | null {
  for (const value of values) {
    const objection = objectionToValue(value)
    if (objection !== null) return objection
  }
  return null
}

function deepestOf(text: string): number {
  let brackets = 0
  let deepest = 0
  for (const character of text) {
    if (character === '{' || character === '[') deepest = Math.max(deepest, ++brackets)
    else if (character === '}' || character === ']') brackets--
  }
  // A level of block nesting costs a column at least, or a `- ` on the same line.
  const columns = text.split('\n').reduce((most, line) => Math.max(most, line.length - line.replace(/^[ -]+/, '').length), 0)
  return Math.max(deepest, Math.ceil(columns / 2))
}
