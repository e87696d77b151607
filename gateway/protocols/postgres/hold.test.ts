// A command that waits for humans inside a live session: on a real PostgreSQL, with approvals by the test's hand.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { afterAll, afterEach, beforeAll, describe as group, expect, test } from 'vitest'
import { GatehouseError } from '../../../shared/errors.ts'
import { framesOf } from '../../recording/format.ts'
import { nodeFs } from '../../recording/segment-files.ts'
import { walkJournal } from '../../recording/walk.ts'
import { callApi, exchanged, overTunnel } from '../../testing/api.ts'
import { FakeApprovals, type FakeHold } from '../../testing/fake-approvals.ts'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, sentinels, shopPolicy } from '../../testing/shop.ts'
import { bind, describe, execute, frame, parse, query, reportOf, sync, valuesOf } from './testing/messages.ts'

const heldPolicy = (rules: string) => `
policy: held
connections: [shop]
rules:
  - { id: ask, who: { groups: [engineers] }, approve: { sql: [update, delete, insert], on: ["public.orders"] }, by: { groups: [on-call], count: 1 }, within: 15m }
  - { id: ask-reads, who: { groups: [engineers] }, approve: { sql: [select], on: ["public.staff"] }, by: { groups: [on-call, dba], count: 2 }, within: 15m, limit: { seconds: 1 } }
  - { id: ask-customers, who: { groups: [engineers] }, approve: { sql: [update], on: ["public.customers"] }, by: { groups: [on-call], count: 1 } }
  - { id: ask-swapped, who: { groups: [engineers] }, approve: { sql: [update], on: ["public.swapped"] }, by: { groups: [on-call], count: 1 } }
  ${rules}
`

const remakeSwapped = 'drop table if exists swapped; create table public.swapped (id int, total int); insert into swapped values (1, 1)'

let postgres: RealPostgres
let database: DatabaseAddress
let gateway: TestGateway
let direct: Client
const approvals = new FakeApprovals()
/** One whose limits are short. */
let quick: TestGateway
const quickApprovals = new FakeApprovals()

beforeAll(async () => {
  postgres = await startPostgres()
  database = await postgres.database('shop')
  await createShop(database)
  direct = new Client({ ...database })
  await direct.connect()
  await direct.query(remakeSwapped)
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy, held: heldPolicy('') }, seams: { approvals, holdHeartbeatMs: 60_000 } })
  quick = await startTestGateway({
    database, policies: { shop: shopPolicy, held: heldPolicy('') },
    seams: { approvals: quickApprovals, holdHeartbeatMs: 50, sessionIdleMs: 400, approvalInTransactionMs: 300 },
  })
})
afterEach(async () => {
  approvals.failure = null
  await direct.query("update orders set total = id * 1.5, note = 'note ' || id")
  await direct.query('delete from orders where id > 200')
})
afterAll(async () => {
  await direct?.end()
  await Promise.all([gateway?.stop(), quick?.stop()])
  await postgres?.stop()
})

const raw = async (parameters: Record<string, string> = {}, to = gateway, sub = 'eli') => RawClient.signIn(to, await to.token({ sub, groups: ['engineers'] }), parameters)

