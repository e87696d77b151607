// Kubernetes' types, read from the declarations of the package kubernetes-types (made from Kubernetes' own OpenAPI, with its
// descriptions): a regular little language, read line by line and only when somebody asks. Without the package there are no schemas.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export type FieldType =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'int-or-string' | 'any' }
  | { readonly kind: 'ref'; readonly name: string }
  | { readonly kind: 'list' | 'map'; readonly of: FieldType }

export interface Field { readonly name: string; readonly description: string; readonly isRequired: boolean; readonly type: FieldType }

export interface Declared {
  /** As OpenAPI calls it: `io.k8s.api.core.v1.Pod`. */
  readonly name: string
  readonly shortName: string
  readonly description: string
  /** Null: an alias of text (Time, Quantity). */
  readonly fields: readonly Field[] | null
}

const modules = new Map<string, ReadonlyMap<string, Declared>>()
const folder = packageFolder()

function packageFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve('kubernetes-types/package.json'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}

/** Of a module such as `core/v1`, by short name. */
export function declarationsOf(module: string): ReadonlyMap<string, Declared> {
  const known = modules.get(module)
  if (known) return known
  const file = folder === null ? '' : join(folder, `${module}.d.ts`)
  const made = existsSync(file) ? parse(readFileSync(file, 'utf8'), module) : new Map<string, Declared>()
  modules.set(module, made)
  return made
}

/** Where the kinds of a group and version are declared. */
export const moduleOf = (group: string, version: string): string => `${group === '' ? 'core' : group.split('.')[0]}/${version}`

export function declaredNamed(name: string): Declared | undefined {
  const shortName = name.split('.').at(-1)!
  return [...modules.values()].map((module) => module.get(shortName)).find((one) => one?.name === name) ?? declarationsOf(moduleOfName(name)).get(shortName)
}

const prefixes: readonly (readonly [RegExp, string])[] = [
  [/^meta\//, 'io.k8s.apimachinery.pkg.apis.'], [/^api\/resource$/, 'io.k8s.apimachinery.pkg.'], [/^runtime$/, 'io.k8s.apimachinery.pkg.'],
  [/^apiextensions\//, 'io.k8s.apiextensions-apiserver.pkg.apis.'], [/^/, 'io.k8s.api.'],
]

const nameIn = (module: string, shortName: string): string => `${prefixes.find(([pattern]) => pattern.test(module))![1]}${module.replaceAll('/', '.')}.${shortName}`

function moduleOfName(name: string): string {
  const path = name.split('.').slice(0, -1).join('/')
  return path.replace(/^io\/k8s\/apimachinery\/pkg\/apis\//, '').replace(/^io\/k8s\/apimachinery\/pkg\//, '').replace(/^io\/k8s\/apiextensions-apiserver\/pkg\/apis\//, '').replace(/^io\/k8s\/api\//, '')
}

const importLine = /^import \{ (.+) \} from "(.+)";$/
const interfaceLine = /^export (?:interface|declare class) (\w+)(?: extends \w+)? \{$/
const aliasLine = /^export type (\w+) = (.+);$/
const fieldLine = /^ {4}(?:readonly )?"?([$\w-]+)"?(\??): (.+)$/
const mapLine = /^\s+\[\w+: string\]: (.+);$/

function parse(text: string, module: string): ReadonlyMap<string, Declared> {
  const lines = text.split('\n')
  const imported = new Map(lines.flatMap((line) => {
    const [, names, from] = importLine.exec(line) ?? []
    return names === undefined ? [] : names.split(', ').map((name) => [name, nameIn(join(dirname(module), from!).replaceAll('\\', '/'), name)] as const)
  }))
  const typeOf = (source: string) => fieldType(source, (name) => imported.get(name) ?? nameIn(module, name))
  const made = new Map<string, Declared>()
  let description = ''
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    const alias = aliasLine.exec(line)?.[1]
    const opened = interfaceLine.exec(line)?.[1]
    if (/^\s*\/\*\*/.test(line)) ({ description, index } = comment(lines, index))
    else if (alias !== undefined) made.set(alias, { name: nameIn(module, alias), shortName: alias, description, fields: null })
    else if (opened !== undefined) {
      const { fields, end } = body(lines, index + 1, typeOf)
      made.set(opened, { name: nameIn(module, opened), shortName: opened, description, fields })
      index = end
    }
  }
  return made
}

function comment(lines: readonly string[], start: number): { readonly description: string; readonly index: number } {
  let end = start
  while (!lines[end]!.includes('*/')) end++
  const text = lines.slice(start, end + 1).map((line) => line.replace(/^\s*(\/\*\*|\*\/|\*) ?/, '').replace(/\s*\*\/$/, '')).join('\n').trim()
  return { description: text, index: end }
}

function body(lines: readonly string[], start: number, typeOf: (source: string) => FieldType): { readonly fields: readonly Field[]; readonly end: number } {
  const fields: Field[] = []
  let description = ''
  let index = start
  for (; lines[index] !== '}' && index < lines.length; index++) {
    const line = lines[index]!
    const [, name, optional, source = ''] = fieldLine.exec(line) ?? []
    if (/^\s*\/\*\*/.test(line)) ({ description, index } = comment(lines, index))
    else if (name !== undefined) {
      const isMap = source === '{'
      const of = isMap ? mapLine.exec(lines[index + 1] ?? '')?.[1] : undefined
      fields.push({ name, description, isRequired: optional === '', type: of === undefined ? typeOf(source.replace(/;$/, '')) : { kind: 'map', of: typeOf(of) } })
      description = ''
      if (isMap) while (!/^ {4}\};$/.test(lines[index] ?? '    };')) index++
    }
  }
  return { fields, end: index }
}

function fieldType(source: string, resolve: (name: string) => string): FieldType {
  const list = /^Array<(.+)>$/.exec(source)?.[1] ?? /^(\w+)\[\]$/.exec(source)?.[1]
  if (list !== undefined) return { kind: 'list', of: fieldType(list, resolve) }
  if (source === 'string' || source === 'number' || source === 'boolean') return { kind: source }
  if (source.startsWith('"')) return { kind: 'string' }
  if (source === 'number | string' || source === 'string | number') return { kind: 'int-or-string' }
  return /^[A-Z]\w*$/.test(source) ? { kind: 'ref', name: resolve(source) } : { kind: 'any' }
}
