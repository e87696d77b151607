// A value that nobody may see, put at every sort of masked place of random objects: it comes out in no spelling, and nothing else changes.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ObjectMasks } from './object-masks.ts'
import { base64, field, masksOf, target, texts } from './testing/masks.ts'

const sentinel = 'qzXsentinelXzq'
const spellings = [sentinel, [...sentinel].toReversed().join(''), Buffer.from(sentinel).toString('hex'), ...[0, 1, 2].map((shift) => base64(`${'.'.repeat(shift)}${sentinel}`).slice(shift === 0 ? 0 : 4, -4)), sentinel.toUpperCase()]

function leaks(text: string): readonly string[] {
  return spellings.filter((spelling) => text.includes(spelling))
}

const name = fc.constantFrom('a', 'data', 'spec', 'metadata', 'kind', 'items', 'value', 'annotations', 'object', 'rows', '__proto__', 'x/y', 'x~y', '*', '0', 'é', '')
const leaf = fc.oneof(fc.string({ maxLength: 6 }), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.constantFrom('Secret', 'v1', '{"a":1}', '[masked', '{"kind":"Secret"'))
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree'), { maxLength: 3 }), fc.array(fc.tuple(name, tie('tree')), { maxLength: 4 }).map((members) => Object.fromEntries(members))),
}))
/** A value with the sentinel somewhere in it. */
const hidden = fc.oneof(fc.constant(sentinel), fc.constant(base64(sentinel)), tree.map((around) => ({ around, inner: [sentinel, { deeper: `x ${sentinel} y` }] })), fc.constant([[sentinel]]))
const widgets = target('widgets', { group: 'example.com', name: 'w' })

interface Case { readonly masks: ObjectMasks; readonly object: Record<string, unknown> }

const anyPath = fc.array(fc.constantFrom('spec', 'items', 'a', 'data', 'value', 'x/y', 'x~y', '__proto__', 'é'), { minLength: 1, maxLength: 4 })

/** An object with the value at the path; the pointer, with some of its segments a star. */
const atPath = fc.tuple(anyPath, hidden, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.array(tree, { minLength: 4, maxLength: 4 })).map(([path, value, stars, others]): Case => {
  const pointer = path.map((segment, at) => `/${stars[at] ? '*' : segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  const object = path.reduceRight<unknown>((inner, segment, at) => (segment === 'items' ? { other: others[at], items: inner } : Object.fromEntries([['other', others[at]], [segment, inner]])), value)
  return { masks: masksOf([field({ resources: ['widgets'], fields: [pointer] })]), object: { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'shop' }, ...object as object } }
})

const wrapped: Readonly<Record<string, (object: Record<string, unknown>) => unknown>> = {
  object: (object) => object,
  list: (object) => ({ kind: 'WidgetList', apiVersion: 'example.com/v1', metadata: {}, items: [object, object] }),
  'mixed list': (object) => ({ kind: 'List', apiVersion: 'v1', items: [{ kind: 'ConfigMap', data: {} }, object] }),
  event: (object) => ({ type: 'MODIFIED', object }),
  table: (object) => ({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', columnDefinitions: [{ name: 'Name' }, { name: 'Secret' }], rows: [{ cells: ['w', sentinel], object }] }),
  annotation: (object) => ({ ...object, spec: {}, data: {}, items: [], a: {}, value: 0, 'x/y': 0, 'x~y': 0, é: 0, ['__proto__']: 0, metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object), 'example.com/applied': base64(JSON.stringify(object)) } } }),
  embedded: (object) => ({ kind: 'Other', apiVersion: 'v1', x: [{ y: object }] }),
  'embedded as text': (object) => ({ kind: 'Other', apiVersion: 'v1', x: JSON.stringify({ y: [object] }) }),
}

describe.each(Object.entries(wrapped))('%s', (_, wrap) => {
  test('shows nothing of a masked field to the client or the recording', () => {
    fc.assert(fc.property(atPath, ({ masks, object }) => {
      const { client, record } = texts(masks.maskJson(widgets, Buffer.from(JSON.stringify(wrap(object)))))
      expect(leaks(client)).toEqual([])
      expect(leaks(record)).toEqual([])
      JSON.parse(client)
    }), { seed: 11, numRuns: 400 })
  })

  test('shows nothing of a Secret', () => {
    const member = fc.constantFrom('data', 'stringData')
    fc.assert(fc.property(member, fc.dictionary(fc.string({ maxLength: 5 }), fc.constantFrom(sentinel, base64(sentinel)), { minKeys: 1, maxKeys: 3 }), tree, (where, data, other) => {
      const secret = { apiVersion: 'v1', kind: 'Secret', other, metadata: { name: 'w' }, [where]: data }
      const about = wrap === wrapped['embedded'] || wrap === wrapped['embedded as text'] || wrap === wrapped['mixed list'] ? widgets : target('secrets', { name: 'w' })
      if (wrap === wrapped['table'] || wrap === wrapped['annotation']) return
      const { client, record } = texts(masksOf().maskJson(about, Buffer.from(JSON.stringify(wrap(secret)))))
      expect(leaks(client)).toEqual([])
      expect(leaks(record)).toEqual([])
    }), { seed: 12, numRuns: 400 })
  })
})

test('changes nothing but what is masked', () => {
  fc.assert(fc.property(tree, tree, (one, other) => {
    const masks = masksOf([field({ resources: ['widgets'], fields: ['/spec/hidden'] })])
    const text = (value: string): string => `{"kind":"Widget","spec":{"a":${JSON.stringify(one)},"hidden":${value},"b":${JSON.stringify(other)},"n":12345678901234567890}}`
    const { client } = texts(masks.maskJson(widgets, Buffer.from(text(`"${sentinel}"`))))
    // A tree may hold an object that says it is a Secret.
    if (!/"kind":"Secret"/.test(client)) expect(client).toBe(text('"[masked]"'))
  }), { seed: 13, numRuns: 1_000 })
})

test('what is forwarded is JSON, and masking it again changes nothing', () => {
  const masks = masksOf([field({ resources: ['widgets'], fields: ['/spec/*', '/data'] })])
  fc.assert(fc.property(tree, tree, (spec, data) => {
    const first = texts(masks.maskJson(widgets, Buffer.from(JSON.stringify({ kind: 'Widget', spec, data }))))
    expect(texts(masks.maskJson(widgets, Buffer.from(first.client))).client).toBe(first.client)
  }), { seed: 14, numRuns: 500 })
})

test('a written value at a masked place is not recorded, in any kind of body', () => {
  const masks = masksOf()
  const about = target('secrets', { name: 'w' })
  for (const value of [sentinel, base64(sentinel)]) {
    const bodies = [
      { kind: 'merge', value: { data: { a: value } } }, { kind: 'apply', value: { stringData: { a: value } } }, { kind: 'object', value: { kind: 'Secret', data: { a: value } } },
      { kind: 'json-patch', value: [{ op: 'add', path: '/data/a', value }, { op: 'test', path: '/data/a', value }, { value: { data: { a: value } }, op: 'add', path: '' }] },
      { kind: 'merge', value: { metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ data: { a: value } }) } } } },
    ] as const
    for (const body of bodies) expect(leaks(JSON.stringify(masks.bodyForRecord(about, body)))).toEqual([])
  }
})