async function signedIn(to = gateway): Promise<Client> {
  const client = new Client({ host: to.host, port: to.port, database: 'shop', user: 'me', password: await to.token({ sub: 'eli', groups: ['engineers'] }) })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** The next command that is held after this was called. */
function nextHold(of: FakeApprovals = approvals): () => Promise<FakeHold> {
  const from = of.holds.length
  return async () => {
    await expect.poll(() => of.holds.length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(from)
    return of.holds[from]!
  }
}

const types = (frames: readonly { type: string }[]) => frames.map(({ type }) => type).join('')
const errorOf = (frames: readonly { type: string; body: Buffer }[]) => reportOf(frames.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))
const notices = (client: RawClient) => client.frames().filter(({ type }) => type === 'N').map(({ body }) => reportOf(body))
const tags = (frames: readonly { type: string; body: Buffer }[]) => frames.filter(({ type }) => type === 'C').map(({ body }) => body.toString('latin1').replace('\0', ''))
const totalOf = async (id: number) => Number((await direct.query('select total from orders where id = $1', [id])).rows[0]?.total)
const update = (id: number) => `update orders set total = 0 where id = ${id}`

/** Frames of the newest session's recording. */
async function recorded(session: string, to = gateway): Promise<{ readonly kind: string; readonly value: Record<string, unknown> }[]> {
  const frames: { kind: string; value: Record<string, unknown> }[] = []
  for await (const event of walkJournal(join(to.folder, 'data', 'recordings'))) {
    if (event.kind !== 'batch') continue
    for (const section of event.batch.sections) {
      if (section.session !== session) continue
      for (const { kind, data } of framesOf(section)) frames.push({ kind, value: data.type === 'json' ? data.value as Record<string, unknown> : { bytes: data.base64 } })
    }
  }
  return frames
}

group('the simple protocol', () => {
  test('the client is told at once, and after the approval the row count arrives', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([query(update(7))])
    const held = await hold()
    expect(held.command).toMatchObject({
      text: update(7), parameters: [], protocol: 'postgres', command: 'c1', rule: { policy: 'held', rule: 'ask' }, need: { groups: ['on-call'], count: 1 }, purpose: null,
      principal: { id: 'test:eli' }, connection: { name: 'shop' },
      risk: { kinds: ['update'], relations: ['update public.orders'], maskedColumns: [], locks: null, level: 'medium' },
    })
    expect(held.command.expiresAt - Date.now()).toBeGreaterThan(14 * 60_000)
    await client.until(() => notices(client).length > 0)
    expect(notices(client)[0]).toMatchObject({ S: 'NOTICE', C: '01G02', M: expect.stringMatching(/^waiting for approval ap_\d+ by on-call, expires \d\d:\d\d/) })
    expect(notices(client)[0]).not.toHaveProperty('D')
    expect(await totalOf(7)).toBe(10.5)
    held.approve()
    const frames = await answered
    expect([types(frames), ...tags(frames)]).toEqual(['NCZ', 'UPDATE 1'])
    expect([held.uses, await totalOf(7)]).toEqual([1, 0])
    client.end()
  })

  test('a denial is a refusal with its reason and rule, and the session goes on', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([query(update(8))])
    ;(await hold()).deny('not on a Friday')
    const frames = await answered
    expect(errorOf(frames)).toMatchObject({ S: 'ERROR', C: '42501', M: expect.stringMatching(/denied by test:otto.*rule ask \(policy held\).*not on a Friday/) })
    expect(types(await client.ask([query('select 1')]))).toBe('TDCZ')
    expect(await totalOf(8)).toBe(12)
    client.end()
  })

  test('expiry and withdrawal refuse, and say so', async () => {
    const client = await raw()
    for (const [end, words] of [['expire', 'has expired'], ['withdraw', 'was withdrawn: policy']] as const) {
      const hold = nextHold()
      const answered = client.ask([query(update(8))])
      const held = await hold()
      if (end === 'expire') held.expire()
      else held.withdraw('policy')
      expect(errorOf(await answered)).toMatchObject({ C: '42501', M: expect.stringContaining(words) })
    }
    expect(await totalOf(8)).toBe(12)
    client.end()
  })

  test('a text of several statements is one held command', async () => {
    const client = await raw()
    const hold = nextHold()
    const text = `begin; ${update(1)}; ${update(2)}; commit`
    const answered = client.ask([query(text)])
    const held = await hold()
    expect(held.command.text).toBe(text)
    held.approve()
    expect(tags(await answered)).toEqual(['BEGIN', 'UPDATE 1', 'UPDATE 1', 'COMMIT'])
    expect(held.uses).toBe(1)
    client.end()
  })

  test('two in a row are asked about one after the other', async () => {
    const client = await raw()
    const first = nextHold()
    const answered = client.ask([query(update(3)), query(update(4))], 2)
    const one = await first()
    const second = nextHold()
    one.approve()
    const two = await second()
    expect([one.command.intent === two.command.intent, await totalOf(3), await totalOf(4)]).toEqual([false, 0, 6])
    two.deny()
    const frames = await answered
    expect([types(frames), errorOf(frames)['C']]).toEqual(['NCZNEZ', '42501'])
    client.end()
  })

  test('what the client says it is for reaches the approvers', async () => {
    const client = await raw({ options: '-c gatehouse.purpose=INC-42\\ wrong\\ total' })
    const hold = nextHold()
    const answered = client.ask([query(update(3))])
    const held = await hold()
    expect(held.command.purpose).toBe('INC-42 wrong total')
    held.deny()
    await answered
    client.end()
  })

  test('the seconds it may take begin when it begins, not while it waits', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([query('select id, pg_sleep(0) from staff')])
    const held = await hold()
    await new Promise((done) => setTimeout(done, 1_100))
    held.approve()
    expect(tags(await answered)).toEqual(['SELECT 3'])
    const result = (await recorded(held.command.session)).at(-1)!
    expect(Number(result.value['ms'])).toBeLessThan(1_100)
    const again = nextHold()
    const slow = client.ask([query('select id, pg_sleep(20) from staff')])
    ;(await again()).approve()
    expect(errorOf(await slow)).toMatchObject({ C: '54000', M: expect.stringContaining('1 s') })
    client.end()
  })

  test('what masking refuses is not asked about', async () => {
    const before = approvals.holds.length
    const client = await raw()
    expect(errorOf(await client.ask([query('update orders set note = (select email from customers limit 1) where id = 1')]))['M']).toContain('denied by masking')
    expect(approvals.holds.length).toBe(before)
    client.end()
  })
})

