import { describe, expect, test } from 'vitest'
import type { KubernetesBody } from '../../../shared/kubernetes.ts'
import { base64, detect, field, maskedBase64, masksOf, secrets, target } from './testing/masks.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const body = (kind: KubernetesBody['kind'], value: unknown): KubernetesBody => ({ kind, value })
const merge = (value: unknown): KubernetesBody => body('merge', value)
const operations = (...value: readonly unknown[]): KubernetesBody => body('json-patch', value)
const db = target('secrets', { name: 'db' })
const masks = masksOf([field({ resources: ['widgets'], fields: ['/spec/secret', '/spec/items/*/secret', '/metadata/labels/tier'] })])
const widget = target('widgets', { name: 'w' })

describe('a mask is not written back', () => {
  test.each([
    ['the whole object', db, body('object', { kind: 'Secret', data: { password: maskedBase64 } }), '/data/password'],
    ['a merge patch', db, merge({ stringData: { password: '[masked]' } }), '/stringData/password'],
    ['a part of a value', db, merge({ data: { url: base64('postgres://a:[masked]@h') } }), '/data/url'],
    ['what a detector put', db, merge({ data: { url: base64('to [masked:email]') } }), '/data/url'],
    ['a server-side apply', db, body('apply', { kind: 'Secret', data: { password: maskedBase64 } }), '/data/password'],
    ['an annotation', db, merge({ metadata: { annotations: { [lastApplied]: JSON.stringify({ data: { password: maskedBase64 } }) } } }), '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration/data/password'],
    ['another annotation', db, merge({ metadata: { annotations: { note: 'was [masked]' } } }), '/metadata/annotations/note'],
    ['a JSON patch', db, operations({ op: 'replace', path: '/data/password', value: maskedBase64 }), '/data/password'],
    ['a JSON patch of a whole member', db, operations({ op: 'add', path: '/data', value: { password: maskedBase64 } }), '/data/password'],
    ['a JSON patch of the whole object', db, operations({ op: 'add', path: '', value: { data: { password: maskedBase64 } } }), '/data/password'],
    ['a field', widget, merge({ spec: { items: [{ secret: 'ab****' }] } }), '/spec/items/0/secret'],
    ['a hash', widget, merge({ spec: { secret: 'gh1_0123' } }), '/spec/secret'],
    ['another field of such an object', widget, merge({ spec: { note: 'x [masked]' } }), '/spec/note'],
    ['a name of a member', widget, merge({ spec: { '[masked:email]': 'x' } }), '/spec'],
    ['a Secret inside another object', target('sealedsecrets'), body('object', { kind: 'SealedSecret', spec: { template: { kind: 'Secret', data: { a: maskedBase64 } } } }), '/spec/template/data/a'],
  ])('%s', (_, about, written, path) => {
    const objection = masks.objectionToWrite(about, written)
    expect(objection?.message).toContain(`at ${path}:`)
    expect(objection?.hint).toContain('kubectl patch')
  })

  test('where detectors look, what they put is not written back anywhere', () => {
    expect(masksOf([], [detect('email')]).objectionToWrite(target('configmaps'), merge({ data: { a: 'to [masked:email]' } }))?.message).toContain('/data/a')
    expect(masks.objectionToWrite(target('configmaps'), merge({ data: { a: 'docs say [masked]' } }))).toBe(null)
  })
})

describe('what is no mask is written', () => {
  test.each([
    ['a new value', db, merge({ data: { password: base64('new') } })],
    ['a new object', db, body('object', { kind: 'Secret', stringData: { password: 'new' } })],
    ['a label', db, merge({ metadata: { labels: { a: 'b' } } })],
    ['taking a key away', db, merge({ data: { password: null } })],
    ['a JSON patch', db, operations({ op: 'replace', path: '/data/password', value: base64('new') }, { op: 'remove', path: '/data/old' }, { op: 'test', path: '/metadata/resourceVersion', value: '17' })],
    ['stars in a field that is not masked', widget, merge({ spec: { schedule: '****' } })],
    ['options of a delete', db, body('options', { kind: 'DeleteOptions', preconditions: { uid: '[masked]' } })],
    ['copying what is not masked', widget, operations({ op: 'copy', from: '/spec/a', path: '/spec/secret' })],
  ])('%s', (_, about, written) => {
    expect(masks.objectionToWrite(about, written, { verb: 'patch', isDryRun: false })).toBe(null)
  })
})

