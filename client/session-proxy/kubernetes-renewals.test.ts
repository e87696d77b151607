// What is open through a listener lives on with every fresh token: which sessions are renewed, with which token, and which no more.
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Agent, request } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Pass } from '../login/account.ts'
import { problem, startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts'
import { openKubernetesListener, type KubernetesListener } from './kubernetes-listener.ts'
import type { HeldRequest } from './kubernetes-pipe.ts'

let gateway: FakeGateway
let listener: KubernetesListener
let agent: Agent
let pass: Pass
let held: HeldRequest[]
/** Headers of the requests that came. */
let seen: Record<string, unknown>[]
let answers: ServerResponse[]
const told = new Set<(pass: Pass) => void>()

/** A fresh token of the account. */
function fresh(token: string): void {
  gateway.tokens.set(token, { subject: 'ana', expiresAt: Date.now() + 60_000 })
  pass = { address: { url: gateway.url, ca: gateway.ca }, token, expiresAt: '' }
  for (const listener of told) listener(pass)
}

beforeEach(async () => {
  gateway = await startFakeGateway()
  held = []
  seen = []
  answers = []
  fresh('gh_1')
  gateway.kubernetes = (incoming, response) => {
    seen.push(incoming.headers)
    answers.push(response)
    if (incoming.url!.includes('held')) return void response.socket!.write('HTTP/1.1 103 Early Hints\r\nGatehouse-Session: se_held\r\nGatehouse-Approval: ap_1\r\nGatehouse-Expires: 2026-11-21T14:05:00.000Z\r\n\r\n')
    response.writeHead(200, { 'gatehouse-session': incoming.url!.includes('other') ? 'se_2' : 'se_1' }).flushHeaders()
  }
  listener = await openKubernetesListener({
    connection: 'prod', onHeld: (one) => held.push(one),
    account: { pass: () => Promise.resolve(pass), onToken: (listener) => { told.add(listener); return () => told.delete(listener) } },
  })
  agent = new Agent({ ca: listener.caPem, checkServerIdentity: () => undefined })
})
afterEach(async () => {
  agent.destroy()
  await listener.close()
  await gateway.close()
  expect(told.size).toBe(0)
})

const bearer = () => ({ authorization: `Bearer ${listener.secret}` })
async function open(path: string) {
  const sent = request(listener.url, { agent, path, headers: bearer() })
  sent.on('error', () => undefined).end()
  const [incoming] = await once(sent, 'response') as [Duplex]
  incoming.on('error', () => undefined).resume()
  return sent
}
const renewed = () => gateway.renewals.map(({ session, token }) => `${session} ${token}`).toSorted()
async function upgrade(): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: listener.port, servername: 'localhost', ca: listener.caPem })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  socket.write(`POST /exec HTTP/1.1\r\nHost: 127.0.0.1:${listener.port}\r\nAuthorization: Bearer ${listener.secret}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n\r\n`)
  return socket
}

test('watches are renewed with every fresh token, a session once however many share it, and no more when they are over', async () => {
  const [one, , other] = [await open('/watch'), await open('/watch'), await open('/other')]
  fresh('gh_2')
  await expect.poll(renewed).toEqual(['se_1 gh_2', 'se_2 gh_2'])
  one.destroy()
  other.destroy()
  await expect.poll(() => answers.filter(({ destroyed }) => destroyed).length).toBe(2)
  gateway.renewals.length = 0
  fresh('gh_3')
  await expect.poll(renewed).toEqual(['se_1 gh_3'])
  for (const answer of answers) answer.end()
  await sleep(50)
  fresh('gh_4')
  await sleep(100)
  expect(renewed()).toEqual(['se_1 gh_3'])
})

