// Attacks through what comes back: masked values in every representation an API server has, and answers of one that lies, cuts, repeats
// itself or has no end. What cannot be read does not arrive, and nobody else notices.
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { found, startAttackWorld, type AttackWorld } from './testing/attack-world.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: read, who: { groups: [engineers, privacy] }, allow: { kubernetes: [get, list, watch, connect], resources: ["*"] } }
  - { id: write, who: { groups: [engineers] }, allow: { kubernetes: [create, update, patch, delete, deletecollection], resources: ["*"] } }
masks:
  - { id: secrets, resources: [secrets], fields: [/data/*, /stringData/*], except-types: [helm.sh/release.v1], as: redact, except: { groups: [privacy] } }
  - { id: config, resources: [configmaps], fields: [/data/password], as: redact }
  - { id: lists, resources: [allowlists], fields: [/items/*/secret], as: redact }
  - { id: env, resources: [pods], fields: ["/spec/containers/*/env/*/value"], as: redact }
  - { id: keys, detect: [aws-access-key], as: redact }
`
let world: AttackWorld
beforeAll(async () => { world = await startAttackWorld({ policies: { cluster: policy } }) })
afterAll(() => world?.stop())
beforeEach(() => world.api.forget())

const sentinel = 'sentinel-7Qx91Zk4-value'
const base64 = (text: string) => Buffer.from(text).toString('base64')
const encoded = base64(sentinel)
const awsKey = 'AKIAIOSFODNN7EXAMPLE'
const [db, cfg, widget] = ['/api/v1/namespaces/shop/secrets/db', '/api/v1/namespaces/shop/configmaps/cfg', '/apis/example.com/v1/namespaces/shop/widgets/x']
const secret = { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'db', namespace: 'shop' }, type: 'Opaque', data: { password: encoded } }
const { kind: _kind, apiVersion: _version, ...bare } = secret
const config = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'cfg', namespace: 'shop' }, data: { password: sentinel } }
const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web' }, spec: { containers: [{ name: 'a', env: [{ name: 'X', value: sentinel }] }] } }
const lastApplied = (object: object) => ({ annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(object)}\n` } })

const asJson = { 'content-type': 'application/json' }
const says = (body: string | Buffer, status = 200, headers: Record<string, string> = asJson) => world.api.answer(({ response }) => { response.writeHead(status, headers); response.end(body) })

/** Of whoever asks for this path: no spelling of the value arrives, nor is kept; the status it comes with. */
async function nothingOf(value: string, path: string, how: Parameters<AttackWorld['ask']>[1] = {}): Promise<number> {
  const answer = await world.ask(path, how).catch((error: Error) => ({ status: 0, headers: {}, text: error.message }))
  const seen = Buffer.from(JSON.stringify(answer.headers) + answer.text)
  for (const form of [value, base64(value), base64(base64(value))]) expect(found(form, seen)).toBeNull()
  return answer.status
}

