// The cluster's API by plain HTTPS: what kubectl does not show of it, and what the gateway's own tests rely on.
import { gunzipSync } from 'node:zlib'
import { parse } from 'yaml'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Json } from './objects.ts'
import { configMapNamed, podNamed, startTestCluster, type TestCluster } from './testing/api.ts'

let api: TestCluster
beforeAll(async () => { api = await startTestCluster() })
afterAll(() => api.stop())

const maps = '/api/v1/namespaces/shop/configmaps'
const post = (path: string, body: Json, headers = {}) => api.ask(path, { method: 'POST', body, headers })
const patch = (path: string, body: Json, type: string) => api.ask(path, { method: 'PATCH', body, type })
const namesOf = (list: Json | undefined) => Array.isArray(list) ? list.map((item) => (item as { metadata: { name: string } }).metadata.name) : []

test('no token and a wrong one are 401, and are logged without a user', async () => {
  api.cluster.forgetRequests()
  expect((await api.ask('/api', { token: 'wrong' })).code).toBe(401)
  expect((await api.ask('/api/v1/namespaces/shop/pods', { headers: { authorization: '' } })).at('reason')).toBe('Unauthorized')
  expect(api.cluster.requests().map(({ user, target }) => [user, target])).toEqual([[null, '/api'], [null, '/api/v1/namespaces/shop/pods']])
})

test('what reached it is logged with whom it impersonates, and never the token', async () => {
  api.cluster.forgetRequests()
  const reply = await post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { 'impersonate-user': 'eli', 'impersonate-group': 'engineers', 'impersonate-extra-ci%2frun': '42' })
  expect(reply.at('status', 'userInfo')).toMatchObject({ username: 'eli', groups: ['engineers', 'system:authenticated'], extra: { 'ci/run': ['42'] } })
  expect(api.cluster.requests()).toMatchObject([{ method: 'POST', user: 'eli', protocol: 'HTTP/1.1', impersonation: { 'impersonate-user': 'eli' } }])
  expect(JSON.stringify(api.cluster.requests())).not.toContain(api.cluster.token)
})

test('speaks HTTP/2 to who asks for it', async () => {
  const { status, body } = await api.overHttp2('/version')
  expect([status, JSON.parse(body)]).toMatchObject([200, { major: '1' }])
})

test('packs what is large when asked, answers YAML when asked, and protobuf never', async () => {
  const packed = await api.ask('/api/v1/pods', { headers: { 'accept-encoding': 'gzip' } })
  expect(packed.headers['content-encoding']).toBe('gzip')
  expect(JSON.parse(gunzipSync(packed.bytes).toString())).toMatchObject({ kind: 'PodList' })
  expect((await api.ask('/api/v1/pods')).headers['content-encoding']).toBeUndefined()
  expect(parse((await api.ask(`${maps}/shop-config`, { headers: { accept: 'application/yaml' } })).text)).toMatchObject({ kind: 'ConfigMap' })
  expect((await api.ask('/api/v1/pods', { headers: { accept: 'application/vnd.kubernetes.protobuf' } })).code).toBe(406)
})

test('lists come in pages, and every page once', async () => {
  const seen: string[] = []
  let next = ''
  do {
    const page = await api.ask(`/api/v1/namespaces/shop/pods?limit=4${next && `&continue=${next}`}`)
    expect(namesOf(page.at('items')).length).toBeLessThanOrEqual(4)
    seen.push(...namesOf(page.at('items')))
    next = String(page.at('metadata', 'continue') ?? '')
  } while (next)
  expect(seen).toEqual([...new Set(seen)])
  expect(seen.length).toBeGreaterThan(8)
  expect((await api.ask('/api/v1/pods?limit=4&continue=nonsense')).code).toBe(400)
})

test('a table has columns and cells, and as much of the object as is asked for', async () => {
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  const some = await api.ask('/api/v1/namespaces/shop/secrets', { headers: { accept: table } })
  expect(some.at('kind')).toBe('Table')
  expect(some.at('rows', 0, 'object', 'kind')).toBe('PartialObjectMetadata')
  const whole = await api.ask('/api/v1/namespaces/shop/secrets?includeObject=Object', { headers: { accept: table } })
  expect(whole.at('rows', 0, 'object')).toMatchObject({ kind: 'Secret', data: {} })
  expect((await api.ask('/api/v1/namespaces/shop/secrets?includeObject=None', { headers: { accept: table } })).at('rows', 0, 'object')).toBeUndefined()
})

