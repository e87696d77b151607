// Attacks by HTTP itself: requests that two readers read in two ways, names that are not one's own, paths that lead elsewhere. Raw sockets
// against the real listener; the API server behind counts what reached it.
import { connect as connectHttp2 } from 'node:http2'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { found, startAttackWorld, type AttackWorld } from './testing/attack-world.ts'
import { json } from './testing/fake-api.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: read, who: { groups: [engineers] }, allow: { kubernetes: [get, list, watch], resources: ["*"] } }
  - { id: write, who: { groups: [engineers] }, allow: { kubernetes: [create, update, patch], resources: [configmaps, widgets] } }
  - { id: system, who: everyone, deny: { kubernetes: "*", resources: ["*"], namespaces: [kube-system] } }
  - { id: no-secrets, who: everyone, deny: { kubernetes: "*", resources: [secrets] } }
`
let world: AttackWorld
beforeAll(async () => { world = await startAttackWorld({ policies: { cluster: policy }, connection: ', impersonate: { user: id }' }) })
afterAll(() => world?.stop())
beforeEach(() => {
  world.api.forget()
  world.api.answer(({ response }) => json(response, 200, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'cfg' }, data: { marker: 'it-was-read' } }))
})

const head = 'Host: x\r\nAuthorization: Bearer {token}\r\n'
const path = '/k8s/cluster/api/v1/namespaces/shop/configmaps/cfg'
const many = '/k8s/cluster/api/v1/namespaces/shop/configmaps'
const secrets = '/k8s/cluster/api/v1/namespaces/shop/secrets'
const post = `POST ${many} HTTP/1.1\r\n${head}Content-Type: application/json\r\n`
const smuggled = `GET ${secrets} HTTP/1.1\r\n${head}\r\n`

describe('requests that can be read in two ways reach nobody', () => {
  test.each<readonly [string, string]>([
    ['CL.TE', `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`], ['TE.CL', `${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${smuggled}\r\n0\r\n\r\n`],
    ['TE.TE', `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`], ['a coding nobody knows', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`], ['chunked not last', `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`], ['a tab in the coding', `${post}Transfer-Encoding:\tchunked\x0b\r\n\r\n0\r\n\r\n`], ['Content-Length twice', `${post}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`], ['Content-Length as a list', `${post}Content-Length: 2, 2\r\n\r\n{}`],
    ['two Content-Lengths', `${post}Content-Length: 2\r\nContent-Length: 80\r\n\r\n{}${smuggled}`], ['a Content-Length with a sign', `${post}Content-Length: +2\r\n\r\n{}`], ['in hexadecimal', `${post}Content-Length: 0x2\r\n\r\n{}`], ['a negative one', `${post}Content-Length: -2\r\n\r\n{}`],
    ['folded headers', `${post}X-A: b\r\n Content-Length: 2\r\n\r\n{}`], ['bare line feeds', `GET ${path} HTTP/1.1\n${head.replaceAll('\r', '')}\n`], ['a bare carriage return', `GET ${path} HTTP/1.1\r\n${head}X-A: b\rTransfer-Encoding: chunked\r\n\r\n`], ['NUL in a header', `GET ${path} HTTP/1.1\r\n${head}X-A: b\0c\r\n\r\n`],
    ['a line feed in a chunk extension', `${post}Transfer-Encoding: chunked\r\n\r\n2;a="\n"\r\n{}\r\n0\r\n\r\n`], ['a chunk size beyond all', `${post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff2\r\n{}\r\n0\r\n\r\n`], ['a chunk that is longer than it says', `${post}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`],
    ['GET with a body', `GET ${path} HTTP/1.1\r\n${head}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`], ['HEAD with one', `HEAD ${path} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`], ['a compressed body', `${post}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}`],
    ['two Hosts', `GET ${path} HTTP/1.1\r\n${head}Host: y\r\n\r\n`], ['no Host', `GET ${path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n`], ['two tokens', `GET ${path} HTTP/1.1\r\n${head}Authorization: Bearer x\r\n\r\n`], ['two content types', `${post}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`],
    ['HTTP/2 by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'], ['an upgrade to h2c', `GET ${path} HTTP/1.1\r\n${head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`], ['HTTP/0.9', `GET ${path}\r\n\r\n`], ['HTTP/3.0', `GET ${path} HTTP/3.0\r\n${head}\r\n`],
    ['CONNECT to a host', `CONNECT 127.0.0.1:443 HTTP/1.1\r\n${head}\r\n`], ['CONNECT to a path', `CONNECT ${path} HTTP/1.1\r\n${head}\r\n`], ['an absolute target', `GET https://x${path} HTTP/1.1\r\n${head}\r\n`], ['an absolute target of another host', `GET http://10.0.0.1${path} HTTP/1.1\r\n${head}\r\n`], ['an asterisk', `GET * HTTP/1.1\r\n${head}\r\n`], ['a target with user', `GET //u:p@x${path} HTTP/1.1\r\n${head}\r\n`],
    ['a word behind the target', `GET ${path} ${secrets} HTTP/1.1\r\n${head}\r\n`], ['other methods', `TRACE ${path} HTTP/1.1\r\n${head}\r\n`], ['QUERY', `QUERY ${path} HTTP/1.1\r\n${head}Content-Length: 0\r\n\r\n`], ['a method in small letters', `get ${path} HTTP/1.1\r\n${head}\r\n`], ['an expectation nobody knows', `${post}Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}`],
    ['a header without end', `GET ${path} HTTP/1.1\r\n${head}X: ${'x'.repeat(300_000)}\r\n\r\n`], ['a very long target', `GET ${path}?a=${'x'.repeat(20_000)} HTTP/1.1\r\n${head}\r\n`], ['an endless target', `GET ${path}?a=${'x'.repeat(300_000)} HTTP/1.1\r\n${head}\r\n`], ['many headers', `GET ${path} HTTP/1.1\r\n${head}${'X-A: b\r\n'.repeat(5_000)}Impersonate-User: x\r\n\r\n`],
  ])('%s', async (_, text) => {
    const answer = await world.raw(text, { quietMs: 40 })
    expect(answer).not.toMatch(/HTTP\/1\.1 2|it-was-read/)
    expect(world.api.lines()).toEqual([])
  })
})

