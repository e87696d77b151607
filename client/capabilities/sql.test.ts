import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StatementState } from '../../shared/ipc.ts'
import type { Account } from '../login/account.ts'
import { createTunnels, type Tunnels } from '../session-proxy/tunnels.ts'
import { complete, createFakePostgres, dataRow, error, message, notice, rowDescription, type FakePostgres, type Script } from '../testing/fake-postgres.ts'
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts'
import { signedIn } from '../testing/signed-in.ts'
import { createSql, type Sql } from './sql.ts'

let folder: string
let gateway: FakeGateway
let postgres: FakePostgres
let account: Account
let tunnels: Tunnels
let sql: Sql
let script: Script
const states: StatementState[] = []
const losses: string[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-sql-'))
  states.length = 0
  losses.length = 0
  script = () => [rowDescription(['id', 23]), dataRow('1'), complete('SELECT 1')]
  postgres = createFakePostgres((text, session) => script(text, session))
  gateway = await startFakeGateway({ serve: postgres.serve })
  account = await signedIn(gateway)
  tunnels = createTunnels(account)
  sql = createSql({ tunnels, spoolFolder: folder, onState: (_, state) => states.push(state), onLost: (_, reason) => losses.push(reason) })
})

afterEach(async () => {
  await sql.reset()
  tunnels.dispose()
  await account.dispose()
  await gateway.close()
  rmSync(folder, { recursive: true })
})

const last = (index = 0) => states.findLast((state) => state.index === index)
const ended = ['done', 'failed', 'cancelled']

async function run(text: string, editor?: string): Promise<{ editor: string; states: readonly StatementState[] }> {
  const id = editor ?? (await sql.open({ connection: 'shop' })).editor
  states.length = 0
  const { statements } = await sql.run({ editor: id, text })
  await until(() => statements.every(({ index }) => ended.includes(last(index)?.status ?? '')))
  return { editor: id, states: statements.map(({ index }) => last(index)!) }
}

async function until(holds: () => boolean, ms = 5_000): Promise<void> {
  for (const end = Date.now() + ms; !holds(); await sleep(5)) if (Date.now() > end) throw new Error('it did not happen in time')
}

test('runs statements one after another and pages their rows as text', async () => {
  script = (text) => text === 'select 2'
    ? [rowDescription(['a', 25], ['b', 1700], ['c', 99_999]), dataRow('x', '1.50', null), dataRow('', 'ü𝄞', 'z'), complete('SELECT 2')]
    : [complete('INSERT 0 1')]
  const { states: [first, second] } = await run("insert into t values (';'); select 2;")
  expect(first).toMatchObject({ status: 'done', tag: 'INSERT 0 1', columns: [], result: null })
  expect(second).toMatchObject({ status: 'done', tag: 'SELECT 2', rows: 2, columns: [{ name: 'a', type: 'text', mask: null }, { name: 'b', type: 'numeric', mask: null }, { name: 'c', type: 'oid 99999', mask: null }] })
  expect(await sql.page({ result: second!.result!, offset: 0, count: 10 })).toEqual({ rows: [['x', '1.50', null], ['', 'ü𝄞', 'z']] })
  expect(postgres.sessions[0]!.queries).toEqual(["insert into t values (';')", 'select 2'])
})

test('asks the gateway for mask marks, puts them on their columns and keeps them out of the notices', async () => {
  const detail = JSON.stringify([{ index: 1, name: 'email', policy: 'shop', rule: 'pii', as: 'redact', why: 'personal data' }])
  script = () => [notice({ C: '01G01', M: 'masked', D: detail }), rowDescription(['id', 23], ['email', 25]), notice({ C: '00000', M: 'hello' }), dataRow('1', '•••'), complete('SELECT 1')]
  const { states: [state] } = await run('select * from customers')
  expect(postgres.sessions[0]!.parameters).toMatchObject({ options: '-c gatehouse.masks=on', database: 'shop' })
  expect(state!.columns.map(({ mask }) => mask)).toEqual([null, { policy: 'shop', rule: 'pii', as: 'redact', why: 'personal data' }])
  expect(state!.notices).toEqual(['NOTICE: hello'])
})

test('a statement that waits says for which approval, again and again without another notice, and then its result or the refusal', async () => {
  const held = { approval: 'ap_01ABC', groups: ['on-call'], users: [], count: 1, expiresAt: '2026-01-01T00:15:00.000Z', shortenedBy: null }
  const waits = notice({ C: '01G02', M: 'waiting for approval ap_01ABC by on-call', D: JSON.stringify(held) })
  script = (text) => [waits, waits, text.includes('denied') ? error({ C: '42501', M: 'denied by corp:otto (approval ap_01ABC, rule fixes (policy shop)): no' }) : complete('UPDATE 1')]
  const { states: [ran, denied] } = await run("update orders set note = 'x'; update orders set note = 'denied'")
  expect(ran).toMatchObject({ status: 'done', tag: 'UPDATE 1', held, notices: [] })
  expect(denied).toMatchObject({ status: 'failed', held, error: { isRefusal: true } })
  expect(states.some((state) => state.status === 'running' && state.held?.approval === 'ap_01ABC')).toBe(true)
})

