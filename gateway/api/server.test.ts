import { connect as connectPlain } from 'node:net'
import { connect } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { problem, routes } from '../../shared/api.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { createLog } from '../log.ts'
import { apiBodyBytesMax, loginFailuresAuditedPerMinute } from '../limits.ts'
import { startApi, summary, type Fixture } from './testing/api-fixture.ts'

let fixture: Fixture
let ada: string
let rita: string

beforeAll(async () => {
  fixture = await startApi()
  ada = await fixture.signer.sign()
  rita = await fixture.signer.sign({ sub: 'rita', groups: [] })
})
afterAll(() => fixture.close())
beforeEach(() => {
  fixture.audited.length = 0
  fixture.broken.audit = null
  fixture.broken.open = null
})

const idRoutes = Object.values(routes).filter(({ path }) => path !== '/v1/info').map(({ method, path }) => [method, path.replace(':id', 'se_1')] as const)

describe('a stranger', () => {
  test('is told who this gateway is', async () => {
    const { status, json } = await fixture.call('GET', '/v1/info')
    expect(status).toBe(200)
    expect(routes.info.output.parse(json)).toEqual({ name: 'gatehouse', version: '1.2.3', providers: [], listeners: { postgres: '127.0.0.1:15432' } })
  })
  test.each(idRoutes)('gets 401 and a challenge from %s %s', async (method, path) => {
    const { status, headers, json } = await fixture.call(method, path)
    expect(status).toBe(401)
    expect(problem.parse(json).code).toBe('token_missing')
    expect(headers['www-authenticate']).toBe('Bearer realm="gatehouse"')
    expect(headers['content-type']).toMatch(/^application\/problem\+json/)
  })
  test.each([
    ['a token in the query', '/v1/whoami?access_token=TOKEN', {}],
    ['a cookie', '/v1/whoami', { cookie: 'token=TOKEN' }],
    ['Basic with the token as password', '/v1/whoami', { authorization: 'Basic VE9LRU4=' }],
    ['two tokens', '/v1/whoami', { authorization: 'Bearer TOKEN TOKEN' }],
  ])('is not let in by %s', async (_, path, headers) => {
    const replaced = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replaceAll('TOKEN', ada)]))
    expect((await fixture.call('GET', path.replace('TOKEN', ada), { headers: replaced })).status).toBe(401)
  })
  test('is not served over plain HTTP', async () => {
    const text = await new Promise<string>((done) => {
      const socket = connectPlain(fixture.port, '127.0.0.1', () => socket.write('GET /v1/info HTTP/1.1\r\nHost: x\r\n\r\n'))
      let got = ''
      socket.on('data', (data) => { got += data.toString('latin1') })
      socket.on('error', () => done(got))
      socket.on('close', () => done(got))
    })
    expect(text).not.toContain('gatehouse')
  })
  test('is not served by TLS 1.1', async () => {
    const failed = await new Promise<string>((done) => {
      const socket = connect({ port: fixture.port, host: '127.0.0.1', ca: fixture.ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }, () => done('connected'))
      socket.on('error', (error) => done(error.message))
    })
    expect(failed).toMatch(/protocol|version|alert/i)
  })
})

test('every answer carries the security headers and sets no cookie', async () => {
  for (const answer of [await fixture.call('GET', '/v1/info'), await fixture.call('GET', '/nowhere'), await fixture.call('GET', '/v1/whoami', { token: ada })]) {
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' })
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  }
})