group('the decision is judged again', () => {
  test('an approval that cannot be used up refuses', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([query(update(9))])
    const held = await hold()
    held.answerToUse = 'otto has left on-call'
    held.approve()
    expect(errorOf(await answered)).toMatchObject({ C: '42501', M: expect.stringContaining('otto has left on-call') })
    expect(await totalOf(9)).toBe(13.5)
    client.end()
  })

  test('a store that is lost refuses', async () => {
    approvals.failure = new GatehouseError('store_unavailable', 'the store does not answer')
    const client = await raw()
    expect(errorOf(await client.ask([query(update(9))]))).toMatchObject({ C: '58000', M: expect.stringContaining('the store does not answer') })
    expect(types(await client.ask([query('select 1')]))).toBe('TDCZ')
    client.end()
  })

  test('a policy that got stricter while it waited refuses, though it was approved', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([query(update(9))])
    const held = await hold()
    gateway.writePolicy('held', heldPolicy('- { id: frozen, who: everyone, deny: { sql: [update], on: ["public.orders"] } }'))
    await expect.poll(() => held.command.reevaluate?.()?.effect, { timeout: 10_000 }).toBe('deny')
    held.approve()
    expect(errorOf(await answered)).toMatchObject({ C: '42501', M: expect.stringContaining('frozen') })
    expect([held.uses, held.released, await totalOf(9)]).toEqual([0, 'cancelled', 13.5])
    gateway.writePolicy('held', heldPolicy(''))
    await expect.poll(() => held.command.reevaluate?.()?.effect, { timeout: 10_000 }).toBe('approve')
    client.end()
  })

  test('a policy that asks others by now refuses; one that only changed elsewhere does not', async () => {
    const client = await raw()
    const [first, second] = [nextHold(), client.ask([query(update(9))])]
    const held = await first()
    gateway.writePolicy('held', heldPolicy('').replace('{ groups: [on-call], count: 1 }, within', '{ groups: [dba], count: 1 }, within'))
    await expect.poll(() => held.command.reevaluate?.()?.need?.groups, { timeout: 10_000 }).toEqual(['dba'])
    held.approve()
    expect(errorOf(await second)).toMatchObject({ C: '42501', M: expect.stringContaining('others must approve it now') })
    const [third, fourth] = [nextHold(), client.ask([query(update(9))])]
    const again = await third()
    gateway.writePolicy('held', heldPolicy('').replace('{ groups: [on-call], count: 1 }, within', '{ groups: [dba], count: 1 }, within').replace('count: 2', 'count: 3'))
    await expect.poll(async () => (await direct.query('select 1')).rowCount, { timeout: 1_000 }).toBe(1)
    again.approve()
    expect(types(await fourth)).toBe('NCZ')
    gateway.writePolicy('held', heldPolicy(''))
    await expect.poll(() => held.command.reevaluate?.()?.need?.groups, { timeout: 10_000 }).toEqual(['on-call'])
    client.end()
  })

  test('another table of the same name is another command', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([query('update swapped set total = 2 where id = 1')])
    const held = await hold()
    await direct.query(remakeSwapped)
    held.approve()
    expect(errorOf(await answered)).toMatchObject({ C: '42501', M: expect.stringContaining('has changed while it waited') })
    expect((await direct.query('select total from swapped')).rows).toEqual([{ total: 1 }])
    client.end()
  })

  test('the same command in the same circumstances has the same intent; other values, roles or settings another', async () => {
    const client = await raw()
    const intents: string[] = []
    const asked = async (to: RawClient, ...messages: readonly Buffer[]) => {
      const hold = nextHold()
      const answered = to.ask(messages)
      const held = await hold()
      held.deny()
      await answered
      intents.push(held.command.intent)
    }
    const prepared = (value: string) => [parse('', 'update orders set total = 0 where id = $1'), bind('', '', [value]), execute(''), sync]
    await asked(client, query(update(1)))
    const other = await raw()
    await asked(other, query(update(1)))
    await asked(client, ...prepared('1'))
    await asked(client, ...prepared('2'))
    await client.ask([query("set datestyle = 'German'")])
    await asked(client, query(update(1)))
    await other.ask([query("set datestyle = 'German'")])
    await asked(other, query(update(1)))
    const [a, b, one, two, german, alike] = intents
    expect(a).toBe(b)
    expect(german).toBe(alike)
    expect(new Set([a, one, two, german]).size).toBe(4)
    client.end()
    other.end()
  })
})