test('says what a run is for before its first statement, and takes it back with the next', async () => {
  script = (text) => [complete(text.startsWith('set') ? 'SET' : text.startsWith('reset') ? 'RESET' : 'UPDATE 1')]
  const { editor } = await sql.open({ connection: 'shop' })
  const sent = async (text: string, reason?: string) => {
    const before = postgres.sessions[0]?.queries.length ?? 0
    states.length = 0
    const { statements } = await sql.run({ editor, text, reason })
    await until(() => statements.every(({ index }) => ended.includes(last(index)?.status ?? '')))
    return postgres.sessions[0]!.queries.slice(before)
  }
  expect(await sent('update a; update b', "INC-42: the customer's \\ parcel")).toEqual(["set gatehouse.reason = 'INC-42: the customer''s \\ parcel'", 'update a', 'update b'])
  expect(await sent('update a', 'again')).toEqual(["set gatehouse.reason = 'again'", 'update a'])
  expect(await sent('update c')).toEqual(['reset gatehouse.reason', 'update c'])
  expect(await sent('update c')).toEqual(['update c'])
})

test('a reason that is not taken leaves the statement to say what is wrong', async () => {
  script = (text) => (text.startsWith('set') ? [error({ C: '25P02', M: 'current transaction is aborted' })] : [error({ C: '42501', M: 'needs approval; nobody was asked, for the rule wants a reason with it' })])
  const { editor } = await sql.open({ connection: 'shop' })
  const { statements } = await sql.run({ editor, text: 'update a', reason: 'INC-1' })
  await until(() => statements.every(({ index }) => ended.includes(last(index)?.status ?? '')))
  expect(last()).toMatchObject({ status: 'failed', error: { isRefusal: true } })
})

test('a waiting notice that cannot be read is shown as the notice it is', async () => {
  script = () => [notice({ C: '01G02', M: 'waiting for approval', D: '{' }), complete('UPDATE 1')]
  const { states: [state] } = await run('update orders set note = 1')
  expect(state).toMatchObject({ held: null, notices: ['NOTICE: waiting for approval\nDETAIL: {'] })
})

test('tells a refusal of the gateway from an error of the database, with its place in UTF-16', async () => {
  script = () => [error({ C: '42501', M: 'denied by rule never (policy shop): drop is not allowed', H: 'ask' })]
  const { states: [refused, skipped], editor } = await run('drop table customers; select 1')
  expect(refused).toMatchObject({ status: 'failed', error: { code: '42501', isRefusal: true, hint: 'ask', position: null } })
  expect(skipped!.status).toBe('cancelled')
  expect(postgres.sessions[0]!.queries).toEqual(['drop table customers'])

  script = () => [error({ C: '42501', M: 'permission denied for table customers', P: '12' })]
  const { states: [plain] } = await run("select '𝄞' x", editor)
  expect(plain!.error).toMatchObject({ isRefusal: false, position: 12 })
})

test('cancels by a CancelRequest of its own tunnel', async () => {
  script = async (_, session) => {
    await session.cancelled
    return [error({ C: '57014', M: 'canceling statement due to user request' })]
  }
  const { editor } = await sql.open({ connection: 'shop' })
  await sql.run({ editor, text: 'select pg_sleep(60); select 1' })
  await until(() => postgres.sessions[0]?.queries.length === 1)
  await sql.cancel({ editor })
  await until(() => last(1)?.status === 'cancelled' && last(0)?.status === 'cancelled')
  expect(gateway.tunnels).toHaveLength(2)
})

test('ends the session of a statement that does not follow a cancel when asked again', async () => {
  script = () => new Promise(() => undefined)
  const { editor } = await sql.open({ connection: 'shop' })
  await sql.run({ editor, text: 'select 1' })
  await until(() => postgres.sessions[0]?.queries.length === 1)
  await sql.cancel({ editor })
  await sql.cancel({ editor })
  await until(() => last()?.status === 'failed')
  expect(last()!.error!.message).toContain('did not follow a cancel')
  expect(losses).toHaveLength(1)
})

test('says why a session was lost and opens a new one at the next run', async () => {
  const { editor } = await run('select 1')
  gateway.tunnels[0]!.socket.send(JSON.stringify({ type: 'close', reason: 'your token was revoked' }))
  gateway.tunnels[0]!.socket.close(1000)
  await until(() => losses.length === 1)
  expect(losses).toEqual(['your token was revoked'])
  expect((await run('select 2', editor)).states[0]!.status).toBe('done')
  expect(postgres.sessions).toHaveLength(2)
})