describe('a JSON patch asks nothing of what is masked', () => {
  test.each([
    [db, { op: 'test', path: '/data/password', value: base64('guess') }],
    [db, { op: 'test', path: '/data', value: {} }],
    [db, { op: 'test', path: '', value: {} }],
    [db, { op: 'test', path: '/data/password/x', value: 1 }],
    [db, { op: 'copy', from: '/data/password', path: '/metadata/labels/a' }],
    [db, { op: 'move', from: '/data', path: '/metadata/annotations' }],
    [db, { op: 'copy', from: `/metadata/annotations/${lastApplied.replace('/', '~1')}`, path: '/metadata/labels/a' }],
    [db, { op: 'copy', from: '/metadata', path: '/x' }],
    [widget, { op: 'test', path: '/spec/items/3/secret', value: 'x' }],
    [widget, { op: 'test', path: '/spec/items/-', value: 'x' }],
    [widget, { op: 'test', path: '/spec/items', value: [] }],
    [widget, { op: 'test', path: '/metadata/labels/tier', value: 'x' }],
    [widget, { op: 'test' }],
  ])('%j %j', (about, operation) => {
    expect(masks.objectionToWrite(about, operations({ op: 'add', path: '/metadata/labels/x', value: 'y' }, operation))).not.toBe(null)
  })

  test('but of what is not', () => {
    expect(masks.objectionToWrite(widget, operations({ op: 'test', path: '/spec/replicas', value: 3 }, { op: 'test', path: '/metadata/labels/other', value: 'x' }))).toBe(null)
    expect(masks.objectionToWrite(db, operations({ op: 'test', path: '/type', value: 'Opaque' }))).toBe(null)
  })

  test('nor when it is no list', () => expect(masks.objectionToWrite(db, body('json-patch', { op: 'test' }))).not.toBe(null))
})

test('a dry run does not try values of masked fields, but of a new object', () => {
  const written = merge({ data: { password: base64('guess') } })
  expect(masks.objectionToWrite(db, written, { verb: 'patch', isDryRun: true })?.message).toContain('/data/password')
  expect(masks.objectionToWrite(db, written, { verb: 'create', isDryRun: true })).toBe(null)
  expect(masks.objectionToWrite(db, merge({ metadata: { labels: { a: 'b' } } }), { verb: 'patch', isDryRun: true })).toBe(null)
})

test('each value for a masked field is a probe', () => {
  expect(masks.probesIn(db, merge({ data: { a: 'YQ==', b: 'Yg==', c: null }, metadata: { labels: { x: 'y' } } }))).toBe(2)
  expect(masks.probesIn(db, operations({ op: 'add', path: '/data/a', value: 'YQ==' }, { op: 'add', path: '/type', value: 'x' }))).toBe(1)
  expect(masks.probesIn(widget, merge({ spec: { '$deleteFromPrimitiveList/secret': ['guess'] } }))).toBe(1)
  expect(masks.probesIn(target('pods'), merge({ spec: { a: 1 } }))).toBe(0)
})

describe('selectors', () => {
  test.each([
    ['spec.secret=guess', null, true], ['spec.secret!=guess', null, true], ['metadata.name=w,spec.secret==x', null, true], ['.spec.secret=x', null, true], ['spec=x', null, true],
    ['metadata.name=w', null, false], [null, 'tier=a', true], [null, '!tier', true], [null, 'app in (a, b),tier notin (c)', true], [null, 'app=a', false], [null, null, false],
  ])('%s %s', (fieldSelector, labelSelector, isRefused) => {
    expect(masks.objectionToSelector(widget, { fieldSelector, labelSelector }) !== null).toBe(isRefused)
  })

  test('of Secrets, name and type may be asked for', () => {
    expect(masks.objectionToSelector(secrets, { fieldSelector: 'metadata.name=db,type=Opaque', labelSelector: 'owner=helm' })).toBe(null)
  })
})

describe('a recorded body', () => {
  test.each([
    [db, body('object', { kind: 'Secret', data: { a: base64('x') } }), { kind: 'Secret', data: { a: maskedBase64 } }],
    [db, merge({ stringData: { a: 'x' } }), { stringData: { a: '[masked]' } }],
    [db, operations({ op: 'add', path: '/data/a', value: base64('x') }, { op: 'add', path: '/data', value: { b: base64('x') } }, { op: 'add', path: '/metadata/labels/a', value: 'x' }),
      [{ op: 'add', path: '/data/a', value: maskedBase64 }, { op: 'add', path: '/data', value: { b: maskedBase64 } }, { op: 'add', path: '/metadata/labels/a', value: 'x' }]],
    [widget, merge({ spec: { secret: 17n, n: 12n } }), { spec: { secret: 0, n: 12 } }],
  ])('%j %#', (about, written, expected) => {
    expect(masks.bodyForRecord(about, written)).toEqual(expected)
  })

  test('is masked for who is excepted too', () => {
    const open = masksOf([field({ resources: ['secrets'], fields: ['/data/*'], isExempt: true })])
    expect(open.bodyForRecord(db, merge({ data: { a: base64('x') } }))).toEqual({ data: { a: maskedBase64 } })
  })

  test('without anything masked is itself', () => {
    const written = merge({ spec: { a: 1 } })
    expect(masks.bodyForRecord(widget, written)).toBe(written.value)
  })
})
