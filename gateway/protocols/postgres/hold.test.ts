// A command that waits for humans inside a live session: on a real PostgreSQL, with approvals by the test's hand.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe as group, expect, test } from 'vitest'
import { GatehouseError } from '../../../shared/errors.ts'
import { nodeFs } from '../../recording/segment-files.ts'
import { FakeApprovals } from '../../testing/fake-approvals.ts'
import { startTestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { sentinels, shopPolicy } from '../../testing/shop.ts'
import { bind, execute, parse, query, reportOf, sync } from './testing/messages.ts'
import { heldPolicy, remakeSwapped, approvals, database, gateway, direct, raw, nextHold, types, errorOf, notices, tags, totalOf, update, recorded, useHolding } from './testing/holding.ts'

useHolding()

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