group('the client goes away', () => {
  test('CancelRequest withdraws, and the client gets 57014', async () => {
    const client = await signedIn()
    const hold = nextHold()
    const answered = client.query(update(5)).then(() => null, (error: { code: string }) => error.code)
    const held = await hold()
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
    const cancel = await RawClient.open(gateway.host, gateway.port)
    const request = Buffer.alloc(16)
    request.writeInt32BE(16, 0)
    request.writeInt32BE(80_877_102, 4)
    request.writeInt32BE(processID, 8)
    request.writeInt32BE(secretKey, 12)
    cancel.send(request)
    expect(await answered).toBe('57014')
    expect([held.released, held.uses]).toEqual(['cancelled', 0])
    held.approve()
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    expect(await totalOf(5)).toBe(7.5)
    await client.end()
  })

  test('a disconnect withdraws, also in the moment of use', async () => {
    const client = await raw()
    const hold = nextHold()
    client.send(query(update(5)))
    const held = await hold()
    const use = Promise.withResolvers<string | null>()
    held.answerToUse = use.promise
    held.approve()
    await expect.poll(() => held.uses, { interval: 5 }).toBe(1)
    client.end()
    await expect.poll(() => held.released, { interval: 5 }).toBe('disconnected')
    use.resolve(null)
    // What would run is asked of the same server after it.
    await expect.poll(async () => (await direct.query("select count(*)::int as n from pg_stat_activity where query like 'update orders%' and state = 'active'")).rows[0].n).toBe(0)
    expect(await totalOf(5)).toBe(7.5)
  })

  test('a disconnect inside a tunnel withdraws', async () => {
    const client = await overTunnel(gateway, await exchanged(gateway, await gateway.token({ sub: 'eli', groups: ['engineers'] })))
    const hold = nextHold()
    const failed = client.query(update(5)).catch(() => undefined)
    const held = await hold()
    ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
    await expect.poll(() => held.released, { timeout: 10_000 }).toBe('disconnected')
    await Promise.race([failed, Promise.resolve()])
  })

  test('one that keeps sending is read up to a limit, and its end is noticed all the same', async () => {
    const flood = Buffer.alloc(60_000_000, query('select 1'))
    const client = await raw({}, quick)
    const hold = nextHold(quickApprovals)
    client.send(query(update(5)))
    const held = await hold()
    // Far more than the limit and both kernels' buffers; the test's own memory holds what could not be sent.
    client.send(flood)
    const before = process.memoryUsage().arrayBuffers
    await client.until(() => notices(client).length >= 10)
    expect(notices(client)[3]!['M']).toMatch(/^still waiting for approval/)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000)
    client.end()
    await expect.poll(() => held.released, { timeout: 10_000 }).toBe('disconnected')
  })

  test('the end of the session, by revocation of its token, withdraws', async () => {
    const token = await exchanged(gateway, await gateway.token({ sub: 'rita', groups: ['engineers'] }))
    const client = await RawClient.signIn(gateway, token)
    const hold = nextHold()
    client.send(query(update(5)))
    const held = await hold()
    await callApi(gateway, 'DELETE', '/v1/tokens/current', token)
    await client.closed()
    expect(held.released).toBe('session-ended')
    held.approve()
    expect([held.uses, errorOf(client.frames())['C']]).toEqual([0, '57P01'])
    const frames = await recorded(held.command.session)
    expect(frames.slice(-2)).toMatchObject([
      { kind: 'verdict', value: { effect: 'deny', reason: expect.stringContaining('revoked'), approval: { id: held.approval, outcome: 'withdrawn' } } }, { kind: 'close' },
    ])
    expect(await totalOf(5)).toBe(7.5)
  })

  test('an idle limit does not end a session that waits', async () => {
    const client = await raw({}, quick)
    const hold = nextHold(quickApprovals)
    const answered = client.ask([query(update(5))])
    const held = await hold()
    await client.until(() => notices(client).length >= 20)
    held.approve()
    expect(tags(await answered)).toEqual(['UPDATE 1'])
    client.end()
  })
})

