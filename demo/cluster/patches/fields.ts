// Sets of fields, for server-side apply: which leaves an object has, and metav1.FieldsV1, in which managers' sets are written down.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
import { isObject, isSame, type Json, type JsonObject } from '../objects.ts'
import { listRuleAt } from '../rules/merge-keys.ts'

/** A path from the root: `f:spec`, `k:{"name":"web"}` (an item by its keys), `v:"x"` (a value of a set). */
export type FieldPath = readonly string[]

export interface Leaf { readonly path: FieldPath; readonly value: Json }

const serverOwned = new Set(['f:apiVersion', 'f:kind', 'f:metadata/f:name', 'f:metadata/f:namespace', 'f:metadata/f:uid', 'f:metadata/f:resourceVersion', 'f:metadata/f:generation',
  'f:metadata/f:creationTimestamp', 'f:metadata/f:deletionTimestamp', 'f:metadata/f:deletionGracePeriodSeconds', 'f:metadata/f:managedFields', 'f:metadata/f:selfLink', 'f:metadata/f:generateName'])

/** `hasMaps`: false of custom resources, whose lists are replaced as a whole. */
export function leavesOf(object: Json | undefined, hasMaps: boolean): readonly Leaf[] {
  return [...walk(object, [], [], hasMaps)].filter(({ path }) => !serverOwned.has(path.join('/')))
}

function* walk(value: Json | undefined, path: FieldPath, names: readonly string[], hasMaps: boolean): Generator<Leaf> {
  if (value === undefined || value === null) return
  if (isObject(value)) {
    const entries = Object.entries(value)
    if (entries.length === 0) yield { path, value }
    for (const [key, item] of entries) yield* walk(item, [...path, `f:${key}`], [...names, key], hasMaps)
    return
  }
  const rule = hasMaps && Array.isArray(value) ? listRuleAt(names) : undefined
  if (!rule || !Array.isArray(value)) {
    yield { path, value }
    return
  }
  for (const item of value) {
    const itemPath = [...path, keyOf(item, rule.key === null ? null : rule.mapKeys ?? [rule.key])]
    if (isObject(item)) yield* walk(item, itemPath, names, hasMaps)
    else yield { path: itemPath, value: item }
  }
}

function keyOf(item: Json, keys: readonly string[] | null): string {
  if (keys === null || !isObject(item)) return `v:${JSON.stringify(item)}`
  return `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, item[key] ?? (key === 'protocol' ? 'TCP' : null)])))}`
}

export const idOf = (path: FieldPath): string => JSON.stringify(path)
export const pathOf = (id: string): FieldPath => JSON.parse(id) as string[]

export function toFieldsV1(ids: Iterable<string>): JsonObject {
  const root: JsonObject = {}
  for (const id of ids) {
    let here = root
    for (const step of pathOf(id)) {
      here = (here[step] ??= {}) as JsonObject
      // The item itself is owned, beside what is owned inside it.
      if (step.startsWith('k:')) here['.'] = {}
    }
  }
  return root
}

export function fromFieldsV1(fields: Json | undefined): ReadonlySet<string> {
  const ids = new Set<string>()
  const descend = (node: Json | undefined, path: FieldPath) => {
    const entries = isObject(node) ? Object.entries(node).filter(([key]) => key !== '.') : []
    if (entries.length === 0 && path.length > 0) ids.add(idOf(path))
    for (const [key, child] of entries) descend(child, [...path, key])
  }
  descend(fields, [])
  return ids
}

/** As kubectl shows a conflict: `.spec.template.spec.containers[name="web"].image`. */
export function shownPath(path: FieldPath): string {
  return path.map((step) => {
    if (step.startsWith('f:')) return `.${step.slice(2)}`
    const key = JSON.parse(step.slice(2)) as Json
    return isObject(key) ? `[${Object.entries(key).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]` : `[${JSON.stringify(key)}]`
  }).join('')
}

/** What is there, at that path; undefined where nothing is. */
export function valueAt(object: Json | undefined, path: FieldPath): Json | undefined {
  return path.reduce<Json | undefined>((here, step) => {
    if (step.startsWith('f:')) return isObject(here) && Object.hasOwn(here, step.slice(2)) ? here[step.slice(2)] : undefined
    return Array.isArray(here) ? here.find((item) => isItem(item, step)) : undefined
  }, object)
}

export function isItem(item: Json, step: string): boolean {
  const key = JSON.parse(step.slice(2)) as Json
  if (step.startsWith('v:')) return isSame(item, key)
  return isObject(key) && isObject(item) && Object.entries(key).every(([name, value]) => isSame(item[name] ?? (name === 'protocol' ? 'TCP' : null), value))
}

/** A copy without what is at that path; maps and items that it leaves empty go too. */
export function without(value: Json, path: FieldPath): Json | undefined {
  const [step, ...rest] = path
  if (step === undefined) return undefined
  if (step.startsWith('f:')) {
    if (!isObject(value)) return value
    const key = step.slice(2)
    const { [key]: child, ...others } = value
    if (child === undefined) return value
    const left = without(child, rest)
    const isGone = left === undefined || (rest.length > 0 && isObject(left) && Object.keys(left).length === 0)
    return isGone ? others : { ...others, [key]: left }
  }
  if (!Array.isArray(value)) return value
  const items = value.flatMap((item): Json[] => {
    if (!isItem(item, step)) return [item]
    const left = rest.length === 0 ? undefined : without(item, rest)
    return left === undefined ? [] : [left]
  })
  return items.length === 0 ? undefined : items
}
