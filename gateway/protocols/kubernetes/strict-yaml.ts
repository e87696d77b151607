// YAML that says the same to every reader: one document, no anchors, tags, merge keys or duplicate keys, and no plain scalar that YAML 1.1
// (mostly what Go reads) and YAML 1.2 take for different things (`yes`, `0777`, `1:30`, a date): who wrote it shall say what they meant.
import { isScalar, parseDocument, visit, type Document } from 'yaml'
import { kubernetesBodyDepthMax, kubernetesYamlCharactersMax } from '../../limits-kubernetes.ts'
import { isExact, parseStrictJson, protoKey, unreadable, type Parsed } from './strict-json.ts'

export function parseStrictYaml(text: string): Parsed {
  // kubectl and client-go send JSON under the name of YAML.
  if (/^\s*[{[]/.test(text)) {
    const json = parseStrictJson(text)
    if (json.kind === 'value' || json.why !== 'is not valid JSON') return json
  }
  if (text.length > kubernetesYamlCharactersMax) return unreadable(`is YAML of more than ${kubernetesYamlCharactersMax} characters`, 'Send it as JSON.')
  // Indentation and brackets make depth; the parser recurses on both.
  if (deepestOf(text) > kubernetesBodyDepthMax) return tooDeep
  try {
    return parseOne(text)
  } catch {
    return unreadable('is not YAML that can be read', 'Send it as JSON.') // nesting deeper than the stack: the parser throws
  }
}

function parseOne(text: string): Parsed {
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true, uniqueKeys: true, strict: true, version: '1.2' })
  if (document.errors.length > 0) {
    const isDuplicate = document.errors.some(({ code }) => code === 'DUPLICATE_KEY')
    return isDuplicate ? unreadable('has a key twice', 'Say it once; readers differ in which of the two they take.') : unreadable('is not one valid YAML document', 'Send one valid document, or JSON.')
  }
  const objection = objectionToNodes(document)
  if (objection !== null) return objection
  if (document.warnings.length > 0 || /^%/m.test(text)) return unreadable('has directives', 'Leave them out, or send JSON.')
  const value: unknown = document.toJS()
  return objectionToValue(value) ?? { kind: 'value', value }
}

/** Plain scalars that YAML 1.1 takes for booleans, octal, binary, grouped or sexagesimal numbers, and dates; YAML 1.2 does not. */
const readDifferently = /^(?:y|yes|n|no|on|off|[-+]?0[0-9_]+|[-+]?0[bo][0-7_]+|[-+]?[0-9][0-9.]*_[0-9_.]*|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|\d{4}-\d\d?-\d\d?(?:[Tt ].*)?)$/i

function objectionToNodes(document: Document.Parsed): Objection | null {
  const why = new Set<'anchors' | 'words'>()
  visit(document, {
    Alias: () => { why.add('anchors') },
    Value: (_, node) => {
      if (node.anchor !== undefined || node.tag !== undefined) why.add('anchors')
      if (isScalar(node) && node.type === 'PLAIN' && readDifferently.test(node.source ?? '')) why.add('words')
    },
    Pair: (_, pair) => { if (String(pair.key) === '<<') why.add('anchors') },
  })
  if (why.has('anchors')) return unreadable('has anchors, aliases, tags or merge keys', 'Write it out, or send JSON.')
  return why.has('words') ? unreadable('holds a word or number that versions of YAML read differently (yes, 0777, a date)', 'Quote it, or send JSON.') : null
}

type Objection = Parsed & { readonly kind: 'unreadable' }

const tooDeep = unreadable(`is nested deeper than ${kubernetesBodyDepthMax} levels`, 'Nest it less.')

/** What JSON has no word for, and what a double does not hold. */
function objectionToValue(value: unknown, depth = 0): Objection | null {
  if (depth > kubernetesBodyDepthMax) return tooDeep
  if (typeof value === 'string') return value.isWellFormed() ? null : unreadable('holds half of a surrogate pair', 'Send text that is valid Unicode.')
  if (typeof value === 'number') return isExact(String(value)) ? null : unreadable('holds a number that cannot be read exactly', 'Write it as a string, or smaller.')
  if (value === null || typeof value === 'boolean') return null
  if (Array.isArray(value)) return firstObjection(value, depth)
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return unreadable('holds a value that JSON does not have', 'Send it as JSON.')
  return Object.hasOwn(value, '__proto__') ? protoKey : firstObjection([...Object.keys(value), ...Object.values(value)], depth)
}

function firstObjection(values: readonly unknown[], depth: number): Objection | null {
  for (const value of values) {
    const objection = objectionToValue(value, depth + 1)
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