group('the extended protocol', () => {
  const text = 'update orders set total = $1 where id = $2'

  test('Parse and Describe pass, Bind is held with its parameters, nothing after it goes ahead', async () => {
    const client = await raw()
    expect(types(await client.ask([parse('u', text), describe('S', 'u'), sync]))).toBe('1tnZ')
    const hold = nextHold()
    const answered = client.ask([bind('', 'u', ['3', '11']), execute(''), sync, query(update(12).replace('0', '1')), query('select 5')], 3)
    const held = await hold()
    expect(held.command).toMatchObject({ text, parameters: ['3', '11'] })
    expect(await totalOf(11)).toBe(16.5)
    const next = nextHold()
    held.approve()
    ;(await next()).approve()
    const frames = await answered
    expect([types(frames), tags(frames), await totalOf(11), await totalOf(12)]).toEqual(['N2CZNCZTDCZ', ['UPDATE 1', 'UPDATE 1', 'SELECT 1'], 3, 1])
    client.end()
  })

  test('while a batch of its own waits nothing of it is upstream, so it locks nothing', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([parse('', text), describe('S', ''), bind('', '', ['4', '12']), describe('P', ''), execute(''), sync])
    const held = await hold()
    expect(held.command.risk.locks).toBeNull()
    const { rows } = await direct.query("select count(*)::int as n from pg_locks l join pg_class c on c.oid = l.relation where c.relname = 'orders' and l.pid <> pg_backend_pid()")
    expect(rows).toEqual([{ n: 0 }])
    held.approve()
    expect(types(await answered)).toBe('N1tn2nCZ')
    client.end()
  })

  test('what was answered before it in a batch is delivered while it waits, and a denial skips the rest up to Sync', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([
      parse('', 'select 41'), bind('', ''), execute(''), parse('', text), bind('', '', ['5', '13']), execute(''), parse('', 'select 42'), bind('', ''), execute(''), sync, query('select 43'),
    ], 2)
    const held = await hold()
    await client.until(() => notices(client).length > 0)
    expect([types(client.frames()), client.frames().filter(({ type }) => type === 'D').map(({ body }) => valuesOf(body))]).toEqual(['12DC1N', [['41']]])
    // The batch is a transaction: it has read and locked already.
    expect(held.command.expiresAt - Date.now()).toBeLessThan(3 * 60_000)
    held.deny('no')
    const frames = await answered
    expect([types(frames), errorOf(frames)['C'], await totalOf(13)]).toEqual(['12DC1NEZTDCZ', '42501', 19.5])
    client.end()
  })

  test('split anywhere, a batch that waits is the same batch', async () => {
    const messages = Buffer.concat([parse('', 'select 41'), bind('', ''), execute(''), parse('', text), bind('', '', ['8', '17']), describe('P', ''), execute(''), sync, query('select 43')])
    const client = await raw()
    for (let at = 1; at < messages.length; at += 5) {
      const hold = nextHold()
      const answered = client.ask([messages.subarray(0, at)], 2)
      setImmediate(() => client.send(messages.subarray(at)))
      const held = await hold()
      expect(held.command).toMatchObject({ text, parameters: ['8', '17'] })
      held.deny()
      expect(types(await answered), `split at ${at}`).toBe('12DC1NEZTDCZ')
    }
    expect(await totalOf(17)).toBe(25.5)
    client.end()
  })

  test('BEGIN in the same batch, as JDBC sends it: the command waits inside that transaction, and runs in it', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([parse('', 'begin'), bind('', ''), execute(''), parse('', text), bind('', '', ['8', '18']), describe('P', ''), execute(''), sync])
    const held = await hold()
    expect(held.command.risk.locks).not.toBeNull()
    held.approve()
    const frames = await answered
    expect([types(frames), tags(frames), frames.at(-1)!.body.toString()]).toEqual(['12C1N2nCZ', ['BEGIN', 'UPDATE 1'], 'T'])
    await client.ask([query('rollback')])
    expect(await totalOf(18)).toBe(27)
    client.end()
  })

  test('an error before it in its batch skips it, and nobody is asked', async () => {
    const before = approvals.holds.length
    const client = await raw()
    const frames = await client.ask([parse('', 'select 1/0'), bind('', ''), execute(''), parse('', text), bind('', '', ['5', '13']), execute(''), sync])
    expect([types(frames), errorOf(frames)['C'], approvals.holds.length]).toEqual(['1EZ', '22012', before])
    client.end()
  })

  test('one approval is one Bind and its rows in pieces; a portal that is done needs another', async () => {
    const client = await raw()
    await client.ask([query('begin')])
    const hold = nextHold()
    const first = client.ask([parse('s', 'select id from staff order by id'), bind('p', 's'), execute('p', 1), sync])
    const held = await hold()
    expect(held.command).toMatchObject({ need: { groups: ['on-call', 'dba'], count: 2 }, risk: { level: 'low' } })
    held.approve()
    expect(types(await first)).toBe('N12DsZ')
    expect(types(await client.ask([execute('p', 1), sync]))).toBe('DsZ')
    expect(types(await client.ask([execute('p'), sync]))).toBe('DCZ')
    expect(errorOf(await client.ask([execute('p'), sync]))).toMatchObject({ C: '42501', M: expect.stringContaining('used up') })
    await client.ask([query('rollback')])
    const again = nextHold()
    const second = client.ask([bind('', 's'), execute(''), sync])
    ;(await again()).deny()
    expect(errorOf(await second)['C']).toBe('42501')
    expect(held.uses).toBe(1)
    client.end()
  })

  test('binary parameters are shown as values once their types are known, and too many bytes cannot be shown, so not be asked about', async () => {
    const client = await raw()
    await client.ask([parse('b', text), describe('S', 'b'), sync])
    const hold = nextHold()
    const binary = frame('B', [0], [0x62, 0], [0, 1, 0, 1], [0, 2], [0, 0, 0, 10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7], [0, 0, 0, 4, 0, 0, 0, 16], [0, 0])
    const answered = client.ask([binary, execute(''), sync])
    const held = await hold()
    expect(held.command.parameters).toEqual(['7', '16'])
    held.approve()
    expect([tags(await answered), await totalOf(16)]).toEqual([['UPDATE 1'], 7])
    const before = approvals.holds.length
    const large = await client.ask([parse('', 'update orders set note = $1 where id = 1'), bind('', '', ['x'.repeat(70_000)]), execute(''), sync])
    expect([errorOf(large)['C'], errorOf(large)['M'], approvals.holds.length]).toEqual(['54000', expect.stringContaining('heldParametersBytesMax'), before])
    client.end()
  })

  test('a cursor is asked about when it is declared, not at each FETCH', async () => {
    const client = await raw()
    await client.ask([query('begin')])
    const hold = nextHold()
    const declared = client.ask([query('declare c cursor for select id from staff order by id')])
    const held = await hold()
    held.approve()
    expect(tags(await declared)).toEqual(['DECLARE CURSOR'])
    const before = approvals.holds.length
    expect(types(await client.ask([query('fetch 2 from c')]))).toBe('TDDCZ')
    expect(types(await client.ask([query('fetch all from c')]))).toBe('TDCZ')
    expect(approvals.holds.length).toBe(before)
    await client.ask([query('close c')])
    const again = nextHold()
    const redeclared = client.ask([query('declare c cursor for select id from staff order by id desc')])
    ;(await again()).deny()
    expect(errorOf(await redeclared)['C']).toBe('42501')
    client.end()
  })

  test('PREPARE passes, EXECUTE is held with what it runs', async () => {
    const client = await raw()
    expect(tags(await client.ask([query('prepare u (int) as update orders set total = 6 where id = $1')]))).toEqual(['PREPARE'])
    const hold = nextHold()
    const answered = client.ask([query('execute u(14)')])
    const held = await hold()
    expect(held.command.text).toMatch(/^execute u\(14\)[\s\S]*prepare u \(int\) as update orders set total = 6/)
    held.approve()
    expect([tags(await answered), await totalOf(14)]).toEqual([['UPDATE 1'], 6])
    client.end()
  })

  test('a name that code may have redefined is refused, unasked', async () => {
    // Whom nothing is masked for: others may not even guess.
    const client = await RawClient.signIn(gateway, await gateway.token({ sub: 'pia', groups: ['engineers', 'privacy'] }))
    await client.ask([parse('u', text), sync])
    await client.ask([query('select shout()')])
    expect(errorOf(await client.ask([bind('', 'u', ['1', '1']), execute(''), sync]))).toMatchObject({ C: '42501', M: expect.stringContaining('what the name stands for') })
    client.end()
  })

  test('a portal that code may have replaced since its approval does not run', async () => {
    await direct.query("create or replace function reopen() returns void language plpgsql as $$ declare c refcursor := 'p'; begin close c; open c for select salary from staff; end $$")
    const client = await RawClient.signIn(gateway, await gateway.token({ sub: 'pia', groups: ['engineers', 'privacy'] }))
    await client.ask([query('begin')])
    const hold = nextHold()
    const bound = client.ask([parse('', 'select id from staff'), bind('p', ''), sync])
    ;(await hold()).approve()
    expect(types(await bound)).toBe('N12Z')
    await client.ask([query('select reopen()')])
    expect(errorOf(await client.ask([execute('p'), sync]))).toMatchObject({ C: '42501', M: expect.stringContaining('may have put another in its place') })
    client.end()
  })

  test('node-postgres with a pipeline gets every answer in order', async () => {
    const client = await signedIn()
    const hold = nextHold()
    const answers = Promise.all([
      client.query('select 1 as n'), client.query({ text, values: [9, 15] }), client.query({ name: 'later', text: 'select total::int as n from orders where id = $1', values: [15] }),
    ])
    ;(await hold()).approve()
    const [one, two, three] = await answers
    expect([one.rows, two.rowCount, three.rows]).toEqual([[{ n: 1 }], 1, [{ n: 9 }]])
    await client.end()
  })

  test('COPY in and COPY out wait, then run', async () => {
    const client = await signedIn()
    const hold = nextHold()
    const copied = pipeline(Readable.from(['301\t1\t1.00\tone\n']), client.query(copyFrom('copy orders from stdin')))
    const copying = await hold()
    expect(copying.command.risk).toMatchObject({ level: 'high', reasons: expect.arrayContaining([expect.stringContaining('rows come after the approval')]) })
    copying.approve()
    await copied
    expect(await totalOf(301)).toBe(1)
    const next = nextHold()
    const chunks: string[] = []
    const out = client.query(copyTo('copy (select id from staff order by id) to stdout'))
    const read = (async () => { for await (const chunk of out) chunks.push(String(chunk)) })()
    ;(await next()).approve()
    await read
    expect(chunks.join('')).toBe('1\n2\n3\n')
    await client.end()
  })
})