test('a page of another origin gets no preflight', async () => {
  const { status, headers } = await fixture.call('OPTIONS', '/v1/tokens', { headers: { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' } })
  expect(status).toBe(404)
  expect(headers['access-control-allow-origin']).toBeUndefined()
})

test('whoami says whom the bearer stands for, without claims', async () => {
  const { json } = await fixture.call('GET', '/v1/whoami', { token: ada })
  expect(json).toMatchObject({ principal: { id: 'corp:ada', email: 'ada@example.com', groups: ['analysts'] } })
  expect(JSON.stringify(json)).not.toContain('claims')
})

test('a login gives a short token that works, and stands in the audit log first', async () => {
  const { status, json } = await fixture.call('POST', '/v1/tokens', { token: ada })
  expect(status).toBe(200)
  const { token } = routes.exchangeToken.output.parse(json)
  expect((await fixture.call('GET', '/v1/whoami', { token })).status).toBe(200)
  expect(fixture.audited).toEqual([expect.objectContaining({ kind: 'login', principal: 'corp:ada' })])
  expect(JSON.stringify(fixture.audited)).not.toContain(token)
})

test('a login that cannot be written down does not happen', async () => {
  fixture.broken.audit = new GatehouseError('store_unavailable', 'the store does not answer')
  const { status, json } = await fixture.call('POST', '/v1/tokens', { token: ada })
  expect(status).toBe(503)
  expect(problem.parse(json).code).toBe('store_unavailable')
})

test('a revoked token is refused from then on, and its revocation is audited', async () => {
  const { token } = routes.exchangeToken.output.parse((await fixture.call('POST', '/v1/tokens', { token: ada })).json)
  expect((await fixture.call('DELETE', '/v1/tokens/current', { token })).status).toBe(200)
  const after = await fixture.call('GET', '/v1/whoami', { token })
  expect([after.status, problem.parse(after.json).code]).toEqual([401, 'token_revoked'])
  expect(after.headers['www-authenticate']).toContain('invalid_token')
  expect(fixture.audited.map(({ kind }) => kind)).toContain('token-revoked')
})

test('failed logins are audited, but only so many a minute', async () => {
  const bad = await fixture.signer.sign({ aud: 'grafana' })
  await Promise.all(Array.from({ length: loginFailuresAuditedPerMinute + 20 }, () => fixture.call('GET', '/v1/whoami', { token: bad })))
  const failures = fixture.audited.filter(({ kind }) => kind === 'login-failed')
  expect(failures.length).toBeGreaterThan(0)
  expect(failures.length).toBeLessThanOrEqual(loginFailuresAuditedPerMinute * 2)
  expect(JSON.stringify(failures)).not.toContain(bad)
})

test('connections are those with a rule; of the others not even the name is told', async () => {
  const mine = await fixture.call('GET', '/v1/connections', { token: ada })
  expect(routes.connections.output.parse(mine.json).connections.map(({ name }) => name)).toEqual(['shop', 'sch ön/1'])
  const nobodys = await fixture.call('GET', '/v1/connections', { token: await fixture.signer.sign({ groups: [] }) })
  expect(nobodys.json).toEqual({ connections: [] })
})

describe('sessions', () => {
  beforeEach(() => {
    fixture.sessions.splice(0, Infinity, ...['se_1', 'se_2', 'se_3'].map((id) => summary({ id })), summary({ id: 'se_9', principal: { id: 'corp:eve', email: null, kind: 'human' } }))
    fixture.frames.set('se_9', [{ seq: 0, at: 1, direction: 'in', kind: 'command', data: { type: 'json', value: { text: 'select 1' } }, prev: '0' }])
  })
  const ids = (json: unknown) => routes.sessions.output.parse(json).sessions.map(({ id }) => id)

  test('are one’s own, newest first, page by page', async () => {
    const first = await fixture.call('GET', '/v1/sessions?limit=2', { token: ada })
    expect(ids(first.json)).toEqual(['se_3', 'se_2'])
    expect(first.json).toMatchObject({ next: 'se_2' })
    const second = await fixture.call('GET', '/v1/sessions?limit=2&before=se_2', { token: ada })
    expect(ids(second.json)).toEqual(['se_1'])
    expect(second.json).toMatchObject({ next: null })
  })
  test('are everyone’s for a reviewer', async () => {
    expect(ids((await fixture.call('GET', '/v1/sessions', { token: rita })).json)).toEqual(['se_9', 'se_3', 'se_2', 'se_1'])
  })
  test.each(['/v1/sessions/ID', '/v1/sessions/ID/frames', '/v1/sessions/ID/verify'])('%s: unknown and not yours answer alike', async (path) => {
    const unknown = await fixture.call('GET', path.replace('ID', 'se_nope'), { token: ada })
    const theirs = await fixture.call('GET', path.replace('ID', 'se_9'), { token: ada })
    expect(unknown.status).toBe(404)
    expect([theirs.status, theirs.text]).toEqual([unknown.status, unknown.text])
  })
  test('an id in the query does not replace the one in the path', async () => {
    const { json } = await fixture.call('GET', '/v1/sessions/se_1?id=se_9', { token: ada })
    expect(json).toMatchObject({ id: 'se_1' })
  })
  test('a reviewer’s read of another’s recording is audited before a frame leaves', async () => {
    const read = await fixture.call('GET', '/v1/sessions/se_9/frames', { token: rita })
    expect(routes.frames.output.parse(read.json).frames).toHaveLength(1)
    expect(fixture.audited).toEqual([expect.objectContaining({ kind: 'recording-read', principal: 'corp:rita', detail: expect.objectContaining({ session: 'se_9', of: 'corp:eve' }) as object })])
    fixture.broken.audit = new GatehouseError('store_unavailable', 'the store does not answer')
    const refused = await fixture.call('GET', '/v1/sessions/se_9/frames', { token: rita })
    expect(refused.status).toBe(503)
    expect(refused.text).not.toContain('select 1')
  })
  test('one’s own recording is read without an audit event, and verified', async () => {
    expect((await fixture.call('GET', '/v1/sessions/se_1/frames', { token: ada })).status).toBe(200)
    expect((await fixture.call('GET', '/v1/sessions/se_1/verify', { token: ada })).json).toMatchObject({ ok: true })
    expect(fixture.audited).toEqual([])
  })
  test.each(['?limit=0', '?limit=201', '?limit=x', '?limit=1.5'])('%s is refused with what was expected', async (query) => {
    const { status, json } = await fixture.call('GET', `/v1/sessions${query}`, { token: ada })
    expect([status, problem.parse(json).code]).toEqual([400, 'input_invalid'])
    expect(problem.parse(json).detail).toContain('limit')
  })
})

describe('bad requests', () => {
  test.each([
    ['a body that is too large', { body: JSON.stringify({ x: 'y'.repeat(apiBodyBytesMax) }), headers: { 'content-type': 'application/json' } }, 429],
    ['a body that is not JSON', { body: '{', headers: { 'content-type': 'application/json' } }, 400],
    ['a body of another type', { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 400],
    ['a body that poisons prototypes', { body: '{"__proto__":{"admin":true}}', headers: { 'content-type': 'application/json' } }, 400],
  ])('%s is refused as a problem', async (_, options, status) => {
    const answer = await fixture.call('POST', '/v1/tokens', { token: ada, ...options })
    expect(answer.status).toBe(status)
    expect(problem.parse(answer.json).detail).not.toBe('')
  })
  test('an unknown route is a problem too', async () => {
    expect(problem.parse((await fixture.call('GET', '/v1/admin', { token: ada })).json).code).toBe('not_found')
  })
  test('headers beyond the limit are refused', async () => {
    expect((await fixture.call('GET', '/v1/info', { headers: { 'x-long': 'y'.repeat(30_000) } })).status).toBe(431)
  })
})

test('while the recorder has failed nobody is served, and readiness says so', async () => {
  fixture.broken.open = new GatehouseError('recorder_failed', 'the recording cannot be written; free some disk and restart')
  for (const path of ['/v1/whoami', '/v1/connections', '/readyz']) {
    const answer = await fixture.call('GET', path, { token: ada })
    expect([answer.status, problem.parse(answer.json).code]).toEqual([503, 'recorder_failed'])
  }
  expect((await fixture.call('GET', '/healthz')).status).toBe(200)
})

test('metrics are for this machine: counts, no names', async () => {
  await fixture.call('GET', '/v1/connections', { token: ada })
  const { status, text } = await fixture.call('GET', '/metrics')
  expect(status).toBe(200)
  expect(text).toMatch(/gatehouse_api_requests_total\{route="\/v1\/connections",status="200"\} \d+/)
  expect(text).toContain('gatehouse_ready 1')
  expect(text).not.toMatch(/ada|shop/)
})

test('a fault of ours says nothing of its cause, and the log has it', async () => {
  const log = createLog('silent')
  const error = vi.spyOn(log, 'error')
  const faulty = await startApi({ log, sessions: { list: async () => { throw new Error('password=hunter2 at 10.0.0.5') }, get: async () => null } })
  try {
    const answer = await faulty.call('GET', '/v1/sessions', { token: await faulty.signer.sign() })
    expect([answer.status, problem.parse(answer.json).code]).toEqual([500, 'internal'])
    expect(answer.text).not.toMatch(/hunter2|10\.0\.0\.5/)
    const request = /request (\S+)/.exec(problem.parse(answer.json).detail)?.[1]
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ request, err: expect.objectContaining({ message: expect.stringContaining('hunter2') as string }) as object }), expect.any(String))
  } finally {
    await faulty.close()
  }
})
