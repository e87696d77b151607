// Commands that wait in the extended protocol, and inside transactions.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { describe as group, expect, test } from 'vitest'
import { RawClient } from '../../testing/raw-client.ts'
import { bind, describe, execute, frame, parse, query, sync, valuesOf } from './testing/messages.ts'
import { approvals, quickApprovals, gateway, direct, quick, raw, signedIn, nextHold, types, errorOf, notices, tags, totalOf, update, useHolding } from './testing/holding.ts'

useHolding()

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

test('a flush the client asks for, and a Close, change nothing for what waits', async () => {
  const client = await raw()
  const hold = nextHold()
  const answered = client.ask([parse('', update(31)), frame('H'), bind('', ''), execute(''), frame('C', [0x53], [0]), sync])
  const held = await hold()
  held.approve()
  expect(types(await answered)).toBe('1N2C3Z')
  client.end()
})