describe('what comes in one go is told apart, and judged one by one', () => {
  test('pipelined requests', async () => {
    const answer = await world.raw(`GET ${path} HTTP/1.1\r\n${head}\r\n${smuggled}GET ${path}?second HTTP/1.1\r\n${head}\r\nGET ${path} HTTP/1.1\r\n${head}Impersonate-User: a\r\n\r\n`)
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403', 'HTTP/1.1 200', 'HTTP/1.1 403'])
    expect(world.api.lines().toSorted()).toEqual(['GET /api/v1/namespaces/shop/configmaps/cfg', 'GET /api/v1/namespaces/shop/configmaps/cfg?second='])
  })

  test('one behind a body that is refused', async () => {
    const answer = await world.raw(`POST ${secrets} HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}GET ${path} HTTP/1.1\r\n${head}\r\n`)
    expect(answer.match(/HTTP\/1\.1 \d+/g)?.at(0)).toMatch(/40\d/)
    expect(world.api.lines().every((line) => line === 'GET /api/v1/namespaces/shop/configmaps/cfg')).toBe(true)
  })

  test('an upgrade behind a request, and bytes behind an upgrade', async () => {
    const upgrade = `GET /k8s/cluster/api/v1/namespaces/shop/pods/web/exec?command=sh HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n`
    for (const text of [`GET ${path} HTTP/1.1\r\n${head}\r\n${upgrade}`, `${upgrade}${smuggled}`, `${upgrade}${upgrade}`]) await world.raw(text)
    expect(world.api.lines().every((line) => line === 'GET /api/v1/namespaces/shop/configmaps/cfg')).toBe(true)
    expect((await world.ask('/api/v1/namespaces/shop/configmaps')).status).toBe(200)
  })

  test('trailers are nobody\'s headers', async () => {
    await world.raw(`${post}Transfer-Encoding: chunked\r\nTrailer: Impersonate-User\r\n\r\n2\r\n{}\r\n0\r\nImpersonate-User: admin\r\nAuthorization: Bearer x\r\n\r\n`)
    expect(world.api.seen.map(({ headers }) => [headers.authorization, headers['impersonate-user'], headers['content-length'], headers['transfer-encoding']])).toEqual([['Bearer upstream-token', 'gatehouse:test:eli', '2', undefined]])
  })

  test('a method in a header is none', async () => {
    await world.raw(`${post}X-HTTP-Method-Override: DELETE\r\nX-Method-Override: DELETE\r\nContent-Length: 2\r\n\r\n{}`)
    expect(world.api.lines()).toEqual(['POST /api/v1/namespaces/shop/configmaps'])
  })
})

test('the listener speaks no HTTP/2, whatever ALPN asks', async () => {
  const session = connectHttp2(world.gateway.api, { ca: world.gateway.ca })
  const failed = await new Promise<boolean>((done) => {
    session.on('error', () => done(true)).on('connect', () => {
      const stream = session.request({ ':path': path, authorization: `Bearer ${world.token('eli')}` })
      stream.on('response', () => done(false)).on('error', () => done(true)).on('close', () => done(true)).end()
    })
  })
  session.destroy()
  expect([failed, world.api.lines()]).toEqual([true, []])
})

