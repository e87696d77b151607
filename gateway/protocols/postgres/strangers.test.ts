// Before sign-in: those who never speak, speak a byte at a time, stop half-way, or bring a token that is none. None of them keeps
// anybody else out, and each is gone by the handshake deadline.
import { connect, type Socket } from 'node:net'
import { readFileSync } from 'node:fs'
import { connect as connectTls } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, testIssuer, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, shopPolicy } from '../../testing/shop.ts'
import { password, reportOf, sslRequest, startup } from './testing/messages.ts'

const handshakeMs = 2_000
let postgres: RealPostgres
let gateway: TestGateway

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy }, seams: { handshakeMs } })
  await loginMs()
})
afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

const tokenOf = () => gateway.token({ sub: 'ana', groups: ['analysts'] })

async function loginMs(): Promise<number> {
  const began = performance.now()
  const client = new Client({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await tokenOf() })
  await client.connect()
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await client.end()
  return performance.now() - began
}

function openSocket(): Promise<Socket> {
  return new Promise((done, failed) => {
    const socket = connect(gateway.port, gateway.host, () => {
      socket.off('error', failed).on('error', () => undefined)
      done(socket)
    })
    socket.once('error', failed)
  })
}
const closeOf = (socket: Socket) => new Promise<number>((done) => { socket.resume().once('close', () => done(Date.now())) })

test('10,000 connects that never speak, 2,000 at a time: logins go on, and all are closed by the deadline', async () => {
  for (let round = 0; round < 5; round++) {
    const sockets = await Promise.all(Array.from({ length: 2_000 }, openSocket))
    const opened = Date.now()
    const closed = Promise.all(sockets.map(closeOf))
    expect(await loginMs()).toBeLessThan(1_000)
    expect(Math.max(...await closed) - opened).toBeLessThan(handshakeMs + 1_500)
  }
}, 60_000)

test('more silent connects than handshakes may be under way close the oldest, not those that come to speak', async () => {
  const sockets = await Promise.all(Array.from({ length: 4_500 }, openSocket))
  expect(await loginMs()).toBeLessThan(handshakeMs - 200)
  for (const socket of sockets) socket.destroy()
}, 60_000)

const opening = startup({ user: 'me', database: 'shop' })
const slow: Record<string, (token: string) => readonly Buffer[]> = {
  'the startup': () => [opening],
  'an SSLRequest': () => [sslRequest],
  'the TLS handshake after S': () => [sslRequest, Buffer.from('16030100c8010000c40303', 'hex')],
  'TLS from the first byte': () => [Buffer.from('16030100c8010000c40303', 'hex')],
  'the password': (token) => [opening, password(token)],
}

test.each(Object.keys(slow))('a byte at a time in %s ends at the deadline', async (stage) => {
  const [...whole] = slow[stage]!(await tokenOf())
  const last = whole.pop()!
  const socket = await openSocket()
  const closed = closeOf(socket)
  const began = Date.now()
  for (const message of whole) {
    socket.write(message)
    await sleep(100)
  }
  for (let at = 0; at < last.length - 1 && !socket.destroyed; at++) {
    socket.write(last.subarray(at, at + 1))
    await sleep(handshakeMs / Math.min(last.length, 40))
    if (Date.now() - began > handshakeMs * 2) break
  }
  expect(await closed - began).toBeLessThan(handshakeMs + 1_500)
  expect(await loginMs()).toBeLessThan(1_000)
})

test('TLS from the first byte serves, where ALPN says that PostgreSQL is meant', async () => {
  const trusted = { host: gateway.host, port: gateway.port, ca: readFileSync(gateway.ca), servername: 'localhost' }
  const secure = connectTls({ ...trusted, ALPNProtocols: ['postgresql'] })
  await new Promise<void>((done, failed) => { secure.once('secureConnect', () => done()).once('error', failed) })
  secure.write(opening)
  const answer = await new Promise<Buffer>((done) => { secure.once('data', done) })
  expect(answer).toEqual(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))
  secure.destroy()
  const other = connectTls(trusted)
  await closeOf(other.on('error', () => undefined))
})

const seconds = () => Math.floor(Date.now() / 1000)
const jwt = (changes: { readonly aud?: string; readonly iss?: string; readonly exp?: number; readonly nbf?: number }) => new SignJWT({ groups: ['analysts'], nbf: changes.nbf ?? seconds() })
  .setProtectedHeader({ alg: 'ES256', kid: 'test' }).setIssuer(changes.iss ?? testIssuer).setAudience(changes.aud ?? 'gatehouse').setSubject('ana').setIssuedAt().setExpirationTime(changes.exp ?? seconds() + 600)

const bad: Record<string, () => Promise<string> | string> = {
  'expired beyond the skew': () => gateway.token({ sub: 'ana', groups: ['analysts'], expiresInSeconds: -61 }),
  'for another audience': () => gateway.sign(jwt({ aud: 'other' })),
  'of another issuer': () => gateway.sign(jwt({ iss: 'https://other.test' })),
  'not valid yet': () => gateway.sign(jwt({ nbf: seconds() + 120 })),
  'with alg none': () => new UnsecuredJWT({ groups: ['analysts'] }).setIssuer(testIssuer).setAudience('gatehouse').setSubject('ana').setIssuedAt().setExpirationTime('10m').encode(),
  'without its signature': async () => `${(await tokenOf()).split('.').slice(0, 2).join('.')}.`,
  'with two parts': async () => (await tokenOf()).split('.').slice(0, 2).join('.'),
  'signed with another key': async () => jwt({}).sign((await generateKeyPair('ES256')).privateKey),
  'with a shared-secret algorithm': () => new SignJWT({ groups: ['analysts'] }).setProtectedHeader({ alg: 'HS256', kid: 'test' })
    .setIssuer(testIssuer).setAudience('gatehouse').setSubject('ana').setIssuedAt().setExpirationTime('10m').sign(readFileSync(`${gateway.folder}/jwks.json`)),
  'with its payload changed': async () => {
    const [head, , signature] = (await tokenOf()).split('.')
    return [head, Buffer.from(JSON.stringify({ iss: testIssuer, aud: 'gatehouse', sub: 'ana', groups: ['engineers'], iat: seconds(), exp: seconds() + 600 })).toString('base64url'), signature].join('.')
  },
  'of ours that was never given out': () => `gh_${'A'.repeat(43)}`,
  'of no form': () => 'hunter2',
  'that is empty': () => '',
}

test.each(Object.keys(bad))('a token %s is refused with 28P01', async (name) => {
  const client = await RawClient.signIn(gateway, await bad[name]!())
  await client.closed()
  const report = reportOf(client.frames().find(({ type }) => type === 'E')!.body)
  expect(report).toMatchObject({ S: 'FATAL', C: '28P01' })
})
