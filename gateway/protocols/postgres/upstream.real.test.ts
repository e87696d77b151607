// The upstream side against real PostgreSQL: every sign-in method and TLS mode it has, and a cancel that stops something.
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../../credentials/secret.ts'
import type { PostgresTarget, TlsMode } from '../../pipeline/target.ts'
import { createTestCa } from '../../testing/certificates.ts'
import { type RealPostgres, startPostgres } from '../../testing/real-postgres.ts'
import { encodeQuery } from './codec/frontend.ts'
import { cancelUpstream, connectUpstream, type UpstreamReady } from './upstream.ts'

const ca = createTestCa()
const leaf = ca.issue(['localhost'])
const passwords = { by_scram: 'pen cil', by_md5: 'pencil', by_clear: 'pencil', by_accent: 'caf\u00e9\u00a0\u2168', by_cert_bound: 'pencil' }
const hba = `
local   all all trust
hostssl all by_cert_bound 127.0.0.1/32 scram-sha-256
host    all by_scram,by_accent 127.0.0.1/32 scram-sha-256
host    all by_md5 127.0.0.1/32 md5
host    all by_clear 127.0.0.1/32 password
host    all by_trust 127.0.0.1/32 trust
host    all postgres 127.0.0.1/32 scram-sha-256
`
let server: RealPostgres

beforeAll(async () => {
  server = await startPostgres()
  const client = new Client({ host: server.host, port: server.port, user: server.user, password: server.password, database: 'postgres' })
  await client.connect()
  // The server's own files belong to another uid where root runs the tests: the server writes them itself.
  const write = (file: string, text: string) => client.query(`copy (select) to program ${client.escapeLiteral(`umask 077; echo ${Buffer.from(text).toString('base64')} | base64 -d > ${file}`)}`)
  await write('server.key', leaf.key)
  await write('server.crt', leaf.cert)
  for (const [user, password] of Object.entries(passwords)) {
    await client.query(`set password_encryption = ${user === 'by_md5' ? "'md5'" : "'scram-sha-256'"}`)
    await client.query(`create role ${user} login password ${client.escapeLiteral(password)}`)
  }
  await client.query('create role by_trust login')
  await write('pg_hba.conf', hba)
  await client.query('alter system set ssl = on')
  await client.query('select pg_reload_conf()')
  while ((await client.query('show ssl')).rows[0].ssl !== 'on') await new Promise((resolve) => setTimeout(resolve, 20))
  await client.end()
})
afterAll(() => server.stop())

function target(user: string, changes: Partial<PostgresTarget> = {}): PostgresTarget {
  const password = passwords[user as keyof typeof passwords] ?? null
  return { summary: { name: 'shop', kind: 'postgres', labels: {} }, host: 'localhost', port: server.port, database: 'postgres', user, password: password === null ? null : new Secret(password), tls: 'disable', ca: ca.cert, ...changes }
}

function connectTo(to: PostgresTarget, parameters: Record<string, string> = {}): Promise<UpstreamReady> {
  return connectUpstream({ target: to, parameters: new Map(Object.entries(parameters)), signal: new AbortController().signal })
}

/** Everything the server says until ReadyForQuery, as text. */
function query(upstream: UpstreamReady, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = Buffer.alloc(0)
    const onData = (chunk: Buffer): void => {
      answer = Buffer.concat([answer, chunk])
      if (answer.at(-6) !== 0x5a) return
      upstream.socket.off('data', onData)
      resolve(answer.toString('latin1'))
    }
    upstream.socket.on('data', onData).resume()
    upstream.socket.write(encodeQuery(text))
  })
}

const modes: readonly TlsMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']
describe.each(modes)('tls: %s', (tls) => {
  test.each(['by_scram', 'by_accent', 'by_md5', 'by_clear', 'by_trust'])('signs in %s and runs a query', async (user) => {
    const upstream = await connectTo(target(user, { tls }), { application_name: 'gate house', client_encoding: 'UTF8' })
    expect(upstream.parameters.get('application_name')).toBe('gate house')
    expect(upstream.parameters.get('server_version')).toMatch(/^\d+/)
    const encrypted = await query(upstream, "select 'ssl=' || ssl from pg_stat_ssl where pid = pg_backend_pid()")
    expect(encrypted).toContain(tls === 'disable' ? 'ssl=false' : 'ssl=true')
    upstream.socket.destroy()
  })

  test('is told in our words that a password is wrong', async () => {
    await expect(connectTo(target('by_scram', { tls, password: new Secret('wrong') }))).rejects.toMatchObject({ code: 'upstream_rejected', message: expect.stringContaining('28P01') })
  })
})

test('binds SCRAM to TLS where the server offers it', async () => {
  const upstream = await connectTo(target('by_cert_bound', { tls: 'require' }))
  upstream.socket.destroy()
  await expect(connectTo(target('by_cert_bound', { tls: 'disable' }))).rejects.toMatchObject({ message: expect.stringContaining('28000') })
})

test('names a database that is not there, and a setting the server does not take', async () => {
  await expect(connectTo(target('by_trust', { database: 'nowhere' }))).rejects.toMatchObject({ message: expect.stringContaining('3D000') })
  await expect(connectTo(target('by_trust'), { client_encoding: 'KLINGON' })).rejects.toMatchObject({ message: expect.stringContaining('22023') })
})

test.each(['disable', 'verify-full'] as const)('a cancel stops what runs (tls: %s)', async (tls) => {
  const to = target('by_scram', { tls })
  const upstream = await connectTo(to)
  const answer = query(upstream, 'select pg_sleep(60)')
  // The cancel may be there before the query: then it stops nothing, and is sent again.
  const timer = setInterval(() => void cancelUpstream(to, upstream.key).catch(() => undefined), 100)
  expect(await answer).toContain('57014')
  clearInterval(timer)
  upstream.socket.destroy()
})

test('a cancel with another key stops nothing', async () => {
  const to = target('by_scram')
  const upstream = await connectTo(to)
  const answer = query(upstream, "select pg_sleep(0.4), 'finished'")
  await new Promise((resolve) => setTimeout(resolve, 100))
  await cancelUpstream(to, { processId: upstream.key.processId, secret: Buffer.from(upstream.key.secret.map((byte) => byte ^ 1)) })
  expect(await answer).toContain('finished')
  upstream.socket.destroy()
})
