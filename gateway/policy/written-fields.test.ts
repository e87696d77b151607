// What a patch is said to write, against patches that are carried out on live objects by a dumb implementation of RFC 6902 and RFC 7396.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KubernetesBody } from '../../shared/kubernetes.ts'
import { pointerSegments } from '../../shared/policy/json-pointer.ts'
import { writtenAt } from './written-fields.ts'

type Json = null | number | string | readonly Json[] | { readonly [key: string]: Json }

const leaf = fc.constantFrom<Json>(0, 1, 'x', 'y')
const element = fc.record({ image: leaf, more: leaf }, { requiredKeys: [] }) as fc.Arbitrary<Json>
const spec = fc.record({ replicas: leaf, list: fc.array(element, { maxLength: 3 }) }, { requiredKeys: [] }) as fc.Arbitrary<Json>
const live = fc.record({ spec, other: spec }, { requiredKeys: [] }) as fc.Arbitrary<Json>
const place = fc.constantFrom('', '/spec', '/spec/replicas', '/spec/list', '/spec/list/0', '/spec/list/1', '/spec/list/-', '/spec/list/0/image', '/spec/list/2/image', '/spec/list/-1', '/other', '/other/list/0', '/other/replicas')
const operation = fc.record({ op: fc.constantFrom('add', 'replace', 'remove', 'copy', 'move', 'test'), path: place, from: place, value: fc.oneof(leaf, spec, element, live, fc.array(element, { maxLength: 2 })) })
const pointers = ['/spec/replicas', '/spec/list/0/image', '/spec/list/*/image', '/spec/list/1', '/spec/list', '/spec', '/other/replicas'] as const

function at(value: Json | undefined, [segment, ...rest]: readonly (string | null)[]): readonly Json[] {
  if (value === undefined || value === null) return []
  if (segment === undefined) return [value]
  if (typeof value !== 'object') return []
  const members: readonly (Json | undefined)[] = segment === null ? Object.values(value) : [(value as Record<string, Json>)[segment]]
  return members.flatMap((member) => at(member, rest))
}

/** Throws where it cannot be carried out; the server refuses it then. */
function patch(document: Json, operations: readonly { readonly op: string; readonly path: string; readonly from: string; readonly value: Json }[]): Json {
  const root = { root: structuredClone(document) } as Record<string, Json>
  const find = (path: string) => {
    const segments = ['root', ...path.split('/').slice(1)]
    let parent: unknown = root
    for (const segment of segments.slice(0, -1)) parent = (parent as Record<string, unknown>)[Array.isArray(parent) ? String(placeIn(parent, segment)) : segment]
    if (typeof parent !== 'object' || parent === null) throw new Error('no such parent')
    return { parent: parent as Record<string, Json> | Json[], key: segments.at(-1)! }
  }
  const get = (path: string): Json => {
    const { parent, key } = find(path)
    const value = (parent as Record<string, Json>)[Array.isArray(parent) ? String(placeIn(parent, key)) : key]
    if (value === undefined) throw new Error('no such value')
    return value
  }
  const set = (path: string, value: Json, isAdd: boolean) => {
    const { parent, key } = find(path)
    if (!Array.isArray(parent)) parent[key] = value
    else if (key === '-') parent.push(value)
    else parent.splice(placeIn(parent, key), isAdd ? 0 : 1, value)
  }
  const remove = (path: string) => {
    const { parent, key } = find(path)
    if (Array.isArray(parent)) parent.splice(placeIn(parent, key), 1)
    else delete parent[key]
  }
  for (const { op, path, from, value } of operations) {
    if (op === 'add') set(path, structuredClone(value), true)
    if (op === 'replace') set(path, structuredClone(value), (get(path), false))
    if (op === 'remove') remove((get(path), path))
    if (op === 'copy') set(path, structuredClone(get(from)), true)
    if (op === 'move') {
      const moved = get(from)
      remove(from)
      set(path, moved, true)
    }
  }
  return root['root'] ?? null
}

/** Servers count from the end too. */
function placeIn(list: readonly unknown[], key: string): number {
  const index = Number(key)
  if (!Number.isInteger(index) || index > list.length || index < -list.length) throw new Error('no such place')
  return index < 0 ? list.length + index : index
}

function merge(target: Json | undefined, change: Json): Json {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change
  const base: Record<string, Json> = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...(target as Record<string, Json>) } : {}
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete base[key]
    else base[key] = merge(base[key], value)
  }
  return base
}

/** New at the pointer: it was not among what stood there. */
function brought(before: Json, after: Json, pointer: string): readonly Json[] {
  const known = new Set(at(before, pointerSegments(pointer)).map((value) => JSON.stringify(value)))
  return at(after, pointerSegments(pointer)).filter((value) => typeof value !== 'object' && !known.has(JSON.stringify(value)))
}

const isTold = (body: KubernetesBody, pointer: string, value: Json): boolean => {
  const { values, isUnknown } = writtenAt(body, pointerSegments(pointer))
  return isUnknown || values.some((one) => JSON.stringify(one) === JSON.stringify(value))
}

test('whatever a JSON patch brings to a pointer is told, or said to be unknown; and what is told alone is what stands there then', () => {
  let done = 0
  fc.assert(fc.property(live, fc.array(operation, { minLength: 1, maxLength: 4 }), fc.constantFrom(...pointers), (before, operations, pointer) => {
    let after: Json
    try {
      after = patch(before, operations)
    } catch {
      return
    }
    const body: KubernetesBody = { kind: 'json-patch', value: operations }
    for (const value of brought(before, after, pointer)) {
      done++
      expect(isTold(body, pointer, value)).toBe(true)
    }
    const { values, isMissing, isUnknown } = writtenAt(body, pointerSegments(pointer))
    if (!isUnknown && !isMissing && values.length === 1 && !pointer.includes('*')) expect(values).toEqual(at(after, pointerSegments(pointer)))
  }), { numRuns: 20_000 })
  expect(done).toBeGreaterThan(100)
})

test('whatever a merge patch brings to a pointer is told, or said to be unknown', () => {
  fc.assert(fc.property(live, live, fc.constantFrom(...pointers), (before, change, pointer) => {
    for (const value of brought(before, merge(before, change), pointer)) expect(isTold({ kind: 'merge', value: change }, pointer, value)).toBe(true)
  }), { numRuns: 20_000 })
})

test('a whole object is what it says', () => {
  fc.assert(fc.property(live, fc.constantFrom(...pointers), (object, pointer) => {
    expect(writtenAt({ kind: 'object', value: object }, pointerSegments(pointer))).toMatchObject({ values: at(object, pointerSegments(pointer)), isUnknown: false })
  }))
})