test('fails the statement when the gateway dies in the middle of a result', async () => {
  script = (_, session) => {
    session.stream.write(Buffer.concat([rowDescription(['id', 23]), dataRow('1')]))
    setTimeout(() => gateway.tunnels[0]!.socket.terminate(), 50)
    return new Promise(() => undefined)
  }
  const { states: [state] } = await run('select * from t')
  expect(state).toMatchObject({ status: 'failed', rows: 1, error: { code: '08006', isRefusal: false } })
  expect(state!.error!.message).toMatch(/connection to the gateway .* was lost/)
})

test('answers a refused tunnel with the gateway\'s own words', async () => {
  gateway.connections = []
  const { states: [state] } = await run('select 1')
  expect(state).toMatchObject({ status: 'failed', error: { message: 'refused: connection_unknown' } })
})

test('fails COPY FROM STDIN instead of hanging', async () => {
  script = () => [message('G', Buffer.from([0, 0, 0]))]
  const { states: [state] } = await run('copy t from stdin')
  expect(state).toMatchObject({ status: 'failed', error: { code: '57014', message: expect.stringContaining('use psql with \\copy') as string } })
})

test('shows COPY TO STDOUT as lines', async () => {
  script = () => [message('H', Buffer.from([0, 0, 0])), message('d', 'a,b\n'), message('d', 'c,d\n'), message('c'), complete('COPY 2')]
  const { states: [state] } = await run('copy t to stdout csv')
  expect(await sql.page({ result: state!.result!, offset: 0, count: 9 })).toEqual({ rows: [['a,b'], ['c,d']] })
})

test('forgets results at the next run, and leaves no file behind at any time', async () => {
  const { editor, states: [first] } = await run('select 1')
  expect(readdirSync(folder)).toEqual([])
  await run('select 1', editor)
  await expect(sql.page({ result: first!.result!, offset: 0, count: 1 })).rejects.toMatchObject({ code: 'not_found' })
})

test('sends the state of a growing result at most every 100 ms', async () => {
  script = async (_, session) => {
    session.stream.write(rowDescription(['id', 23]))
    for (let row = 0; row < 40; row++) {
      session.stream.write(dataRow(String(row)))
      await sleep(10)
    }
    return [complete('SELECT 40')]
  }
  const { states: [state] } = await run('select * from t')
  expect(state!.rows).toBe(40)
  expect(states.length).toBeGreaterThan(4)
  expect(states.length).toBeLessThan(12)
})

test('makes the server wait while the disk is behind, and keeps a large result out of memory', async () => {
  const cell = 'x'.repeat(1_000)
  script = async (_, { stream }) => {
    stream.write(rowDescription(['t', 25]))
    const chunk = Buffer.concat(Array.from({ length: 200 }, () => dataRow(cell)))
    for (let sent = 0; sent < 100_000; sent += 200) if (!stream.write(chunk)) await new Promise((resolve) => { stream.once('drain', resolve) })
    return [complete('SELECT 100000')]
  }
  const before = process.memoryUsage().rss
  const { states: [state] } = await run('select * from big')
  expect(state).toMatchObject({ status: 'done', rows: 100_000 })
  expect((await sql.page({ result: state!.result!, offset: 99_998, count: 10 })).rows).toEqual([[cell], [cell]])
  expect(process.memoryUsage().rss - before).toBeLessThan(120 * 1024 * 1024)
})

test('renews open sessions when the account has a fresh token', async () => {
  const { editor } = await run('select 1')
  gateway.intercept = (request, response) => {
    if (request.url !== '/v1/connections') return false
    gateway.intercept = null
    response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"type":"","title":"","status":401,"code":"token_expired","detail":"expired"}')
    return true
  }
  await account.call('connections', {})
  await until(() => gateway.tunnels[0]!.controls.length === 1)
  expect(JSON.parse(gateway.tunnels[0]!.controls[0]!)).toEqual({ type: 'renew', token: 'gh_2_ana' })
  expect((await run('select 1', editor)).states[0]!.status).toBe('done')
})

test('refuses a second run while one is under way, and an editor that was closed', async () => {
  script = () => sleep(200).then(() => [complete('SELECT 0')])
  const { editor } = await sql.open({ connection: 'shop' })
  await sql.run({ editor, text: 'select 1' })
  await expect(sql.run({ editor, text: 'select 1' })).rejects.toMatchObject({ code: 'input_invalid' })
  await sql.close({ editor })
  await expect(sql.run({ editor, text: 'select 1' })).rejects.toMatchObject({ code: 'not_found' })
})