describe('a masked value in every representation', () => {
  const table = (rows: readonly object[], version = 'v1') => ({ kind: 'Table', apiVersion: `meta.k8s.io/${version}`, columnDefinitions: [{ name: 'Name' }], rows })
  test.each<readonly [string, string, unknown]>([
    ['an object', db, secret], ['without its kind', db, bare], ['stringData', db, { ...bare, data: {}, stringData: { a: sentinel } }], ['a member nobody knows', db, { ...secret, data: {}, more: { a: sentinel } }],
    ['a list', '/api/v1/secrets', { kind: 'SecretList', apiVersion: 'v1', items: [secret] }], ['a list of bare ones', '/api/v1/secrets', { kind: 'SecretList', apiVersion: 'v1', items: [bare] }], ['a List', '/api/v1/secrets', { kind: 'List', apiVersion: 'v1', items: [bare] }], ['an array', '/api/v1/secrets', [secret, bare]],
    ['a Table with objects', '/api/v1/secrets?includeObject=Object', table([{ cells: ['db'], object: secret }])], ['a Table of v1beta1', '/api/v1/secrets', table([{ cells: ['db'], object: bare }], 'v1beta1')], ['a Table with metadata', '/api/v1/secrets?includeObject=Metadata', table([{ cells: ['db'], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'db', ...lastApplied(secret) } } }])],
    ['a Table of custom resources, in its cells', '/apis/example.com/v1/namespaces/shop/allowlists', table([{ cells: ['x', sentinel] }])],
    ['metadata alone', db, { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'db', ...lastApplied(secret) } }], ['metadata with more', db, { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: {}, data: { a: encoded } }],
    ['last-applied', db, { ...secret, data: {}, metadata: lastApplied(secret) }], ['last-applied of a ConfigMap', cfg, { ...config, data: {}, metadata: lastApplied(config) }], ['last-applied of a pod', '/api/v1/namespaces/shop/pods/web', { ...pod, spec: {}, metadata: lastApplied(pod) }],
    ['an annotation in YAML', db, { ...secret, data: {}, metadata: { annotations: { x: `kind: Secret\ndata:\n  a: ${encoded}\n` } } }], ['JSON in JSON in an annotation', db, { ...secret, data: {}, metadata: { annotations: { x: JSON.stringify(JSON.stringify(secret)) } } }],
    ['a field by rule', cfg, config], ['in a list', '/api/v1/configmaps', { kind: 'ConfigMapList', apiVersion: 'v1', items: [config] }], ['a pod\'s environment', '/api/v1/pods', { kind: 'PodList', apiVersion: 'v1', items: [pod] }], ['a kind that is called a list', '/apis/example.com/v1/namespaces/shop/allowlists/x', { kind: 'AllowList', apiVersion: 'example.com/v1', items: [{ secret: sentinel }] }],
    ['a Secret in a custom resource', widget, { kind: 'Widget', apiVersion: 'example.com/v1', spec: { template: secret } }], ['a list of them in one', widget, { kind: 'Widget', spec: { objects: [{ kind: 'SecretList', apiVersion: 'v1', items: [bare] }] } }], ['a Secret in a string', cfg, { ...config, data: { manifest: JSON.stringify(secret) } }],
    ['a Secret where a pod is asked for', '/api/v1/namespaces/shop/pods/web', secret], ['a pod where a widget is asked for', widget, pod], ['a Secret of another group', '/apis/example.com/v1/namespaces/shop/secrets/x', { ...secret, apiVersion: 'example.com/v1' }],
    ['a Status with data', db, { kind: 'Status', apiVersion: 'v1', message: 'x', data: { a: encoded } }], ['a string', db, sentinel], ['a string of JSON', db, JSON.stringify(secret)],
  ])('%s', async (_, path, object) => {
    says(JSON.stringify(object))
    for (const accept of ['application/json', 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json', 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'application/yaml', 'application/cbor']) {
      expect(await nothingOf(sentinel, path, { headers: { accept, 'accept-encoding': 'gzip' } })).toBe(200)
    }
    expect(world.api.seen.every(({ headers }) => !/proto|yaml|cbor/.test(headers.accept ?? '') && headers['accept-encoding'] === 'identity')).toBe(true)
  })

  test.each(['?watch=true', '?watch=1', '?watch=yes', '?watch=t', '?watch=TRUE', '?watch=', '?watch', '?watch=%31', '?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan', '?watch=0&resourceVersion=0', '?limit=1&continue=abc'])('secrets%s', async (query) => {
    const isWatch = !query.includes('watch=0') && query.includes('watch')
    says(isWatch ? `${JSON.stringify({ type: 'ADDED', object: secret })}\n${JSON.stringify({ type: 'BOOKMARK', object: { ...bare, data: {} } })}\n${JSON.stringify({ type: 'DELETED', object: bare })}\n` : JSON.stringify({ kind: 'SecretList', metadata: { continue: 'abc' }, items: [secret] }))
    expect(await nothingOf(sentinel, `/api/v1/secrets${query}`)).toBe(200)
    expect(await nothingOf(sentinel, `/api/v1/namespaces/shop/secrets${query}`)).toBe(200)
  })

  test.each(['/api/v1/watch/secrets', '/api/v1/watch/namespaces/shop/secrets', '/api/v1/watch/namespaces/shop/secrets/db', '/api/v1/watch/namespaces/shop/secrets?watch=false'])('the old prefix %s', async (path) => {
    says(`${JSON.stringify({ type: 'ADDED', object: secret })}\n${JSON.stringify({ type: 'ADDED', object: { kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [{ cells: ['db'], object: bare }] } })}\n${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', message: `Invalid value: "${sentinel}"` } })}\n`)
    expect(await nothingOf(sentinel, path)).toBe(200)
  })

  const cases: readonly (readonly [what: string, method: string, path: string, type?: string])[] = [
    ['create', 'POST', '/api/v1/namespaces/shop/secrets'], ['a dry create', 'POST', '/api/v1/namespaces/shop/secrets?dryRun=All'], ['update', 'PUT', db], ['merge patch', 'PATCH', db, 'application/merge-patch+json'], ['strategic patch', 'PATCH', db, 'application/strategic-merge-patch+json'],
    ['apply', 'PATCH', `${db}?fieldManager=x`, 'application/apply-patch+yaml'], ['a dry apply of something else', 'PATCH', `${db}?fieldManager=x&dryRun=All`, 'application/apply-patch+yaml'], ['delete', 'DELETE', db], ['a dry delete', 'DELETE', `${db}?dryRun=All`], ['deletecollection', 'DELETE', '/api/v1/namespaces/shop/secrets'], ['a subresource', 'PUT', `${db}/status`],
  ]
  for (const [what, method, path, type] of cases) test(`the answer to ${what}`, async () => {
    says(JSON.stringify(path.endsWith('/secrets') && method === 'DELETE' ? { kind: 'SecretList', items: [bare] } : secret), 201)
    expect(await nothingOf(sentinel, path, { method, ...(method !== 'DELETE' && { body: { metadata: { labels: { a: 'b' } } } }), ...(type !== undefined && { type }) })).toBe(201)
  })

  test('HEAD shows no size, ETag or cookie of what is masked', async () => {
    says('', 200, { ...asJson, 'content-length': '4711', etag: '"e1"', 'last-modified': 'Sat, 01 Jan 2022 00:00:00 GMT', 'set-cookie': 'a=b', 'x-gatehouse': 'x', 'gatehouse-approval': 'ap_1', server: 'x', link: '</x>' })
    const { headers } = await world.ask(db, { method: 'HEAD' })
    expect(Object.keys(headers).filter((name) => !['date', 'connection', 'keep-alive', 'transfer-encoding', 'gatehouse-session'].includes(name))).toEqual([])
  })
})