group('inside a transaction', () => {
  test('the limit is short and said, the locks it holds are shown, and a denial leaves it as any error does', async () => {
    const client = await raw({ options: '-c gatehouse.masks=on' })
    await client.ask([query('begin'), query("insert into events values ('2024-06-01', 'y')"), query('savepoint s')], 3)
    const hold = nextHold()
    const answered = client.ask([query(update(20))])
    const held = await hold()
    expect(held.command.risk.locks).toEqual(expect.arrayContaining(['RowExclusiveLock public.events']))
    expect(held.command.expiresAt - Date.now()).toBeLessThanOrEqual(2 * 60_000)
    await client.until(() => notices(client).length > 0)
    expect(notices(client)[0]!['M']).toMatch(/expires \d\d:\d\d UTC \(a transaction is open\)$/)
    expect(JSON.parse(notices(client)[0]!['D']!)).toMatchObject({ approval: held.approval, groups: ['on-call'], count: 1, shortenedBy: 'a transaction is open' })
    held.deny()
    const frames = await answered
    expect([types(frames), frames.at(-1)!.body.toString()]).toEqual(['NEZ', 'E'])
    const next = await client.ask([query('rollback to s'), query('select count(*) from events'), query('commit')], 3)
    expect([tags(next), next.at(-1)!.body.toString()]).toEqual([['ROLLBACK', 'SELECT 1', 'COMMIT'], 'I'])
    expect((await direct.query("select count(*)::int as n from events where what = 'y'")).rows).toEqual([{ n: 1 }])
    client.end()
  })

  test('an approval inside it runs in it', async () => {
    const client = await raw()
    await client.ask([query('begin')])
    const hold = nextHold()
    const answered = client.ask([query(update(20))])
    ;(await hold()).approve()
    const frames = await answered
    expect([tags(frames), frames.at(-1)!.body.toString(), await totalOf(20)]).toEqual([['UPDATE 1'], 'T', 30])
    await client.ask([query('rollback')])
    expect(await totalOf(20)).toBe(30)
    client.end()
  })

  test('BEGIN in the same packet counts, for it is answered first', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([query('begin'), query(update(20))], 2)
    const held = await hold()
    expect(held.command.risk.locks).toEqual([])
    held.deny()
    expect(types(await answered)).toBe('CZNEZ')
    client.end()
  })

  test("the database's own limit is the shorter one where it is, and is said", async () => {
    const client = await raw({ options: '-c idle_in_transaction_session_timeout=60s' })
    await client.ask([query('begin')])
    const hold = nextHold()
    const answered = client.ask([query(update(20))])
    const held = await hold()
    expect(held.command.expiresAt - Date.now()).toBeLessThan(60_000)
    await client.until(() => notices(client).length > 0)
    expect(notices(client)[0]!['M']).toContain('(idle_in_transaction_session_timeout of the database)')
    held.deny()
    await answered
    await client.ask([query('rollback'), query("set transaction_timeout = '50s'"), query('begin')], 3)
    const next = nextHold()
    const second = client.ask([query(update(20))])
    const shorter = await next()
    expect(shorter.command.expiresAt - Date.now()).toBeLessThan(50_000)
    shorter.deny()
    await second
    client.end()
  })

  test('it expires by our own clock where the approval lives longer', async () => {
    const client = await raw({}, quick)
    await client.ask([query('begin')])
    const hold = nextHold(quickApprovals)
    const frames = await client.ask([query(update(20))])
    expect([errorOf(frames)['M'], (await hold()).released]).toEqual([expect.stringContaining('has expired'), 'cancelled'])
    client.end()
  })

  test('in one that is aborted nobody is asked', async () => {
    const before = approvals.holds.length
    const client = await raw()
    await client.ask([query('begin'), query('select 1/0')], 2)
    expect(errorOf(await client.ask([query(update(20))]))).toMatchObject({ C: '42501', M: expect.stringContaining('aborted already') })
    expect([approvals.holds.length, tags(await client.ask([query('rollback')]))]).toEqual([before, ['ROLLBACK']])
    client.end()
  })
})