describe('paths lead where they say, or nowhere', () => {
  const base = '/api/v1/namespaces/shop'
  test.each([
    `${base}//secrets`, `/${base}/secrets`, `${base}/configmaps/../secrets`, `${base}/configmaps/..%2fsecrets`, `${base}/configmaps/%2e%2e/secrets`, `${base}/configmaps/.%2e/secrets`, `${base}/configmaps/..;/secrets`, `${base}/configmaps;x=/secrets`, `${base}/./secrets`, `${base}/%2e/secrets`, `${base}/secrets/`, `${base}/secrets%2f`, `${base}/secrets%2fdb`,
    `${base}/configmaps%2f..%2fsecrets`, `${base}/%252e%252e/kube-system/configmaps`, `${base}/..%5ckube-system/configmaps`, `${base}\\..\\kube-system/configmaps`, `${base}/configmaps/cfg%00/../../secrets`, `${base}/configmaps%00`, `${base}/configmaps/cfg%0d%0aX:%20y`, `${base}/configmaps/cfg%23`, `${base}/configmaps/cfg%3fwatch=1`, `${base}/configmaps/%c0%ae%c0%ae/secrets`, `${base}/configmaps/%ff`, `${base}/configmaps/a%e2%80%aeb`, `${base}/configmaps/%`, `${base}/configmaps/%zz`, `${base}/configmaps/cfg|x`,
    `${base}/secrets`, `${base}/%73ecrets`, `${base}/secrets?a=configmaps`, '/api/v1/secrets', '/api/v1/watch/secrets', `/api/v1/watch/namespaces/shop/secrets/db`, `/api/v1/proxy${base.slice(7)}/pods/web`, `/api/v1/proxy/nodes/n1`, '/api/v1/proxy', '/api/v1/watch', `${base}/Secrets`, `${base}/SECRETS`, '/API/v1/secrets', '/Api/V1/secrets', '/api//v1/secrets', '/apis//v1/secrets', '/apis/%20/v1/secrets', '/api/v1/namespaces/shop/secrets/db/x/y', '/api/v1/namespaces/shop/pods/web/log/x',
    '/api/v1/namespaces/kube-system/configmaps', '/api/v1/namespaces/kube%2dsystem/configmaps', '/api/v1/namespaces/KUBE-SYSTEM/configmaps', '/api/v1/namespaces/kube-system', '/api/v1/namespaces/kube-system/status', '/api/v1/configmaps', '/api/v1/configmaps?fieldSelector=metadata.namespace%3Dshop', '/api/v1/configmaps?watch=1', '/api/v1/namespaces//configmaps', '/api/v1/namespaces/%20/configmaps', '/api/v1/namespaces/shop,kube-system/configmaps', '/api/v1/namespaces/*/configmaps', '/apis/example.com/v1/widgets', '/apis/apps/v1/namespaces/kube-system/deployments',
    '/logs/', '/logs/pods', '/metrics', '/debug/pprof/heap', '/configz', '/proxy/x', '/k8s/cluster/api/v1/secrets', '/api/v1/namespaces/shop/configmaps?dryRun=None', '/api/v1/namespaces/shop/configmaps?watch=0&watch=1', '/api/v1/namespaces/shop/configmaps?a;b', '/api/v1/namespaces/shop/configmaps?x%0d%0a=1', '/api/v1/namespaces/shop/configmaps?%00', '/api/v1/namespaces/shop/configmaps?a=%ff', '/api/v1/namespaces/shop/configmaps?a=%zz',
  ])('%s', async (target) => {
    const answer = await world.raw(`GET /k8s/cluster${target} HTTP/1.1\r\n${head}Connection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/)
    expect(world.api.lines()).toEqual([])
  })

  test.each(['/k8s/other/api', '/k8s/../k8s/cluster/api', '/k8s//cluster/api', '/./k8s/cluster/api/v1/pods', '//k8s/cluster/api/v1/pods', '/%6b8s/cluster/api/v1/pods', '/k8s/%63luster/api', '/k8s/cluster%2fapi/v1/pods', '/k8s/cluster/..%2fother/api', '/K8S/cluster/api', '/k8s/Cluster/api', '/k8s/cluster\\api', '/k8s/cluster;/api', '/k8s', '/k8s/', '/k8s?/cluster/api', '/k8sx/cluster/api', '/v1/../k8s/cluster/api/v1/pods', '/v1/connections/cluster/../../../k8s/cluster/api'])('the connection itself: %s', async (target) => {
    expect(await world.raw(`GET ${target} HTTP/1.1\r\n${head}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4\d\d/)
    expect(world.api.lines()).toEqual([])
  })

  test('a cluster is no tunnel', async () => {
    const answer = await world.raw(`GET /v1/connections/cluster/tunnel HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: gatehouse.tunnel.v1\r\n\r\nGET /api/v1/secrets HTTP/1.1\r\n\r\n`)
    expect(answer).not.toContain('HTTP/1.1 101')
    expect(world.api.lines()).toEqual([])
  })

  test('what is forwarded is what was judged, written anew', async () => {
    const odd = `${base}/%63onfigmaps/%63fg?pretty=%74rue&a%62=%2b+%26&b&c==&&d=%E2%82%AC'`
    await world.raw(`GET /k8s/cluster${odd} HTTP/1.1\r\n${head}Connection: close\r\n\r\n`)
    expect(world.api.lines()).toEqual([`GET ${base}/configmaps/cfg?pretty=true&ab=%2B%20%26&b=&c=%3D&d=%E2%82%AC%27`])
  })
})

