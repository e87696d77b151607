// Merge patch and strategic merge patch: what becomes of maps, lists and nulls.
import { expect, test } from 'vitest'
import type { Json } from '../objects.ts'
import { applyMergePatch } from './merge-patch.ts'
import { applyStrategicPatch } from './strategic.ts'

// RFC 7386, appendix A.
test.each<[Json, Json, Json]>([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }], [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }], [{ a: 'b' }, { a: null }, {}], [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }], [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }], [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }], [['a', 'b'], ['c', 'd'], ['c', 'd']], [{ a: 'b' }, ['c'], ['c']], [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }], [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('merges %j with %j to %j', (target, patch, expected) => expect(applyMergePatch(target, patch)).toEqual(expected))

const pod = (...containers: Json[]): Json => ({ spec: { containers } })
const [web, side]: [Json, Json] = [{ name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }], args: ['x'] }, { name: 'side', image: 'side:1' }]

test.each<[string, Json, Json, Json]>([
  ['merges containers by name and leaves the others', pod(web, side), pod({ name: 'web', image: 'web:2' }), pod({ ...web as object, image: 'web:2' } as Json, side)],
  ['merges env inside of a container', pod(side), pod({ name: 'side', env: [{ name: 'C', value: '3' }] }), pod({ ...side as object, env: [{ name: 'C', value: '3' }] } as Json)],
  ['deletes an item by $patch', pod(web, side), pod({ name: 'web', $patch: 'delete' }), pod(side)],
  ['replaces a list by $patch', pod(web, side), pod({ $patch: 'replace' }, { name: 'new', image: 'n' }), pod({ name: 'new', image: 'n' })],
  ['replaces a list that is none of the maps', pod(web), pod({ name: 'web', args: ['y', 'z'] }), pod({ ...web as object, args: ['y', 'z'] } as Json)],
  ['orders by $setElementOrder', pod(web, side), { spec: { $setElementOrder: 1, '$setElementOrder/containers': [{ name: 'side' }, { name: 'web' }] } }, pod(side, web)],
  ['removes from a list of plain values', { metadata: { finalizers: ['a', 'b'] } }, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } }, { metadata: { finalizers: ['b'] } }],
  ['adds to a list of plain values', { metadata: { finalizers: ['a'] } }, { metadata: { finalizers: ['b', 'a'] } }, { metadata: { finalizers: ['a', 'b'] } }],
  ['keeps what $retainKeys names', { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } }, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }, { spec: { strategy: { type: 'Recreate' } } }],
  ['replaces a map by $patch', { data: { a: '1' } }, { data: { $patch: 'replace', b: '2' } }, { data: { b: '2' } }],
  ['knows ports of a container and of a service', { spec: { ports: [{ port: 80 }], containers: [{ name: 'c', ports: [{ containerPort: 1 }] }] } }, { spec: { ports: [{ port: 80, name: 'http' }], containers: [{ name: 'c', ports: [{ containerPort: 2 }] }] } },
    { spec: { ports: [{ port: 80, name: 'http' }], containers: [{ name: 'c', ports: [{ containerPort: 1 }, { containerPort: 2 }] }] } }],
  ['removes by null', { data: { a: '1', b: '2' } }, { data: { a: null } }, { data: { b: '2' } }],
])('strategic: %s', (_name, target, patch, expected) => expect(applyStrategicPatch(target, patch)).toEqual(expected))

test('strategic: refuses an item without its key', () => expect(() => applyStrategicPatch(pod(web), pod({ image: 'x' }))).toThrow('does not contain declared merge key: name'))