group('the record', () => {
  test('says what was asked, who decided, how long it waited; the command itself begins after that', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([query(update(21))])
    const held = await hold()
    await client.until(() => notices(client).length > 0)
    held.approve()
    await answered
    const frames = await recorded(held.command.session)
    expect(frames.map(({ kind }) => kind)).toEqual(['open', 'command', 'verdict', 'verdict', 'result'])
    expect(frames[2]!.value).toMatchObject({ command: 'c1', effect: 'approve', rule: 'ask', policy: 'held' })
    expect(frames[3]!.value).toMatchObject({ command: 'c1', effect: 'allow', reason: expect.stringContaining('approved by test:otto'), approval: { id: held.approval, outcome: 'approved', by: ['test:otto'] } })
    expect(frames[4]!.value).toMatchObject({ command: 'c1', status: 'UPDATE 1' })
    client.end()
  })

  test('no masked value stands in a notice or in the record: not of the text, the parameters, nor the denial', async () => {
    const client = await raw()
    const hold = nextHold()
    const answered = client.ask([query(`update customers set name = 'x' where ssn = '${sentinels.ssn}'`)])
    const held = await hold()
    // Approvers see the whole command; it is sealed apart from the record.
    expect(held.command.text).toContain(sentinels.ssn)
    expect(held.command.recordedText).not.toContain(sentinels.ssn)
    expect(held.command.risk).toMatchObject({ maskedColumns: ['public.customers.ssn'], level: 'high' })
    held.deny(`nobody may search for ${sentinels.ssn}`)
    await answered
    const next = nextHold()
    const bound = client.ask([parse('', 'update customers set name = $1 where email = $2'), bind('', '', ['y', `1-${sentinels.email}`]), execute(''), sync])
    const second = await next()
    expect(second.command.parameters).toEqual(['y', `1-${sentinels.email}`])
    second.deny(`it is 1-${sentinels.email}`)
    await bound
    for (const notice of notices(client)) for (const value of Object.values(sentinels)) expect(JSON.stringify(notice)).not.toContain(value)
    const text = JSON.stringify(await recorded(held.command.session))
    expect(text).toContain('nobody may search for [masked]')
    for (const value of Object.values(sentinels)) expect(text).not.toContain(value)
    client.end()
  })
})