test('a terminal is renewed from its 101 to its end', async () => {
  const far: Duplex[] = []
  gateway.kubernetesUpgrade = (_, socket) => {
    far.push(socket.on('error', () => undefined).on('end', () => socket.end()))
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nGatehouse-Session: se_t\r\n\r\n')
    socket.resume()
  }
  const socket = await upgrade()
  await once(socket, 'data')
  fresh('gh_2')
  await expect.poll(renewed).toEqual(['se_t gh_2'])
  socket.destroy()
  await expect.poll(() => far[0]!.destroyed).toBe(true)
  await sleep(50)
  fresh('gh_3')
  await sleep(100)
  expect(renewed()).toEqual(['se_t gh_2'])
})

test('what waits for approval is told, and renewed while it waits: a request, and a terminal before its 101', async () => {
  request(listener.url, { agent, path: '/held', headers: bearer() }).on('error', () => undefined).end()
  await expect.poll(() => held).toEqual([{ approval: 'ap_1', expiresAt: '2026-11-21T14:05:00.000Z' }])
  let far: Duplex | undefined
  gateway.kubernetesUpgrade = (_, socket) => {
    far = socket.on('error', () => undefined)
    socket.write('HTTP/1.1 103 Early Hints\r\nGatehouse-Session: se_t\r\nGatehouse-Approval: ap_2\r\nGatehouse-Expires: 2026-11-21T14:06:00.000Z\r\n\r\n')
  }
  const socket = await upgrade()
  let said = ''
  socket.on('data', (chunk: Buffer) => { said += chunk.toString('latin1') })
  await expect.poll(() => held.map(({ approval }) => approval)).toEqual(['ap_1', 'ap_2'])
  fresh('gh_2')
  await expect.poll(renewed).toEqual(['se_held gh_2', 'se_t gh_2'])
  far!.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nGatehouse-Session: se_t\r\n\r\nstreams')
  await expect.poll(() => said).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\nstreams$/)
  socket.destroy()
})

test('a token that came while the answer was on its way renews at once', async () => {
  gateway.kubernetes = (_, response) => { answers.push(response) }
  const opened = open('/slow')
  await expect.poll(() => answers.length).toBe(1)
  fresh('gh_2')
  await sleep(50)
  expect(renewed()).toEqual([])
  answers[0]!.writeHead(200, { 'gatehouse-session': 'se_slow' }).flushHeaders()
  await opened
  await expect.poll(renewed).toEqual(['se_slow gh_2'])
})

test('a renewal that is refused, or that another gateway would get, is let be', async () => {
  await open('/watch')
  gateway.intercept = (incoming, response) => {
    if (!incoming.url!.endsWith('/renewal')) return false
    response.writeHead(404, { 'content-type': 'application/problem+json' }).end(problem('session_unknown', 404))
    return true
  }
  fresh('gh_2')
  await expect.poll(() => gateway.requests.filter((line) => line.endsWith('/renewal')).length).toBe(1)
  expect(answers[0]!.destroyed).toBe(false)
  for (const listener of told) listener({ address: { url: 'https://127.0.0.1:9', ca: null }, token: 'gh_elsewhere', expiresAt: '' })
  await sleep(50)
  expect(gateway.requests.filter((line) => line.endsWith('/renewal'))).toEqual(['POST /v1/sessions/se_1/renewal'])
})

test('a listener names itself to the gateway, whatever its client says, and no two by the same name', async () => {
  const sent = request(listener.url, { agent, path: '/watch', headers: { ...bearer(), 'gatehouse-listener': 'mine' } })
  sent.on('error', () => undefined).end()
  await expect.poll(() => seen.length).toBe(1)
  const second = await openKubernetesListener({ connection: 'prod', account: { pass: () => Promise.resolve(pass), onToken: () => () => undefined } })
  request(second.url, { ca: second.caPem, checkServerIdentity: () => undefined, agent: false, headers: { authorization: `Bearer ${second.secret}` } }).on('error', () => undefined).end()
  await expect.poll(() => seen.length).toBe(2)
  const names = seen.map((headers) => headers['gatehouse-listener'])
  for (const name of names) expect(name).toMatch(/^[\w-]{43}$/)
  expect(new Set([...names, listener.secret, second.secret]).size).toBe(4)
  await second.close()
})
