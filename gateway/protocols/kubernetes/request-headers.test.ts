import { describe, expect, test } from 'vitest'
import { readRequest } from './commands.ts'

const pods = '/api/v1/namespaces/shop/pods'
const read = (headers: readonly string[], { method = 'GET', target = pods } = {}) => readRequest({ method, target, headers })

function accepted(headers: readonly string[], where = {}) {
  const result = read(headers, where)
  if (result.kind === 'refused') throw new Error(result.message)
  return result.headers
}

test('only the allow-list goes upstream', () => {
  const sent = accepted([
    'Host', 'gateway', 'User-Agent', 'kubectl/1.33', 'Authorization', 'Bearer t', 'Proxy-Authorization', 'x', 'Cookie', 'a=b', 'Accept', 'application/json', 'Accept-Encoding', 'gzip', 'Kubectl-Command', 'kubectl get',
    'X-Remote-User', 'root', 'X-Remote-Group', 'system:masters', 'X-Remote-Extra-Scopes', 'x', 'X-Forwarded-For', '1.2.3.4', 'Forwarded', 'for=1', 'X-Forwarded-Host', 'x', 'X-Real-Ip', 'x', 'Gatehouse-Principal', 'x', 'Audit-Id', 'x',
    'Connection', 'keep-alive, X-Custom', 'X-Custom', '1', 'Keep-Alive', 'x', 'TE', 'trailers', 'Trailer', 'x', 'X-Http-Method-Override', 'DELETE', 'Range', 'bytes=0-', 'If-None-Match', '"x"', 'Origin', 'https://evil', 'Expect', '100-continue',
  ])
  expect(sent.forwarded).toEqual([['user-agent', 'kubectl/1.33'], ['kubectl-command', 'kubectl get']])
  expect(sent.accept).toBe('application/json')
})

test('an ETag is asked about for discovery only', () => {
  expect(accepted(['If-None-Match', '"x"'], { target: '/openapi/v2' }).forwarded).toEqual([['if-none-match', '"x"']])
  expect(accepted(['If-None-Match', '"x"'], { target: `${pods}/a` }).forwarded).toEqual([])
})

describe('impersonation is refused, so that nobody thinks it worked', () => {
  test.each(['Impersonate-User', 'impersonate-group', 'IMPERSONATE-UID', 'Impersonate-Extra-scopes', 'Impersonate_User', 'Impersonate-'])('%s', (name) => {
    expect(read([name, ''])).toMatchObject({ kind: 'refused', reason: 'Forbidden', message: expect.stringContaining('impersonation') })
  })
})

describe('smuggling', () => {
  const cases: readonly (readonly [name: string, headers: readonly string[], method?: string])[] = [
    ['length and coding', ['Content-Length', '5', 'Transfer-Encoding', 'chunked'], 'POST'],
    ['two lengths', ['Content-Length', '5', 'Content-Length', '6'], 'POST'], ['two equal lengths', ['Content-Length', '5', 'content-length', '5'], 'POST'],
    ['a list of lengths', ['Content-Length', '5, 5'], 'POST'], ['a signed length', ['Content-Length', '+5'], 'POST'], ['a hex length', ['Content-Length', '0x5'], 'POST'], ['a length with a space', ['Content-Length', '5 5'], 'POST'],
    ['an endless length', ['Content-Length', '9'.repeat(20)], 'POST'],
    ['two codings', ['Transfer-Encoding', 'gzip, chunked'], 'POST'], ['another coding', ['Transfer-Encoding', 'identity'], 'POST'], ['a masked coding', ['Transfer-Encoding', 'xchunked'], 'POST'], ['coding twice', ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], 'POST'],
    ['two hosts', ['Host', 'a', 'Host', 'b']], ['two tokens', ['Authorization', 'Bearer a', 'Authorization', 'Bearer b']], ['two content types', ['Content-Type', 'application/json', 'Content-Type', 'application/yaml'], 'POST'],
    ['a line end in a value', ['User-Agent', 'a\r\nImpersonate-User: root']], ['NUL in a value', ['User-Agent', 'a\0b']], ['a space in a name', ['Impersonate-User ', 'root']], ['a colon in a name', ['X:Y', 'root']],
    ['a body with GET', ['Content-Length', '5']], ['chunks with GET', ['Transfer-Encoding', 'chunked']],
  ]
  for (const [name, headers, method = 'GET'] of cases) test(name, () => { expect(read(headers, { method })).toMatchObject({ kind: 'refused', reason: 'BadRequest' }) })

  test('compressed bodies are another media type', () => {
    for (const coding of ['gzip', 'br', 'deflate', 'identity, gzip', 'x']) expect(read(['Content-Encoding', coding, 'Content-Length', '5'], { method: 'POST' }), coding).toMatchObject({ reason: 'UnsupportedMediaType' })
    expect(read(['Content-Encoding', 'identity', 'Content-Length', '5'], { method: 'POST' }).kind).toBe('request')
  })
})