describe('messages that quote', () => {
  const status = (message: string, more: object = {}) => JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'Invalid', code: 422, ...more })
  const cause = (message: string, field = 'data[password]') => ({ details: { name: 'db', kind: 'secrets', causes: [{ reason: 'FieldValueInvalid', message, field }] } })
  test.each<readonly [string, string]>([
    ['a value in quotes', status(`Secret "db" is invalid: data[password]: Invalid value: "${sentinel}": bad`)], ['in base64', status(`Invalid value: "${encoded}"`)], ['in single quotes', status(`value '${sentinel}' is bad`)], ['a quote that is not closed', status(`Invalid value: "${sentinel}`)], ['an escaped quote', status(`Invalid value: "a\\"${sentinel}"`)],
    ['a map of Go', status(`Invalid value: map[password:${sentinel}]`)], ['bytes of Go', status(`Invalid value: []byte{${[...Buffer.from(sentinel)].join(', ')}} ${sentinel}`)], ['what cannot be decoded', status(`json: cannot unmarshal ${sentinel} into Go struct`)], ['a patch', status(`doesn't match order in patch list:\nmap[a:${sentinel}]`)],
    ['a cause', status('x', cause(`Invalid value: "${sentinel}"`))], ['a webhook', status(`admission webhook "v.example.com" denied the request: the password is ${sentinel}`)], ['a policy of the cluster', status(`ValidatingAdmissionPolicy 'a' with binding 'b' denied request: ${sentinel}`)],
    ['the reason of a webhook', status('admission webhook "v" denied the request: x', { reason: `weak: ${sentinel}` })], ['the causes of a webhook', status('admission webhook "v" denied the request: x', cause(`${sentinel} is weak`))], ['the fields of a webhook', status('admission webhook "v" denied the request: x', cause('x', sentinel))], ['the name a webhook gives', status('admission webhook "v" denied the request: x', { details: { name: sentinel, uid: sentinel } })],
    ['an error that is no Status', JSON.stringify({ error: sentinel })], ['a string', JSON.stringify(sentinel)],
  ])('%s', async (_, body) => {
    says(body, 422)
    expect(await nothingOf(sentinel, db, { method: 'PUT', body: { metadata: { labels: { a: 'b' } } } })).toBe(422)
    expect(await nothingOf(sentinel, '/api/v1/namespaces/shop/secrets', { method: 'POST', body: { metadata: { name: 'db' } } })).toBe(422)
  })

  test('what a Status says that is nobody\'s value stays', async () => {
    says(status('Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.password', { reason: 'Conflict', ...cause('conflict with "kubectl" using v1', '.data.password') }), 409)
    const { json } = await world.ask(db, { method: 'PATCH', type: 'application/apply-patch+yaml', body: {} })
    expect(json).toMatchObject({ code: 422, reason: 'Conflict', message: 'Apply failed with 1 conflict: conflict with "[masked]" using v1: .data.password', details: { name: 'db', causes: [{ field: '.data.password' }] } })
  })

  test.each([['text/plain', 500], ['text/plain', 404], ['text/plain', 400], ['text/html', 502]])('errors in words (%s, %i) about something masked do not arrive', async (type, code) => {
    says(`cannot decode "${sentinel}": ${encoded} ${sentinel}`, code, { 'content-type': type })
    expect([406, 503]).toContain(await nothingOf(sentinel, db))
    expect([406, 503]).toContain(await nothingOf(sentinel, '/api/v1/secrets?watch=1'))
  })

  test('warnings are cleaned, one that holds a line break is dropped', async () => {
    says(JSON.stringify({ kind: 'Secret' }), 200, { ...asJson, warning: `299 - "Invalid value: \\"${sentinel}\\"", 299 - "denied the request: ${sentinel}"` })
    expect(await nothingOf(sentinel, db)).toBe(200)
    says('{}', 200, { ...asJson, warning: `299 - "the key is ${awsKey}"` })
    expect(await nothingOf(awsKey, '/api/v1/namespaces/shop/pods/web')).toBe(200)
  })

  test('events, logs, proxied answers and errors pass the detectors', async () => {
    says(JSON.stringify({ kind: 'EventList', items: [{ kind: 'Event', message: `Error: ${awsKey}`, reason: awsKey, note: base64(`key ${awsKey} `) }] }))
    expect(await nothingOf(awsKey, '/api/v1/events')).toBe(200)
    says(`a \u001b[31m${awsKey.slice(0, 9)}\u001b[0m${awsKey.slice(9)}\n`, 200, { 'content-type': 'text/plain' })
    expect((await world.ask('/api/v1/namespaces/shop/pods/web/log')).text.replaceAll('\u001b[31m', '').replaceAll('\u001b[0m', '')).not.toContain(awsKey)
    says(`<b>${awsKey}</b>`, 200, { 'content-type': 'text/html' })
    expect(await nothingOf(awsKey, '/api/v1/namespaces/shop/services/web/proxy/x')).toBe(200)
    says(`no ${awsKey}`, 404, { 'content-type': 'text/plain' })
    expect(await nothingOf(awsKey, '/api/v1/namespaces/shop/services/web')).toBe(404)
  })
})

