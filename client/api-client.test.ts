import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createApiClient, fillPath, type ApiClient } from './api-client.ts'
import { problem, startFakeGateway, type FakeGateway } from './testing/fake-gateway.ts'
import { parseGatewayUrl } from './trust.ts'

let gateway: FakeGateway
let api: ApiClient
beforeEach(async () => {
  gateway = await startFakeGateway()
  gateway.tokens.set('gh_1', { subject: 'ana', expiresAt: Date.now() + 60_000 })
  api = createApiClient({ url: gateway.url, ca: gateway.ca })
})
afterEach(async () => {
  api.dispose()
  await gateway.close()
})

test('calls a route and gives its parsed output', async () => {
  expect(await api.call('connections', {}, 'gh_1')).toEqual({ connections: [{ name: 'shop', kind: 'postgres', labels: {}, database: 'shop' }] })
  await api.call('sessions', { connection: 'a b', limit: 3 }, 'gh_1')
  expect(gateway.requests.at(-1)).toBe('GET /v1/sessions?connection=a+b&limit=3')
})

test('gives the gateway\'s own problem as our error', async () => {
  await expect(api.call('whoami', {}, 'gh_other')).rejects.toMatchObject({ name: 'GatehouseError', code: 'token_invalid', message: 'refused: token_invalid' })
})

test.each<[string, number, string]>([
  ['a page of a proxy', 502, '<html>bad gateway</html>'], ['a problem with a code we do not know', 400, problem('made_up', 400)],
  ['success that is no JSON', 200, 'hello'], ['success of another shape', 200, '{"principal":{"id":1}}'], ['a redirect', 302, ''],
])('does not take %s for an answer of a gateway', async (_, status, body) => {
  gateway.intercept = (_request, response) => { response.writeHead(status, { location: 'https://evil.example/' }).end(body); return true }
  await expect(api.call('whoami', {}, 'gh_1')).rejects.toMatchObject({ code: 'gateway_unreachable' })
  expect(gateway.requests).toHaveLength(1)
})

test('tells a certificate that is not trusted from a gateway that is not there, and says what to do', async () => {
  const stranger = createApiClient({ url: gateway.url, ca: null })
  await expect(stranger.call('info', {}, null)).rejects.toMatchObject({ code: 'gateway_untrusted', message: expect.stringContaining('GATEHOUSE_CA') as string })
  const wrongName = createApiClient({ url: gateway.url.replace('127.0.0.1', 'localhost'), ca: gateway.ca })
  await expect(wrongName.call('info', {}, null)).rejects.toMatchObject({ code: 'gateway_untrusted' })
  const silent = createServer((socket) => { socket.on('error', () => undefined).end('HTTP/1.1 400 plain\r\n\r\n') })
  await new Promise<void>((resolve) => { silent.listen(0, '127.0.0.1', resolve) })
  const plain = createApiClient({ url: `https://127.0.0.1:${(silent.address() as AddressInfo).port}`, ca: gateway.ca })
  await expect(plain.call('info', {}, null)).rejects.toMatchObject({ code: 'gateway_unreachable', message: expect.stringContaining('TLS') as string })
  silent.close()
  const nobody = createApiClient({ url: 'https://127.0.0.1:9', ca: gateway.ca })
  await expect(nobody.call('info', {}, null)).rejects.toMatchObject({ code: 'gateway_unreachable', message: expect.stringContaining('ECONNREFUSED') as string })
  for (const client of [stranger, wrongName, plain, nobody]) client.dispose()
})

test('sends no token before the certificate is believed', async () => {
  const stranger = createApiClient({ url: gateway.url, ca: null })
  await expect(stranger.call('whoami', {}, 'gh_1')).rejects.toMatchObject({ code: 'gateway_untrusted' })
  expect(gateway.requests).toEqual([])
  stranger.dispose()
})

test('says which CA file cannot be read', () => {
  expect(() => createApiClient({ url: gateway.url, ca: '/nonexistent/ca.pem' })).toThrow(/nonexistent.*ENOENT/)
})

test('a value in a path stays one part of it', () => {
  expect(fillPath('/v1/sessions/:id/frames', { id: '../../tokens?x#y', after: 1 })).toEqual({ path: '/v1/sessions/..%2F..%2Ftokens%3Fx%23y/frames', rest: { after: 1 } })
})

test.each([['gateway.example.com', 'https://gateway.example.com'], ['https://a:8443/path?x', 'https://a:8443'], ['127.0.0.1:8443', 'https://127.0.0.1:8443']])('reads the address %s', (text, url) => {
  expect(parseGatewayUrl(text)).toBe(url)
})

test.each(['http://gateway.example.com', 'ftp://x', 'https://user:pass@x', 'https://', '', 'file:///etc/passwd'])('refuses the address %s', (text) => {
  expect(() => parseGatewayUrl(text)).toThrow(/not a gateway's address/)
})