const exec = `${pods}/a/exec?command=sh`
const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const spdy = (...protocols: string[]) => ['Connection', 'Upgrade', 'Upgrade', 'SPDY/3.1', ...protocols.flatMap((protocol) => ['X-Stream-Protocol-Version', protocol])]
const webSocket = (protocols: string) => ['Connection', 'keep-alive, Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', key, 'Sec-WebSocket-Protocol', protocols]

describe('upgrades', () => {
  test('SPDY goes on with the one version that can be read', () => {
    expect(accepted(spdy('v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'), { method: 'POST', target: exec }).upgrade).toEqual({
      kind: 'upgrade', protocol: 'spdy', use: 'exec', subprotocols: ['v4.channel.k8s.io'],
      headers: [['connection', 'Upgrade'], ['upgrade', 'SPDY/3.1'], ['x-stream-protocol-version', 'v4.channel.k8s.io']],
    })
    expect(accepted(spdy('portforward.k8s.io'), { method: 'POST', target: `${pods}/a/portforward` }).upgrade).toMatchObject({ use: 'portforward', subprotocols: ['portforward.k8s.io'] })
  })
  test('WebSocket goes on without extensions, in the order of the client', () => {
    expect(accepted([...webSocket('v5.channel.k8s.io, v4.channel.k8s.io,v4.base64.channel.k8s.io'), 'Sec-WebSocket-Extensions', 'permessage-deflate'], { target: exec }).upgrade).toEqual({
      kind: 'upgrade', protocol: 'websocket', use: 'exec', subprotocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
      headers: [['connection', 'Upgrade'], ['upgrade', 'websocket'], ['sec-websocket-version', '13'], ['sec-websocket-key', key], ['sec-websocket-protocol', 'v5.channel.k8s.io, v4.channel.k8s.io']],
    })
    expect(accepted(webSocket('SPDY/3.1+portforward.k8s.io'), { target: `${pods}/a/portforward` }).upgrade).toMatchObject({ use: 'portforward' })
  })
  const refusedOnes: readonly (readonly [name: string, headers: readonly string[], target: string, method?: string, reason?: string])[] = [
    ['of a watch', webSocket('v4.channel.k8s.io'), `${pods}?watch=1`, 'GET', 'Forbidden'], ['of a get', webSocket('v4.channel.k8s.io'), `${pods}/a`, 'GET', 'Forbidden'], ['of logs', webSocket('v4.channel.k8s.io'), `${pods}/a/log?follow=1`, 'GET', 'Forbidden'],
    ['of a service', webSocket('x'), '/api/v1/namespaces/a/services/b/proxy', 'GET', 'Forbidden'], ['of a node', spdy('v4.channel.k8s.io'), '/api/v1/nodes/n/proxy/exec/a/b/c', 'POST', 'Forbidden'], ['of discovery', webSocket('x'), '/api', 'GET', 'Forbidden'],
    ['of a create', spdy('v4.channel.k8s.io'), pods, 'POST', 'Forbidden'], ['of another group', webSocket('v4.channel.k8s.io'), '/apis/subresources.kubevirt.io/v1/namespaces/a/virtualmachineinstances/b/console', 'GET', 'Forbidden'],
    ['to h2c', ['Connection', 'Upgrade, HTTP2-Settings', 'Upgrade', 'h2c'], exec], ['to two protocols', ['Connection', 'Upgrade', 'Upgrade', 'websocket, h2c'], exec], ['twice', ['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Upgrade', 'SPDY/3.1'], exec],
    ['by half: no Connection', ['Upgrade', 'SPDY/3.1'], exec, 'POST'], ['by half: no Upgrade', ['Connection', 'Upgrade'], exec, 'POST'],
    ['of old versions', spdy('v3.channel.k8s.io'), exec, 'POST'], ['of no version', spdy(), exec, 'POST'], ['of base64', webSocket('v4.base64.channel.k8s.io'), exec], ['of exec as port-forward', webSocket('SPDY/3.1+portforward.k8s.io'), exec], ['of port-forward as channels', webSocket('v4.channel.k8s.io'), `${pods}/a/portforward?ports=80`],
    ['with a token', webSocket('v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.dG9rZW4'), exec, 'GET', 'Unauthorized'],
    ['with a short key', [...webSocket('v5.channel.k8s.io').filter((word) => word !== key && word !== 'Sec-WebSocket-Key'), 'Sec-WebSocket-Key', 'x'], exec], ['with a body', [...spdy('v4.channel.k8s.io'), 'Content-Length', '5'], exec, 'POST'],
    ['a WebSocket by POST', webSocket('v5.channel.k8s.io'), exec, 'POST', 'MethodNotAllowed'], ['SPDY by PUT', spdy('v4.channel.k8s.io'), exec, 'PUT', 'MethodNotAllowed'],
  ]
  for (const [name, headers, target, method = 'GET', reason = 'BadRequest'] of refusedOnes) test(`refused: ${name}`, () => { expect(read(headers, { method, target })).toMatchObject({ kind: 'refused', reason }) })
})