test('metadata alone, of one and of many', async () => {
  const accept = (kind: string) => ({ headers: { accept: `application/json;as=${kind};v=v1;g=meta.k8s.io` } })
  const list = await api.ask('/api/v1/namespaces/shop/secrets', accept('PartialObjectMetadataList'))
  expect([list.at('kind'), list.at('items', 0, 'kind'), list.at('items', 0, 'data')]).toEqual(['PartialObjectMetadataList', 'PartialObjectMetadata', undefined])
  const one = await api.ask('/api/v1/namespaces/shop/secrets/shop-database', accept('PartialObjectMetadata'))
  expect([one.at('kind'), one.at('metadata', 'name'), one.at('data')]).toEqual(['PartialObjectMetadata', 'shop-database', undefined])
})

test('an upgrade that is none of the streams, or of a pod that is not there, is refused and its connection ends', async () => {
  const upgrade = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' }
  for (const [path, code] of [['/api/v1/namespaces/shop/pods/nosuch/exec?command=sh&stdout=true', 404], ['/api/v1/namespaces/shop/secrets', 404], ['/api/v1/namespaces/shop/pods/postgres-0/exec?stdout=true', 400]] as const) {
    const reply = await api.ask(path, { method: 'POST', headers: upgrade })
    expect([reply.code, reply.headers['connection']]).toEqual([code, 'close'])
  }
  expect((await api.ask('/api/v1/namespaces/shop/pods/postgres-0/exec?command=sh&stdout=true', { method: 'POST' })).at('message')).toBe('Upgrade request required')
})

test('creating twice, under another name, in no namespace and out of shape is told as Kubernetes tells it', async () => {
  expect((await post(maps, configMapNamed('twice'))).code).toBe(201)
  expect(await post(maps, configMapNamed('twice'))).toMatchObject({ code: 409, body: { reason: 'AlreadyExists', message: 'configmaps "twice" already exists' } })
  expect((await post('/api/v1/namespaces/nowhere/configmaps', configMapNamed('x'))).at('message')).toBe('namespaces "nowhere" not found')
  const invalid = await post('/api/v1/namespaces/shop/pods', { metadata: { name: 'Bad_Name' }, spec: { containers: [{ name: 'c' }] } })
  expect(invalid).toMatchObject({ code: 422, body: { reason: 'Invalid' } })
  expect(invalid.at('details', 'causes')).toMatchObject([{ field: 'metadata.name' }, { reason: 'FieldValueRequired', field: 'spec.containers[0].image' }])
  expect((await post(maps, { metadata: { generateName: 'made-' } })).at('metadata', 'name')).toMatch(/^made-[a-z0-9]{5}$/)
  expect((await post(maps, podNamed('x'))).code).toBe(400)
})

test('an update of an older version is a conflict, and a dry run changes nothing', async () => {
  const made = await post(maps, configMapNamed('versions', { a: '1' }))
  const first = made.body as { metadata: object }
  expect((await api.ask(`${maps}/versions`, { method: 'PUT', body: { ...first, data: { a: '2' } } as Json })).code).toBe(200)
  expect(await api.ask(`${maps}/versions`, { method: 'PUT', body: { ...first, data: { a: '3' } } as Json })).toMatchObject({ code: 409, body: { reason: 'Conflict' } })
  const before = (await api.ask(`${maps}/versions`)).text
  for (const dry of [
    await patch(`${maps}/versions?dryRun=All`, { data: { a: '9' } }, 'application/merge-patch+json'),
    await api.ask(`${maps}/versions?dryRun=All`, { method: 'DELETE' }), await post(`${maps}?dryRun=All`, configMapNamed('only-dry')),
    await api.ask(`${maps}?dryRun=All`, { method: 'DELETE' }), await api.ask(`${maps}/versions`, { method: 'DELETE', body: { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] } }),
  ]) expect(dry.code).toBeLessThan(300)
  expect((await api.ask(`${maps}/versions`)).text).toBe(before)
  expect((await api.ask(`${maps}/only-dry`)).code).toBe(404)
  expect((await api.ask(`${maps}/versions?dryRun=Some`, { method: 'DELETE' })).code).toBe(422)
})

test('every kind of patch by its content type, and no other', async () => {
  await post(maps, configMapNamed('patched', { a: '1', b: '2' }))
  const at = `${maps}/patched`
  expect((await patch(at, [{ op: 'test', path: '/data/a', value: '1' }, { op: 'replace', path: '/data/a', value: '2' }], 'application/json-patch+json')).at('data', 'a')).toBe('2')
  expect((await patch(at, [{ op: 'test', path: '/data/a', value: '1' }], 'application/json-patch+json')).code).toBe(422)
  expect((await patch(at, { data: { b: null } }, 'application/merge-patch+json')).at('data')).toEqual({ a: '2' })
  expect((await patch(at, { data: { c: '3' } }, 'application/strategic-merge-patch+json')).at('data')).toEqual({ a: '2', c: '3' })
  expect((await patch(at, {}, 'application/json')).code).toBe(415)
  expect((await patch('/apis/shop.example.com/v1/namespaces/shop/promotions/winter-sale', {}, 'application/strategic-merge-patch+json')).code).toBe(415)
  const applied = { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'mine' } }
  expect(await patch(`${at}?fieldManager=one`, applied, 'application/apply-patch+yaml')).toMatchObject({ code: 409, body: { details: { causes: [{ reason: 'FieldManagerConflict', field: '.data.a' }] } } })
  expect((await patch(`${at}?fieldManager=one&force=true`, applied, 'application/apply-patch+yaml')).at('data', 'a')).toBe('mine')
  expect((await patch(at, applied, 'application/apply-patch+yaml')).code).toBe(422)
})