describe('nobody is somebody else', () => {
  test.each(['Impersonate-User', 'impersonate-user', 'IMPERSONATE-USER', 'Impersonate-Group', 'Impersonate-Uid', 'Impersonate-Extra-Scopes', 'Impersonate-Extra-', 'Impersonate_User', 'Impersonate-', 'impersonate-anything-new'])('%s is refused', async (name) => {
    expect(await world.raw(`GET ${path} HTTP/1.1\r\n${head}${name}: system:admin\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403[^]*impersonation is not taken/)
    expect(world.api.lines()).toEqual([])
  })

  test('nor by names that other servers believe', async () => {
    const names = ['X-Remote-User', 'X-Remote-Group', 'X-Remote-Extra-Scopes', 'X_Remote_User', 'X-Forwarded-User', 'X-Forwarded-For', 'Forwarded', 'X-Original-URL', 'X-Rewrite-URL', 'X-Real-IP', 'Cookie', 'Proxy-Authorization', 'Gatehouse-Principal', 'Gatehouse-Approval', 'Via', 'Origin-Agent', 'Audit-ID', 'X-Request-Id', 'Kubectl-Fake', 'Traceparent', 'Content-Type', 'Accept-Charset', 'TE', 'Keep-Alive', 'Max-Forwards', 'Sec-Fetch-Site']
    await world.raw(`GET ${path} HTTP/1.1\r\n${head}${names.map((name) => `${name}: root`).join('\r\n')}\r\nConnection: close, accept, user-agent\r\nAccept: application/json\r\n\r\n`)
    const { headers } = world.api.seen[0]!
    expect(Object.keys(headers).filter((name) => !name.startsWith('impersonate-extra-gatehouse-')).toSorted()).toEqual(['accept', 'accept-encoding', 'authorization', 'connection', 'host', 'impersonate-group', 'impersonate-user'])
    expect([headers['impersonate-user'], headers.host, headers.authorization]).toEqual(['gatehouse:test:eli', new URL(world.api.url).host, 'Bearer upstream-token'])
  })

  test('nor by a group of the cluster\'s own in one\'s claims', async () => {
    await world.join('mal', ['engineers', 'system:masters', 'a,system:masters', 'ä'])
    expect((await world.ask('/api/v1/namespaces/shop/configmaps', { who: 'mal' })).status).toBe(200)
    expect(world.api.seen[0]!.headers['impersonate-group']).toBe('gatehouse:engineers, gatehouse:system:masters, gatehouse:a,system:masters')
    await world.join('eve', ['engineers', 'x\r\nimpersonate-group: system:masters'])
    await world.ask('/api/v1/namespaces/shop/configmaps', { who: 'eve' })
    expect(world.api.seen.every(({ headers }) => !/(?:^|, )system:/.test(String(headers['impersonate-group'])))).toBe(true)
  })

  test.each(['', 'Authorization: Bearer x\r\n', 'Authorization: Basic dGVzdDp0ZXN0\r\n', 'Authorization: bearer\r\n', 'Cookie: token={token}\r\n', 'Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.{token}\r\n', 'Authorization: Bearer upstream-token\r\n', 'X-Authorization: Bearer {token}\r\n'])('without a token of one\'s own there is nothing: %j', async (header) => {
    expect(await world.raw(`GET ${path}?access_token={token}&token={token} HTTP/1.1\r\nHost: x\r\n${header}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 401/)
    expect(world.api.lines()).toEqual([])
  })
})

test('the credential of the cluster is heard by nobody, and kept nowhere but in its file', () => {
  expect(found('upstream-token', world.heard())).toBeNull()
  expect(found('upstream-token', world.kept())).toBeNull()
})