describe('an API server that lies', () => {
  const text = JSON.stringify(secret)
  const utf16 = Buffer.from(text, 'utf16le')
  test.each<readonly [string, string | Buffer, Record<string, string>]>([
    ['half a document', text.slice(0, -3), asJson], ['two documents', text + text, asJson], ['text behind', `{}${encoded}`, asJson], ['NUL', text.replace('{', '{\0'), asJson], ['a byte order mark', `\ufeff${text}`, asJson], ['UTF-16', utf16, asJson], ['UTF-16 by name', utf16, { 'content-type': 'application/json; charset=utf-16' }],
    ['YAML', `kind: Secret\ndata:\n  a: ${encoded}`, asJson], ['YAML by name', `kind: Secret\ndata:\n  a: ${encoded}`, { 'content-type': 'application/yaml' }], ['bytes that are not UTF-8', Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xc0, 0x80]), Buffer.from('}}')]), asJson], ['no content type', text, {}], ['octets', text, { 'content-type': 'application/octet-stream' }], ['text', text, { 'content-type': 'text/plain' }], ['HTML', text, { 'content-type': 'text/html' }],
    ['protobuf', `k8s\0${encoded}`, { 'content-type': 'application/vnd.kubernetes.protobuf' }], ['protobuf by another name', `k8s\0${encoded}`, asJson], ['CBOR', Buffer.concat([Buffer.from('d9d9f7', 'hex'), Buffer.from(encoded)]), { 'content-type': 'application/cbor' }], ['a watch where none was asked for', `${text}\n`, { 'content-type': 'application/json;stream=watch' }],
    ['gzip', gzipSync(text), { ...asJson, 'content-encoding': 'gzip' }], ['gzip unsaid', gzipSync(text), asJson], ['an encoding nobody knows', text, { ...asJson, 'content-encoding': 'x' }], ['deep nesting', `${'{"a":'.repeat(10_000)}"${encoded}"${'}'.repeat(10_000)}`, asJson], ['deep arrays', `${'['.repeat(100_000)}"${encoded}"${']'.repeat(100_000)}`, asJson],
    ['a redirect', text, { location: 'https://elsewhere.example/' }],
  ])('%s', async (name, body, headers) => {
    says(body, name === 'a redirect' ? 307 : 200, headers)
    for (const path of [db, cfg, '/api/v1/namespaces/shop/services/web']) {
      const answer = await world.ask(path)
      expect([[406, 503].includes(answer.status) || path.includes('services'), answer.headers['location']]).toEqual([true, undefined])
      expect(found(encoded, Buffer.from(answer.text))).toBeNull()
    }
  })

  test.each<readonly [string, string]>([
    ['a member twice', `{"kind":"Secret","apiVersion":"v1","data":{"a":"x"},"data":{"a":"${encoded}"}}`], ['a kind twice', `{"kind":"Pod","kind":"Secret","apiVersion":"v1","data":{"a":"${encoded}"}}`], ['a type twice', `{"kind":"Secret","type":"helm.sh/release.v1","type":"Opaque","data":{"a":"${encoded}"}}`],
    ['names in escapes', `{"k\\u0069nd":"\\u0053ecret","apiVersion":"v1","d\\u0061ta":{"a":"${encoded}"}}`], ['spaces', ` \n\t{ "kind" :\r\n"Secret" , "data" : { "a" : "${encoded}" } }\n\n`], ['__proto__', `{"kind":"Secret","data":{"__proto__":"${encoded}","constructor":{"x":"${encoded}"}}}`],
  ])('%s, at its own path and at another', async (_, body) => {
    says(body)
    expect(await nothingOf(sentinel, db)).toBe(200)
    expect(await nothingOf(sentinel, cfg)).toBe(200)
  })

  test('of a Secret that says twice what it is, its exemption does not hold; of a metadata-only view neither', async () => {
    says(JSON.stringify({ ...secret, type: 'helm.sh/release.v1' }))
    expect((await world.ask(db)).text).toContain(encoded)
    says(JSON.stringify({ ...bare, type: undefined }))
    expect(await nothingOf(sentinel, db)).toBe(200)
  })

  test.each<readonly [string, (response: ServerResponse) => void]>([
    ['two content types', (response) => { response.socket!.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\n\r\n${text}`) }],
    ['an upgrade nobody asked for', (response) => { response.socket!.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n${text}`) }],
    ['a second answer behind the first', (response) => { response.socket!.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`) }],
    ['length and chunks', (response) => { response.socket!.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`) }],
    ['headers without end', (response) => { for (let i = 0; i < 40; i++) response.socket!.write(`${i === 0 ? 'HTTP/1.1 200 OK\r\n' : ''}x-${i}: ${'x'.repeat(1_000)}\r\n`) }],
    ['no HTTP at all', (response) => { response.socket!.write(`${text}\r\n\r\n`) }], ['nothing', (response) => { response.socket!.destroy() }],
    ['a cut in the middle', (response) => { response.writeHead(200, asJson); response.write(text.slice(0, 90)); setTimeout(() => response.socket!.destroy(), 30) }],
    ['information first', (response) => { response.socket!.write(`HTTP/1.1 103 Early Hints\r\nlink: ${sentinel}\r\n\r\n`); response.writeHead(200, asJson).end('{}') }],
  ])('%s', async (_, how) => {
    world.api.answer(({ response }) => how(response))
    await nothingOf(sentinel, db)
    says('{"kind":"ServiceList","items":[]}')
    // Whatever was left on that connection is nobody's answer.
    for (let i = 0; i < 3; i++) expect((await world.ask('/api/v1/services')).text).toBe('{"kind":"ServiceList","items":[]}')
  })

  test.each([
    ['two events a line', `${JSON.stringify({ type: 'ADDED', object: secret })}${JSON.stringify({ type: 'ADDED', object: secret })}\n`], ['no JSON', `${sentinel}\n`], ['half an event at the end', `\n\n${JSON.stringify({ type: 'ADDED', object: secret })}`], ['an event on two lines', JSON.stringify({ type: 'ADDED', object: secret }, null, 1)], ['an event in a string', `${JSON.stringify(JSON.stringify({ type: 'ADDED', object: secret }))}\n`],
  ])('a watch of %s', async (_, body) => {
    says(body)
    await nothingOf(sentinel, '/api/v1/secrets?watch=1')
  })

  test('an answer, or an event, without end is cut, with a word about it, while others go on', async () => {
    const pieces = Buffer.alloc(1024 * 1024, 'x')
    world.api.answer(({ response, url }) => {
      if (url.includes('services')) return void response.writeHead(200, asJson).end('{}')
      response.writeHead(200, asJson)
      response.write('{"a":"')
      const more = () => { while (!response.destroyed && response.write(pieces)); }
      response.on('drain', more)
      more()
    })
    const [endless, event, ...others] = await Promise.all([
      world.ask(cfg), world.ask('/api/v1/configmaps?watch=1').catch((error: Error) => ({ status: 0, text: error.message, json: {} })),
      ...Array.from({ length: 10 }, (_, i) => sleep(i * 30).then(async () => { const began = Date.now(); await world.ask('/api/v1/services'); return Date.now() - began })),
    ])
    expect(endless.json).toMatchObject({ kind: 'Status', reason: 'TooManyRequests', message: expect.stringContaining('kubernetesAnswerBytesMax') as string })
    expect(event.text).not.toContain('xxx')
    expect(Math.max(...others)).toBeLessThan(3_000)
  })

  test('bytes one by one are masked as all at once', async () => {
    const line = `${JSON.stringify({ type: 'ADDED', object: secret })}\n`
    world.api.answer(({ response, url }) => {
      response.writeHead(200, asJson)
      void (async () => {
        for (const byte of url.includes('watch') ? line : text) { response.write(byte); if (Math.random() < 0.1) await sleep(1) }
        response.end()
      })()
    })
    expect(await nothingOf(sentinel, db)).toBe(200)
    expect(await nothingOf(sentinel, '/api/v1/secrets?watch=1')).toBe(200)
  })
})

test('of all of that the gateway keeps nothing', () => {
  const kept = world.kept()
  for (const value of [sentinel, encoded, awsKey]) expect(found(value, kept)).toBeNull()
})