test('a field that the kind has not is refused, told of or dropped', async () => {
  const body = { ...podNamed('fields') as object, spec: { containers: [{ name: 'main', image: 'x', imagee: 'y' }] } } as Json
  const strict = await post('/api/v1/namespaces/shop/pods?fieldValidation=Strict&dryRun=All', body)
  expect([strict.code, strict.at('message')]).toEqual([400, 'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagee"'])
  const warned = await post('/api/v1/namespaces/shop/pods?dryRun=All', body)
  expect(warned.headers['warning']).toBe('299 - "unknown field \\"spec.containers[0].imagee\\""')
  expect(warned.at('spec', 'containers', 0, 'imagee')).toBeUndefined()
})

test('a watch begins with what is there or after a revision, follows selectors, and says when it is too late', async () => {
  const revision = String((await api.ask(maps)).at('metadata', 'resourceVersion'))
  const watching = await api.follow(`${maps}?watch=true&resourceVersion=${revision}&labelSelector=color=red&allowWatchBookmarks=true&timeoutSeconds=2`)
  await post(maps, { ...configMapNamed('w') as object, metadata: { name: 'w', labels: { color: 'red' } } } as Json)
  await post(maps, configMapNamed('unseen'))
  await patch(`${maps}/w`, { data: { a: '1' } }, 'application/merge-patch+json')
  await patch(`${maps}/w`, { metadata: { labels: { color: 'blue' } } }, 'application/merge-patch+json')
  await watching.ended
  expect(watching.events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'])

  const initial = await api.follow(`${maps}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1`)
  await initial.ended
  const types = initial.events.map(({ type }) => type)
  expect(types.indexOf('BOOKMARK')).toBe(types.filter((type) => type === 'ADDED').length)
  expect(JSON.stringify(initial.events[types.indexOf('BOOKMARK')])).toContain('"k8s.io/initial-events-end":"true"')

  api.cluster.world.store.compact()
  const late = await api.follow(`${maps}?watch=true&resourceVersion=${revision}&timeoutSeconds=5`)
  await late.ended
  expect(late.events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }])
})

test('watches by /watch/ and as tables, one row an event', async () => {
  const watching = await api.follow('/api/v1/watch/namespaces/shop/secrets?timeoutSeconds=1', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  await watching.ended
  const [first, second] = watching.events.map(({ object }) => object as { rows: Json[]; columnDefinitions: Json[] })
  expect([first!.rows.length, first!.columnDefinitions.length > 0, second!.rows.length, second!.columnDefinitions.length]).toEqual([1, true, 1, 0])
})

test('deletes by precondition, keeps the dependents of an orphaned owner, and takes a namespace with all in it', async () => {
  await post(maps, configMapNamed('guarded'))
  expect((await api.ask(`${maps}/guarded`, { method: 'DELETE', body: { preconditions: { uid: 'other' } } })).code).toBe(409)
  expect((await api.ask(`${maps}/guarded`, { method: 'DELETE' })).at('status')).toBe('Success')

  await post('/api/v1/namespaces', { metadata: { name: 'brief' } })
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'x', image: 'x' }] } }
  await post('/apis/apps/v1/namespaces/brief/deployments', { metadata: { name: 'x' }, spec: { selector: { matchLabels: { app: 'x' } }, template } })
  await expect.poll(async () => namesOf((await api.ask('/apis/apps/v1/namespaces/brief/replicasets')).at('items')).length, { timeout: 5000 }).toBe(1)
  await api.ask('/apis/apps/v1/namespaces/brief/deployments/x', { method: 'DELETE', body: { propagationPolicy: 'Orphan' } })
  expect((await api.ask('/apis/apps/v1/namespaces/brief/replicasets')).at('items', 0, 'metadata', 'ownerReferences')).toEqual([])
  expect((await api.ask('/api/v1/namespaces/brief', { method: 'DELETE' })).at('status', 'phase')).toBe('Terminating')
  expect((await post('/api/v1/namespaces/brief/configmaps', configMapNamed('late'))).code).toBe(403)
  await expect.poll(async () => (await api.ask('/api/v1/namespaces/brief')).code, { timeout: 10_000 }).toBe(404)
  expect((await api.ask('/api/v1/namespaces/kube-system', { method: 'DELETE' })).code).toBe(403)
})

