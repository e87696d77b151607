// The listener between real TLS sockets and a fake gateway: who may pass, what is passed on, and that both sides live and end together.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, request } from 'node:https'
import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts'
import { signedIn } from '../testing/signed-in.ts'
import type { Account } from '../login/account.ts'
import { openKubernetesListener, type KubernetesListener } from './kubernetes-listener.ts'

let gateway: FakeGateway
let account: Account
let listener: KubernetesListener
let agent: Agent
let seen: { readonly method: string; readonly url: string; readonly raw: readonly string[]; readonly port: number }[]
let answer: (request: IncomingMessage, response: ServerResponse) => void

beforeEach(async () => {
  seen = []
  answer = (_, response) => { response.writeHead(200, { 'Content-Type': 'application/json', 'X-Once': 'a', Audit: 'b' }).end('{}') }
  gateway = await startFakeGateway()
  gateway.clusters = ['prod']
  gateway.kubernetes = (incoming, response) => {
    seen.push({ method: incoming.method!, url: incoming.url!, raw: incoming.rawHeaders, port: incoming.socket.remotePort! })
    answer(incoming, response)
  }
  account = await signedIn(gateway)
  listener = await openKubernetesListener({ connection: 'prod', account })
  // The name it was called by is the listener's to judge, by the Host.
  agent = new Agent({ ca: listener.caPem, keepAlive: true, maxSockets: 1, checkServerIdentity: () => undefined })
})
afterEach(async () => {
  agent.destroy()
  await listener.close()
  await account.dispose()
  await gateway.close()
})

interface Call { readonly method?: string; readonly path?: string; readonly headers?: Readonly<Record<string, string | string[]>>; readonly body?: string }
interface Answer { readonly status: number; readonly headers: IncomingMessage['headers']; readonly raw: readonly string[]; readonly body: string }

const bearer = () => ({ authorization: `Bearer ${listener.secret}` })
async function call({ method = 'GET', path = '/api/v1/pods', headers = bearer(), body }: Call = {}): Promise<Answer> {
  const outgoing = request(listener.url, { agent, method, path, headers: { ...headers } })
  outgoing.end(body)
  const [incoming] = await once(outgoing, 'response') as [IncomingMessage]
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8')) text += String(chunk)
  return { status: incoming.statusCode!, headers: incoming.headers, raw: incoming.rawHeaders, body: text }
}
const valueOf = (raw: readonly string[], name: string) => raw.filter((_, index) => index % 2 === 1 && raw[index - 1]!.toLowerCase() === name)
const messageOf = ({ body }: Answer) => (JSON.parse(body) as { message: string }).message
const rawSocket = async (): Promise<TLSSocket> => {
  const socket = connect({ socket: connectTcp({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true }), servername: 'localhost', ca: listener.caPem })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}
const textOf = async (stream: Duplex) => {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}

test('a request goes to the connection with the token in the place of the secret, and is otherwise as it was', async () => {
  const { status, raw, body } = await call({ method: 'PATCH', path: '/apis/apps/v1/namespaces/a/deployments/b?fieldManager=k%2Fx&dryRun=All', headers: { ...bearer(), 'X-MiXed': 'Case', 'X-Twice': ['1', '2'], 'content-type': 'application/apply-patch+yaml' }, body: 'a: 1\n' })
  expect([status, body]).toEqual([200, '{}'])
  expect(seen).toMatchObject([{ method: 'PATCH', url: '/k8s/prod/apis/apps/v1/namespaces/a/deployments/b?fieldManager=k%2Fx&dryRun=All' }])
  const sent = seen[0]!.raw
  expect(valueOf(sent, 'authorization')).toEqual([`Bearer ${(await account.pass()).token}`])
  expect(sent).toContain('X-MiXed')
  expect(valueOf(sent, 'x-twice')).toEqual(['1', '2'])
  expect(valueOf(sent, 'host')).toEqual([new URL(gateway.url).host])
  expect(raw.slice(0, 6)).toEqual(['Content-Type', 'application/json', 'X-Once', 'a', 'Audit', 'b'])
  expect(JSON.stringify(sent)).not.toContain(listener.secret)
})