test('a record that fails while a command waits: it does not run, approved or not, and the session ends', async () => {
  let left = Infinity
  const disk = { ...nodeFs, writeSync: (...given: Parameters<typeof nodeFs.writeSync>) => {
    if (--left <= 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    return nodeFs.writeSync(...given)
  } }
  const own = new FakeApprovals()
  const failing = await startTestGateway({ database, policies: { shop: shopPolicy, held: heldPolicy('') }, seams: { approvals: own, journalFs: disk } })
  const client = await raw({}, failing)
  const hold = nextHold(own)
  client.send(query(update(22)))
  const held = await hold()
  left = 1
  held.approve()
  await client.closed()
  expect(reportOf(client.frames().findLast(({ type }) => type === 'E')!.body)).toMatchObject({ S: 'FATAL', C: '58030' })
  expect(await totalOf(22)).toBe(33)
  await failing.stop()
})

test('psql waits, says so, and prints the row count when it was approved', async () => {
  const hold = nextHold()
  const child = spawn('psql', ['-h', gateway.host, '-p', String(gateway.port), '-d', 'shop', '-U', 'me', '-c', update(30)], {
    env: { ...process.env, PGPASSWORD: await gateway.token({ sub: 'eli', groups: ['engineers'] }), PGSSLMODE: 'disable', PSQLRC: '/dev/null' },
  })
  let [out, told] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { told += chunk.toString() })
  const held = await hold()
  await expect.poll(() => told, { timeout: 10_000 }).toContain('NOTICE:  waiting for approval')
  held.approve()
  await once(child, 'close')
  expect([out, child.exitCode]).toEqual(['UPDATE 1\n', 0])
})

test('a flush the client asks for, and a Close, change nothing for what waits', async () => {
  const client = await raw()
  const hold = nextHold()
  const answered = client.ask([parse('', update(31)), frame('H'), bind('', ''), execute(''), frame('C', [0x53], [0]), sync])
  const held = await hold()
  held.approve()
  expect(types(await answered)).toBe('1N2C3Z')
  client.end()
})
