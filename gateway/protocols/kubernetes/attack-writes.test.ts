// Attacks by writing: masked values guessed, compared, copied to where they show, and masks saved over them. Nothing of these reaches the
// cluster, and what guessing is left costs a budget.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createProbeBudget } from '../../pipeline/probe-budget.ts'
import { found, startAttackWorld, type AttackWorld } from './testing/attack-world.ts'
import { json } from './testing/fake-api.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: read, who: { groups: [engineers, privacy] }, allow: { kubernetes: [get, list, watch], resources: ["*"] } }
  - { id: write, who: { groups: [engineers, privacy] }, allow: { kubernetes: [create, update, patch, deletecollection, mint-token], resources: [configmaps, secrets, widgets, pods] } }
masks:
  - { id: secrets, resources: [secrets], fields: [/data/*, /stringData/*], except-types: [helm.sh/release.v1], as: redact, except: { groups: [privacy] } }
  - { id: config, resources: [configmaps], fields: [/data/password], as: redact }
  - { id: widgets, resources: [widgets], fields: [/spec/secret, /spec/list/0, /metadata/labels/pin], as: redact }
  - { id: env, resources: [pods], fields: ["/spec/containers/*/env/*/value"], as: redact }
`
const budget = 60
let world: AttackWorld
beforeAll(async () => { world = await startAttackWorld({ policies: { cluster: policy }, seams: { probes: createProbeBudget(undefined, budget) } }) })
afterAll(() => world?.stop())
beforeEach(() => {
  world.api.forget()
  world.api.answer(({ response }) => json(response, 200, { kind: 'Status', apiVersion: 'v1', status: 'Success' }))
})

const base64 = (text: string) => Buffer.from(text).toString('base64')
const guess = base64('is it this one')
const secret = { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'db', namespace: 'shop' }, data: { password: guess } }
const helm = { type: 'helm.sh/release.v1' }
const [db, cfg, widget] = ['/api/v1/namespaces/shop/secrets/db', '/api/v1/namespaces/shop/configmaps/cfg', '/apis/example.com/v1/namespaces/shop/widgets/x']
const dry = '?dryRun=All'
const types = { merge: 'application/merge-patch+json', strategic: 'application/strategic-merge-patch+json', json: 'application/json-patch+json', apply: 'application/apply-patch+yaml', put: 'application/json', post: 'application/json' } as const
type Kind = keyof typeof types

const write = (kind: Kind, path: string, body: unknown, who = 'eli') =>
  world.ask(path, { who, method: kind === 'put' ? 'PUT' : kind === 'post' ? 'POST' : 'PATCH', type: types[kind], body })

async function expectRefused(kind: Kind, path: string, body: unknown, message: RegExp): Promise<void> {
  const answer = await write(kind, path, body)
  expect([answer.json['kind'], answer.json['status'], world.api.lines()]).toEqual(['Status', 'Failure', []])
  expect(answer.json['message']).toMatch(message)
}

describe('a dry run is no free guess', () => {
  test.each<readonly [string, Kind, string, unknown]>([
    ['merge patch', 'merge', db + dry, { data: { password: guess } }], ['merge patch of stringData', 'merge', db + dry, { stringData: { password: 'x' } }], ['update', 'put', db + dry, secret],
    ['apply, whose conflicts would name the field', 'apply', `${db}${dry}&fieldManager=x`, secret], ['apply by force', 'apply', `${db}${dry}&fieldManager=x&force=true`, secret],
    ['strategic patch', 'strategic', cfg + dry, { data: { password: 'x' } }], ['with $patch: replace', 'strategic', cfg + dry, { data: { $patch: 'replace', password: 'x' } }], ['with $retainKeys', 'strategic', cfg + dry, { $retainKeys: ['data'], data: { password: 'x' } }],
    ['JSON patch', 'json', db + dry, [{ op: 'add', path: '/data/password', value: guess }]], ['JSON patch of all data', 'json', db + dry, [{ op: 'replace', path: '/data', value: { password: guess } }]],
    ['dryRun twice', 'merge', `${db}${dry}&dryRun=All`, { data: { password: guess } }], ['dryRun spelled otherwise', 'merge', `${db}?dry%52un=%41ll`, { data: { password: guess } }],
    ['a pod\'s environment', 'strategic', `/api/v1/namespaces/shop/pods/web${dry}`, { spec: { containers: [{ name: 'a', env: [{ name: 'X', value: 'x' }] }] } }],
    ['a Secret that calls itself a Helm release', 'merge', db + dry, { ...helm, data: { password: guess } }], ['an apply of one', 'apply', `${db}${dry}&fieldManager=x`, { ...secret, ...helm }], ['an update of one', 'put', db + dry, { ...secret, ...helm }],
    ['another kind', 'put', db + dry, { ...secret, kind: 'PartialObjectMetadata' }], ['a Status', 'put', db + dry, { ...secret, kind: 'Status' }], ['a Table', 'put', db + dry, { ...secret, kind: 'Table' }], ['a list', 'put', db + dry, { ...secret, kind: 'SecretList' }], ['no kind', 'put', db + dry, { ...secret, kind: undefined }],
    ['the shape of an event', 'merge', db + dry, { object: { data: { password: guess } } }],
  ])('%s', (_, kind, path, body) => expectRefused(kind, path, body, /denied by masking: a dry run that writes/))

  test('of a new object it is none, and for who may see it it is none', async () => {
    expect((await write('post', `/api/v1/namespaces/shop/secrets${dry}`, secret)).status).toBe(200)
    expect((await write('merge', db + dry, { data: { password: guess } }, 'pia')).status).toBe(200)
  })
})

describe('a JSON patch neither asks for nor moves what is masked', () => {
  const last = '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration'
  test.each<readonly [string, string, readonly unknown[]]>([
    ['test', db, [{ op: 'test', path: '/data/password', value: guess }]], ['test above', db, [{ op: 'test', path: '/data', value: {} }]], ['test of everything', db, [{ op: 'test', path: '', value: {} }]],
    ['copy to a label', db, [{ op: 'copy', from: '/data/password', path: '/metadata/labels/x' }]], ['move of all', db, [{ op: 'move', from: '/data', path: '/metadata/labels' }]], ['copy of last-applied', db, [{ op: 'copy', from: last, path: '/metadata/labels/x' }]],
    ['test of last-applied', db, [{ op: 'test', path: last, value: 'x' }]], ['behind a harmless one', cfg, [{ op: 'add', path: '/data/a', value: 'b' }, { op: 'copy', from: '/data/password', path: '/data/shown' }]],
    ['move above', cfg, [{ op: 'move', from: '/data', path: '/binaryData' }]], ['test of a chosen field', widget, [{ op: 'test', path: '/spec/secret', value: 'x' }]], ['test above it', widget, [{ op: 'test', path: '/spec', value: {} }]],
    ['an index from behind', widget, [{ op: 'test', path: '/spec/list/-1', value: 'x' }]], ['an index with zeros', widget, [{ op: 'copy', from: '/spec/list/00', path: '/spec/x' }]], ['an index with a sign', widget, [{ op: 'move', from: '/spec/list/+0', path: '/spec/x' }]],
    ['an index that shifted', widget, [{ op: 'add', path: '/spec/list/0', value: 'x' }, { op: 'copy', from: '/spec/list/1', path: '/spec/x' }]], ['the whole list', widget, [{ op: 'copy', from: '/spec/list', path: '/spec/x' }]],
    ['a pod\'s environment by numbers', '/api/v1/namespaces/shop/pods/web', [{ op: 'copy', from: '/spec/containers/0/env/-1/value', path: '/metadata/labels/x' }]], ['an object with one, whole', '/api/v1/namespaces/shop/pods/web', [{ op: 'move', from: '/spec/containers/0', path: '/spec/initContainers/-' }]],
  ])('%s', (_, path, body) => expectRefused('json', path, body, /denied by masking: (test|copy|move) reads/))

  test.each<readonly [string, unknown]>([
    ['an operation in other letters', [{ op: 'TEST', path: '/data/password', value: guess }]], ['a key in other letters', [{ op: 'add', OP: 'test', path: '/data/x', value: 'x' }]], ['a key twice', '[{"op":"add","op":"test","path":"/data/password","value":"x"}]'],
    ['a pointer that is none', [{ op: 'test', path: 'data/password', value: guess }]], ['an escape that is none', [{ op: 'test', path: '/data/pass~2word', value: guess }]], ['no list', { op: 'test', path: '/data/password', value: guess }],
    ['another encoding', Buffer.from(JSON.stringify([{ op: 'test', path: '/data/password', value: guess }]), 'utf16le')],
  ])('%s', (_, body) => expectRefused('json', db, body, /body/))
})

describe('a mask is not saved over the value', () => {
  test.each<readonly [string, Kind, string, unknown]>([
    ['in base64', 'merge', db, { data: { password: base64('[masked]') } }], ['in stringData', 'merge', db, { stringData: { password: '[masked]' } }], ['in a whole object', 'put', cfg, { kind: 'ConfigMap', metadata: { name: 'cfg' }, data: { password: '[masked]', other: 'x' } }],
    ['by a JSON patch', 'json', cfg, [{ op: 'replace', path: '/data/password', value: '[masked]' }]], ['by a JSON patch of more', 'json', cfg, [{ op: 'replace', path: '/data', value: { password: '[masked]' } }]], ['of a detector, anywhere', 'merge', cfg, { data: { other: 'a [masked:aws-access-key] b' } }],
    ['in last-applied', 'apply', `${db}?fieldManager=x`, { ...secret, metadata: { name: 'db', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ ...secret, data: { password: base64('[masked]') } }) } } }],
    ['of an apply in YAML', 'apply', `${cfg}?fieldManager=x`, 'kind: ConfigMap\nmetadata: {name: cfg}\ndata:\n  password: "\\x5bmasked]"\n'], ['in a new object', 'post', '/api/v1/namespaces/shop/secrets', { ...secret, data: { password: base64('[masked]') } }],
  ])('%s', (_, kind, path, body) => expectRefused(kind, path, body, /a mask would be written back/))
})

test.each([
  '/api/v1/secrets?fieldSelector=data.password%3Dx', '/api/v1/secrets?fieldSelector=metadata.name%3Ddb,data.password!%3Dx', '/api/v1/secrets?fieldSelector=.data.password%3D%3Dx', '/api/v1/secrets?watch=1&fieldSelector=stringData.a%3Dx', '/api/v1/configmaps?fieldSelector=data.password%3Dx',
  '/apis/example.com/v1/widgets?fieldSelector=spec.secret%3Dx', '/apis/example.com/v1/watch/widgets?fieldSelector=spec.secret%3Dx', '/apis/example.com/v1/widgets?labelSelector=pin', '/apis/example.com/v1/widgets?labelSelector=!pin', '/apis/example.com/v1/widgets?labelSelector=a,pin+in+(1,2)', '/apis/example.com/v1/widgets?labelSelector=a+in+(x,y),pin%3E5',
])('a selector does not ask for what is masked: %s', async (path) => {
  for (const method of ['GET', 'HEAD', 'DELETE']) expect([403, 405]).toContain((await world.ask(path, { method })).status)
  expect(world.api.lines()).toEqual([])
})

test('a selector given twice is nobody\'s reading', async () => {
  expect((await world.ask('/api/v1/secrets?fieldSelector=metadata.name%3Dx&fieldSelector=data.password%3Dx')).status).toBe(400)
  expect(world.api.lines()).toEqual([])
})

test('an ETag or a version condition is no question either', async () => {
  await world.ask(db, { headers: { 'if-none-match': '"x"', 'if-match': '"x"', 'if-modified-since': 'Sat, 01 Jan 2022 00:00:00 GMT', range: 'bytes=0-1', te: 'trailers' } })
  expect(Object.keys(world.api.seen[0]!.headers).toSorted()).toEqual(['accept', 'accept-encoding', 'authorization', 'connection', 'host'])
})

test('real guesses are counted, whatever carries them, and end with the budget', async () => {
  await world.join('gus', ['engineers'])
  const many = Object.fromEntries(Array.from({ length: budget - 3 }, (_, i) => [`k${i}`, guess]))
  expect((await write('merge', db, { data: many }, 'gus')).status).toBe(200)
  expect((await write('apply', `${db}?fieldManager=x`, { ...secret, ...helm }, 'gus')).status).toBe(200)
  expect((await write('json', db, [{ op: 'replace', path: '/data/password', value: guess }], 'gus')).status).toBe(200)
  expect((await write('merge', '/api/v1/namespaces/shop/pods/web', { spec: { containers: [{ env: [{ value: 'x' }] }] } }, 'gus')).status).toBe(200)
  world.api.forget()
  const over = await write('merge', db, { data: { password: guess } }, 'gus')
  expect([over.status, over.json['reason'], world.api.lines()]).toEqual([429, 'TooManyRequests', []])
})

test('a value in a body stands in no record, no list and no log', async () => {
  const sentinel = 'a-new-password-4711'
  await write('merge', db, { stringData: { password: sentinel } })
  await write('merge', db + dry, { stringData: { password: sentinel } })
  await write('json', cfg, [{ op: 'replace', path: '/data/password', value: sentinel }])
  await write('json', cfg, [{ op: 'test', path: '/data', value: { password: sentinel } }])
  await write('put', db, { ...secret, data: { password: base64(sentinel) } })
  await write('strategic', '/api/v1/namespaces/shop/pods/web', { spec: { containers: [{ name: 'a', env: [{ name: 'X', value: sentinel }] }] } })
  await write('post', '/api/v1/namespaces/kube-system/nothings', { kind: 'List', items: [{ ...secret, data: { password: base64(sentinel) } }] })
  expect(found(sentinel, world.kept())).toBeNull()
})