test('a reason that the person gave goes with each request, in the place of one that the client sends', async () => {
  let reason: string | null = null
  await listener.close()
  listener = await openKubernetesListener({ connection: 'prod', account, reason: () => reason })
  agent = new Agent({ ca: listener.caPem, maxSockets: 1, checkServerIdentity: () => undefined })
  await call({ headers: { ...bearer(), 'gatehouse-reason': 'its own' } })
  reason = 'INC-42: ümlaut\r\nX-Evil: 1'
  await call({ headers: { ...bearer(), 'gatehouse-reason': 'its own' } })
  expect(seen.map(({ raw }) => valueOf(raw, 'gatehouse-reason'))).toEqual([['its own'], [encodeURIComponent(reason)]])
})

test('the secret is asked for before anything else is done', async () => {
  const bad: readonly Call['headers'][] = [{}, { authorization: 'Bearer wrong' }, { authorization: listener.secret }, { authorization: `Bearer ${(await account.pass()).token}` }, { authorization: '' }]
  for (const headers of bad) {
    const refused = await call({ headers: headers! })
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([401, { kind: 'Status', status: 'Failure', reason: 'Unauthorized', code: 401 }])
  }
  expect(seen).toEqual([])
})

test('a rebound name and a web page are refused, whatever they know', async () => {
  for (const headers of [{ host: 'evil.example' }, { host: `evil.example:${listener.port}` }, { host: '127.0.0.1' }, { origin: listener.url }, { origin: 'null' }, { 'sec-fetch-site': 'none' }]) {
    expect((await call({ headers: { ...bearer(), ...headers } })).status).toBe(403)
  }
  expect((await call({ method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' } })).headers).not.toHaveProperty('access-control-allow-origin')
  expect((await call({ headers: { ...bearer(), host: `localhost:${listener.port}` } })).status).toBe(200)
  expect(seen).toHaveLength(1)
})

test('the secret opens one connection: no path climbs out of it', async () => {
  for (const path of ['/../../v1/tokens/current', '/api/../../../v1/whoami', '/%2e%2e/%2e%2e/v1/whoami', '/api/.%2E/x', '/api%2f..%2f..%2fx', '/api\\..\\..\\x', '/.', `${gateway.url}/v1/whoami`, '*']) {
    expect([path, (await call({ path })).status]).toEqual([path, 400])
  }
  expect(seen).toEqual([])
  for (const path of ['/api/v1/namespaces/..a', '/api/v1/pods?x=/../', '/api/v1/configmaps/kube-root-ca.crt', '/']) expect((await call({ path })).status).toBe(200)
})

test('one client socket is one socket to the gateway, for as long as both live', async () => {
  await call()
  await call({ method: 'POST', body: 'x' })
  expect(new Set(seen.map(({ port }) => port)).size).toBe(1)
  agent.destroy()
  agent = new Agent({ ca: listener.caPem })
  await call()
  expect(new Set(seen.map(({ port }) => port)).size).toBe(2)
})

test('a kept socket that the gateway closed meanwhile ends the client\'s, that it may send again what it may', async () => {
  answer = (_, response) => { response.writeHead(200).end('{}', () => setImmediate(() => response.socket?.resetAndDestroy())) }
  await call()
  await sleep(20)
  answer = (_, response) => { response.writeHead(200).end('again') }
  expect((await call()).body).toBe('again')
})

test('bodies keep their framing: chunked, by length, and none', async () => {
  const bodies: string[] = []
  answer = (incoming, response) => { void textOf(incoming as unknown as Duplex).then((text) => { bodies.push(text); response.end() }) }
  await call({ method: 'POST', headers: { ...bearer(), 'transfer-encoding': 'chunked' }, body: 'abc' })
  await call({ method: 'DELETE', headers: { ...bearer(), 'content-length': '2' }, body: '{}' })
  await call({ method: 'POST', headers: { ...bearer(), 'content-length': '0' } })
  await call({ method: 'DELETE' })
  expect(bodies).toEqual(['abc', '{}', '', ''])
  expect(seen.map(({ raw }) => [...valueOf(raw, 'transfer-encoding'), ...valueOf(raw, 'content-length')])).toEqual([['chunked'], ['2'], ['0'], []])
})

test('two lengths, or a length and an encoding, never reach the gateway', async () => {
  for (const framing of ['Content-Length: 3\r\nTransfer-Encoding: chunked', 'Content-Length: 3\r\nContent-Length: 4', 'Transfer-Encoding: chunked, identity']) {
    const socket = await rawSocket()
    socket.write(`POST /api HTTP/1.1\r\nHost: 127.0.0.1:${listener.port}\r\nAuthorization: Bearer ${listener.secret}\r\n${framing}\r\n\r\n0\r\n\r\nGET /api/v1/secrets HTTP/1.1\r\nHost: x\r\n\r\n`)
    socket.setTimeout(1000, () => socket.destroy())
    await textOf(socket).catch(() => '')
  }
  expect(seen.filter(({ url }) => url.includes('secrets'))).toEqual([])
})

test('headers of one hop, and those that Connection names, are not passed on', async () => {
  await call({ headers: { ...bearer(), connection: 'keep-alive, X-Named', 'x-named': '1', te: 'trailers', 'proxy-authorization': 'Basic x', 'x-kept': '1' } })
  const names = seen[0]!.raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  expect(names).toContain('x-kept')
  for (const name of ['x-named', 'te', 'proxy-authorization']) expect(names).not.toContain(name)
})

test('a watch comes event by event, and leaving it ends it at the gateway', async () => {
  const ended = Promise.withResolvers<void>()
  let far: ServerResponse | undefined
  answer = (_, response) => {
    far = response
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    response.on('close', () => ended.resolve())
  }
  const outgoing = request(listener.url, { agent, path: '/api/v1/pods?watch=1', headers: bearer() })
  outgoing.on('error', () => undefined).end()
  const [incoming] = await once(outgoing, 'response') as [IncomingMessage]
  for (const line of ['{"type":"ADDED"}\n', '{"type":"DELETED"}\n']) {
    far!.write(line)
    const [chunk] = await once(incoming, 'data') as [Buffer]
    expect(chunk.toString()).toBe(line)
  }
  outgoing.destroy()
  await ended.promise
})

test('an answer that breaks off in the middle is not taken for a whole one', async () => {
  answer = (_, response) => { response.writeHead(200, { 'content-type': 'application/json' }).write('{"items":[', () => setTimeout(() => response.destroy(), 10)) }
  await expect(call()).rejects.toThrow(/aborted|ECONNRESET/)
})

test('a slow reader slows the gateway, not this machine\'s memory', async () => {
  let sent = 0
  answer = (_, response) => {
    response.writeHead(200)
    const more = () => { while (!response.destroyed && sent < 256 * 1024 * 1024) { sent += 65_536; if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more) } }
    more()
  }
  const outgoing = request(listener.url, { agent, headers: bearer() })
  outgoing.on('error', () => undefined).end()
  const [incoming] = await once(outgoing, 'response') as [IncomingMessage]
  incoming.pause()
  await sleep(500)
  const stalled = sent
  await sleep(300)
  expect(sent).toBe(stalled)
  expect(sent).toBeLessThan(64 * 1024 * 1024)
  outgoing.destroy()
})

const upgradeHead = (more = '') => `POST /api/v1/namespaces/a/pods/b/exec?command=sh HTTP/1.1\r\nHost: 127.0.0.1:${listener.port}\r\nAuthorization: Bearer ${listener.secret}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\nX-Stream-Protocol-Version: v3.channel.k8s.io\r\nContent-Length: 0\r\n${more}\r\n`

test('an upgrade is passed on, and then it is bytes both ways until both have ended', async () => {
  let asked: IncomingMessage | undefined
  gateway.kubernetesUpgrade = (incoming, socket) => {
    asked = incoming
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\nfirst')
    socket.on('data', (chunk: Buffer) => socket.write(`<${chunk.toString()}>`))
    socket.on('end', () => socket.end('bye'))
  }
  const socket = await rawSocket()
  socket.write(upgradeHead())
  let said = ''
  socket.on('data', (chunk: Buffer) => { said += chunk.toString() })
  await expect.poll(() => said).toContain('first')
  expect(said).toBe('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\nfirst')
  socket.write('\u0000\u0001binary')
  await expect.poll(() => said).toContain('<\u0000\u0001binary>')
  socket.end('last')
  await once(socket, 'end')
  expect(said).toMatch(/<last>bye$/)
  expect([asked!.method, asked!.url, asked!.headers.upgrade]).toEqual(['POST', '/k8s/prod/api/v1/namespaces/a/pods/b/exec?command=sh', 'SPDY/3.1'])
  expect(valueOf(asked!.rawHeaders, 'x-stream-protocol-version')).toEqual(['v4.channel.k8s.io', 'v3.channel.k8s.io'])
  expect(valueOf(asked!.rawHeaders, 'authorization')).toEqual([`Bearer ${(await account.pass()).token}`])
})

test('an upgrade that is refused says why and ends both sockets', async () => {
  let far: Duplex | undefined
  gateway.kubernetesUpgrade = (_, socket) => {
    far = socket.resume()
    socket.write('HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"kind":"Status"}')
  }
  const socket = await rawSocket()
  socket.write(upgradeHead())
  const said = await textOf(socket)
  expect(said).toMatch(/^HTTP\/1\.1 403 Forbidden\r\nContent-Type: application\/json\r\nConnection: close\r\n\r\n\{"kind":"Status"\}$/)
  await expect.poll(() => far?.readableEnded).toBe(true)
})

test('upgrades are admitted as requests are', async () => {
  gateway.kubernetesUpgrade = () => { throw new Error('never') }
  const said = async (text: string) => {
    const socket = await rawSocket()
    socket.write(text)
    return textOf(socket)
  }
  expect(await said(upgradeHead().replace(listener.secret, 'x'))).toMatch(/^HTTP\/1\.1 401 /)
  expect(await said(upgradeHead('Origin: https://evil.example\r\n'))).toMatch(/^HTTP\/1\.1 403 /)
  expect(await said(upgradeHead().replace('/api/v1', '/../api/v1'))).toMatch(/^HTTP\/1\.1 400 /)
  expect(await said(upgradeHead().replace('Content-Length: 0', 'Content-Length: 5'))).toMatch(/^HTTP\/1\.1 400 /)
})

test('the end of a client ends its terminal at the gateway, and the other way round', async () => {
  const far: Duplex[] = []
  gateway.kubernetesUpgrade = (_, socket) => {
    socket.on('error', () => undefined)
    far.push(socket)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n')
    socket.resume()
  }
  const [first, second] = [await rawSocket(), await rawSocket()]
  for (const socket of [first, second]) {
    socket.write(upgradeHead())
    await once(socket, 'data')
  }
  first.destroy()
  await expect.poll(() => far[0]!.readableEnded || far[0]!.destroyed).toBe(true)
  far[1]!.destroy()
  await once(second.resume(), 'end')
})

test('each request has the newest token, and nobody signed in is said in a Status', async () => {
  let token = 'gh_one'
  const passing = { pass: async () => ({ address: { url: gateway.url, ca: gateway.ca }, token, expiresAt: '' }), onToken: () => () => undefined }
  for (const each of ['gh_one', 'gh_two']) gateway.tokens.set(each, { subject: 'ana', expiresAt: Date.now() + 60_000 })
  const renewing = await openKubernetesListener({ connection: 'prod', account: passing })
  const get = async () => {
    const outgoing = request(renewing.url, { ca: renewing.caPem, headers: { authorization: `Bearer ${renewing.secret}` } }).end()
    const [incoming] = await once(outgoing, 'response') as [IncomingMessage]
    incoming.resume()
  }
  await get()
  token = 'gh_two'
  await get()
  expect(seen.map(({ raw }) => valueOf(raw, 'authorization')[0])).toEqual(['Bearer gh_one', 'Bearer gh_two'])
  await renewing.close()
  await account.signOut()
  const refused = await call()
  expect([refused.status, messageOf(refused)]).toEqual([401, expect.stringContaining('gatehouse login')])
})

test('a gateway that does not answer is said in a Status', async () => {
  const passing = { pass: async () => ({ address: { url: 'https://127.0.0.1:9', ca: null }, token: 'gh_x', expiresAt: '' }), onToken: () => () => undefined }
  const lost = await openKubernetesListener({ connection: 'prod', account: passing })
  const outgoing = request(lost.url, { ca: lost.caPem, headers: { authorization: `Bearer ${lost.secret}` } }).end()
  const [incoming] = await once(outgoing, 'response') as [IncomingMessage]
  const text = String((await incoming.toArray()).join(''))
  expect([incoming.statusCode, JSON.parse(text)]).toMatchObject([503, { kind: 'Status', message: expect.stringMatching(/^gatehouse: the gateway .* does not answer/) as string }])
  await lost.close()
})

test('closing ends watches and terminals that run through it; a port in use is said', async () => {
  gateway.kubernetesUpgrade = (_, socket) => { socket.on('error', () => undefined).resume(); socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n') }
  await expect(openKubernetesListener({ connection: 'prod', account, port: listener.port })).rejects.toMatchObject({ code: 'port_taken' })
  const socket = await rawSocket()
  socket.write(upgradeHead())
  await once(socket, 'data')
  const ended = once(socket.resume(), 'close')
  socket.on('end', () => socket.end())
  await listener.close()
  await ended
  listener = await openKubernetesListener({ connection: 'prod', account })
})