test('deletecollection takes what the selector chooses and nothing else', async () => {
  for (const name of ['red-1', 'red-2', 'green']) await post(maps, { ...configMapNamed(name) as object, metadata: { name, labels: { color: name.split('-')[0]! } } } as Json)
  expect(namesOf((await api.ask(`${maps}?labelSelector=color=red`, { method: 'DELETE' })).at('items'))).toEqual(['red-1', 'red-2'])
  expect((await api.ask(`${maps}/green`)).code).toBe(200)
})

test('a pod is made anew when it is deleted, and goes after a moment', async () => {
  const before = namesOf((await api.ask('/api/v1/namespaces/shop/pods?labelSelector=app=cache')).at('items'))
  expect((await api.ask(`/api/v1/namespaces/shop/pods/${before[0]}`, { method: 'DELETE' })).at('metadata', 'deletionTimestamp')).toBeDefined()
  await expect.poll(async () => {
    const list = await api.ask('/api/v1/namespaces/shop/pods?labelSelector=app=cache')
    return [namesOf(list.at('items')).length, namesOf(list.at('items'))[0] !== before[0], list.at('items', 0, 'status', 'phase')]
  }, { timeout: 10_000 }).toEqual([1, true, 'Running'])
})

test('a template that cannot start leaves the old pods running', async () => {
  const at = '/apis/apps/v1/namespaces/shop/deployments/web'
  await patch(at, { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:broken' }] } } } }, 'application/strategic-merge-patch+json')
  await expect.poll(async () => (await api.ask('/api/v1/namespaces/shop/pods?labelSelector=app=web')).text, { timeout: 10_000 }).toContain('ImagePullBackOff')
  expect(Number((await api.ask(at)).at('status', 'availableReplicas'))).toBeGreaterThanOrEqual(3)
})

test('logs: the tail, times, one container of several, and what is written from now on', async () => {
  const [worker] = namesOf((await api.ask('/api/v1/namespaces/shop/pods?labelSelector=app=worker')).at('items'))
  const path = `/api/v1/namespaces/shop/pods/${worker}/log`
  expect((await api.ask(`${path}?tailLines=2&timestamps=true`)).text).toMatch(/^(\d{4}-\S+Z .+\n){2}$/)
  const whole = (await api.ask(path)).text
  expect(whole).toMatch(/\bAKIA[A-Z0-9]{16}\b/)
  expect(whole).toContain('lena.fischer@example.com')
  const following = await api.follow(`${path}?follow=true&tailLines=0`)
  await expect.poll(() => following.lines.length, { timeout: 5000 }).toBeGreaterThanOrEqual(2)
  following.close()
  const [twin] = namesOf((await api.ask('/api/v1/namespaces/shop/pods?labelSelector=app=api')).at('items'))
  expect((await api.ask(`/api/v1/namespaces/shop/pods/${twin}/log`)).at('message')).toContain('a container name must be specified')
  expect((await api.ask(`/api/v1/namespaces/shop/pods/${twin}/log?container=api&tailLines=1`)).code).toBe(200)
})

test('events are the same in both groups, with other names of fields', async () => {
  const core = await api.ask('/api/v1/namespaces/shop/events?fieldSelector=involvedObject.name=web&limit=1')
  const name = namesOf(core.at('items'))[0]
  const other = await api.ask(`/apis/events.k8s.io/v1/namespaces/shop/events/${name}`)
  expect([other.at('note'), other.at('regarding', 'name')]).toEqual([core.at('items', 0, 'message'), 'web'])
})

test('OpenAPI knows what merges, in both versions', async () => {
  const v3 = await api.ask('/openapi/v3/apis/apps/v1')
  expect(v3.at('components', 'schemas', 'io.k8s.api.core.v1.PodSpec', 'properties', 'containers')).toMatchObject({ 'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-list-type': 'map' })
  const v2 = await api.ask('/openapi/v2')
  expect(v2.at('definitions', 'io.k8s.api.core.v1.ServiceSpec', 'properties', 'ports', 'x-kubernetes-patch-merge-key')).toBe('port')
  expect((await api.ask('/openapi/v2', { headers: { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' } })).bytes.subarray(0, 5).toString('latin1')).toBe('\n\x032.0')
  // Every reference leads somewhere.
  const names = new Set(Object.keys(v2.at('definitions') as object))
  expect([...v2.text.matchAll(/#\/definitions\/([^"]+)/g)].filter(([, name]) => !names.has(name!))).toEqual([])
})

test('a body that is too large is refused', async () => {
  expect((await post(maps, configMapNamed('big', { a: 'x'.repeat(4 * 1024 * 1024) }))).code).toBe(413)
})
