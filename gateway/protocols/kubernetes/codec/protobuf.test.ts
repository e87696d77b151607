import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readProtobuf } from './protobuf.ts'

/** A second, dumb builder. */
const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80))])
const bytes = (number: number, content: Buffer | string): Buffer => Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(Buffer.byteLength(content))]), Buffer.from(content)])
const int = (number: number, value: number): Buffer => Buffer.from([...varint(number << 3), ...varint(value)])
const envelope = (apiVersion: string, kind: string, raw: Buffer, ...rest: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), bytes(1, Buffer.concat([bytes(1, apiVersion), bytes(2, kind)])), bytes(2, raw), ...rest])
const metadata = (name: string) => bytes(1, bytes(1, name))
const pair = (key: string, value: string) => Buffer.concat([bytes(1, key), bytes(2, value)])

describe('read as the JSON of the same object', () => {
  const cases: readonly (readonly [name: string, body: Buffer, value: unknown])[] = [
    ['maps of text and of bytes', envelope('v1', 'Secret', Buffer.concat([metadata('a'), bytes(2, pair('k', 'v')), bytes(4, pair('s', '')), bytes(3, 'Opaque')])), { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'a' }, data: { k: 'dg==' }, stringData: { s: '' }, type: 'Opaque' }],
    ['lists', envelope('v1', 'DeleteOptions', Buffer.concat([int(1, 0), bytes(5, 'All'), bytes(5, 'x')])), { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, dryRun: ['All', 'x'] }],
    ['options under any group', envelope('apps/v1', 'DeleteOptions', bytes(5, 'All')), { kind: 'DeleteOptions', apiVersion: 'apps/v1', dryRun: ['All'] }],
    ['owners of fields are left out', envelope('v1', 'ConfigMap', bytes(1, Buffer.concat([bytes(1, 'a'), bytes(17, 'anything')]))), { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } }],
    ['an empty class name is one that is set', envelope('v1', 'PersistentVolumeClaim', bytes(2, bytes(5, ''))), { kind: 'PersistentVolumeClaim', apiVersion: 'v1', spec: { storageClassName: '' } }],
    ['times', envelope('v1', 'ConfigMap', bytes(1, Buffer.concat([bytes(8, int(1, 1_700_000_000)), bytes(9, '')]))), { kind: 'ConfigMap', apiVersion: 'v1', metadata: { creationTimestamp: '2023-11-14T22:13:20Z' } }],
    ['a negative number', envelope('scheduling.k8s.io/v1', 'PriorityClass', Buffer.from([0x10, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])), { kind: 'PriorityClass', apiVersion: 'scheduling.k8s.io/v1', value: -2 }],
  ]
  test.each(cases)('%s', (_, body, value) => { expect(readProtobuf(body)).toEqual({ kind: 'object', value }) })
})

describe('refused', () => {
  const cases: readonly (readonly [name: string, body: Buffer, says: string])[] = [
    ['nothing', Buffer.alloc(0), 'does not begin'],
    ['JSON', Buffer.from('{}'), 'does not begin'],
    ['a kind that is not in the schema', envelope('example.com/v1', 'Widget', Buffer.alloc(0)), 'in JSON only'],
    ['a kind of no group', envelope('', '', Buffer.alloc(0)), 'in JSON only'],
    ['a message that is no kind', envelope('../meta', 'ObjectMeta', Buffer.alloc(0)), 'in JSON only'],
    ['constructor', envelope('constructor/v1', 'Pod', Buffer.alloc(0)), 'in JSON only'],
    ['an encoding inside', envelope('v1', 'ConfigMap', Buffer.alloc(0), bytes(3, 'gzip')), 'another encoding'],
    ['a content type inside', envelope('v1', 'ConfigMap', Buffer.alloc(0), bytes(4, 'application/json')), 'another encoding'],
    ['no object', Buffer.concat([Buffer.from('k8s\0'), bytes(1, pair('v1', 'ConfigMap'))]), 'another encoding'],
    ['two objects', envelope('v1', 'ConfigMap', Buffer.alloc(0), bytes(2, metadata('b'))), 'twice'],
    ['two types', envelope('v1', 'ConfigMap', Buffer.alloc(0), bytes(1, pair('v1', 'Secret'))), 'twice'],
    ['two metadata', envelope('v1', 'ConfigMap', Buffer.concat([metadata('a'), metadata('b')])), 'twice'],
    ['a key twice', envelope('v1', 'ConfigMap', Buffer.concat([bytes(2, pair('a', '1')), bytes(2, pair('a', '2'))])), 'twice'],
    ['the key __proto__', envelope('v1', 'ConfigMap', bytes(2, pair('__proto__', '1'))), '__proto__'],
    ['an unknown field', envelope('v1', 'ConfigMap', bytes(99, 'x')), 'does not know'],
    ['a group', envelope('v1', 'ConfigMap', Buffer.of(0x0b, 0x00)), 'does not know'],
    ['text that is no UTF-8', envelope('v1', 'ConfigMap', bytes(1, bytes(1, Buffer.of(0xff)))), 'not UTF-8'],
    ['a number for a text', envelope('v1', 'ConfigMap', bytes(1, int(1, 5))), 'another type'],
    ['a text for a number', envelope('v1', 'DeleteOptions', bytes(1, 'x')), 'another type'],
    ['a length past the end', envelope('v1', 'ConfigMap', Buffer.of(0x0a, 0x7f)), 'cut off'],
    ['a length of many gigabytes', envelope('v1', 'ConfigMap', Buffer.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)), 'cut off'],
    ['a number that never ends', envelope('v1', 'ConfigMap', Buffer.alloc(12, 0xff)), 'cut off'],
    ['a time that is none', envelope('v1', 'ConfigMap', bytes(1, bytes(8, Buffer.of(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f)))), 'time that is none'],
  ]
  test.each(cases)('%s', (_, body, says) => { expect(readProtobuf(body)).toEqual({ kind: 'malformed', why: expect.stringContaining(says) as string }) })
})

test('no bytes make it throw, cut anywhere or changed anywhere', () => {
  const whole = envelope('v1', 'Secret', Buffer.concat([metadata('a'), bytes(2, pair('k', 'v')), bytes(3, 'Opaque')]))
  for (let end = 0; end < whole.length; end++) expect(['object', 'malformed']).toContain(readProtobuf(whole.subarray(0, end)).kind)
  fc.assert(fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
    const changed = Buffer.from(whole)
    changed[at] = byte
    expect(['object', 'malformed']).toContain(readProtobuf(changed).kind)
  }), { numRuns: 3_000 })
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (rest) => {
    expect(['object', 'malformed']).toContain(readProtobuf(envelope('v1', 'Pod', Buffer.from(rest))).kind)
  }), { numRuns: 3_000 })
})
