// The attacker of approvals, end to end: what may be seen, and the ways around a decision: grants, break-glass, floods, pre-flight.
import { Client } from 'pg'
import { describe, expect, test, vi } from 'vitest'
import { approvalHoldsMax } from '../limits.ts'
import { openEvents } from '../testing/api.ts'
import { sentinels } from '../testing/shop.ts'
import type { Claimant } from '../testing/two-gateways.ts'
import { store, direct, pair, useAbuse, marked, named, outcomeOf, whole, ask, decide, show, later, filesUnder } from './testing/abuse.ts'

useAbuse()

describe('a token that is only shown, never exchanged', () => {
  test('tells that its owner has left the group: an approval given before does not count any more', async () => {
    const mark = marked()
    const [adaIn, ben] = [{ ...named('ada', mark, 'on-call'), agoSeconds: 60 }, await pair.token(named('ben', mark, 'on-call'))]
    const { id, outcome, client } = await ask('delete from orders where id = 33', { by: named('eve', mark, 'engineers'), watcher: ben, mark })
    const shownOnly = await pair.jwt(adaIn)
    expect((await decide(shownOnly, id)).status).toBe(200)
    // At the other gateway, as a plain bearer of any question.
    await pair.call(await pair.jwt({ ...adaIn, groups: ['sales'], agoSeconds: 5 }), 'GET', '/v1/whoami', undefined, pair.two)
    expect((await decide(ben, id)).status).toBe(200)
    expect(whole(await show(ben, id))).toMatchObject({ state: 'open' })
    expect((await decide(await pair.token(named('cid', mark, 'on-call')), id)).status).toBe(200)
    expect(await outcome).toBe('ran 1')
    await client.end()
  })

  test('and an old one neither decides nor breaks the glass by groups that its owner has no more', async () => {
    const mark = marked()
    const eve = { ...named('eve', mark, 'engineers', 'incident'), agoSeconds: 120 }
    const watcher = await pair.token(named('ada', mark, 'on-call'))
    const old = await pair.jwt(eve)
    const client = await pair.session(old)
    const outcome = outcomeOf(client.query(`update staff set name = name where id = 1 /* ${mark} */`))
    const { id } = await pair.opened(watcher, mark)
    await pair.call(await pair.jwt({ ...eve, groups: ['engineers'], agoSeconds: 1 }), 'GET', '/v1/whoami', undefined, pair.two)
    expect(await pair.call(old, 'POST', `/v1/approvals/${id}/break-glass`, { reason: 'now', incident: 'INC-1' })).toMatchObject({ status: 403 })
    expect(whole(await show(watcher, id))).toMatchObject({ state: 'open', brokenGlass: null })
    expect((await decide(watcher, id, { decision: 'deny' })).status).toBe(200)
    expect(await outcome).toMatch(/denied/)
    await client.end()
  })
})

describe('who may see it', () => {
  test('others find neither the approval, nor the event, nor what is alike, nor the text in anything', async () => {
    const mark = marked()
    const [ada, mallory, robot] = await Promise.all([pair.token(named('ada', mark, 'on-call')), pair.token(named('mal', mark, 'engineers', 'admins')), pair.token({ ...named('bot', mark, 'on-call'), issuer: 'agents' })])
    const streams = await Promise.all([mallory, robot].map((token) => openEvents(pair.two, token)))
    const { id, client } = await ask('update orders set total = 0 where id = 30', { by: named('eve', mark, 'engineers'), watcher: ada, mark })
    const own = await pair.session(mallory)
    own.query(`update orders set total = 0 where id = 31 /* own-${mark} */`).catch(() => undefined)
    const mine = await pair.opened(mallory, `own-${mark}`)
    for (const token of [mallory, robot]) {
      for (const [method, path, body] of [
        ['GET', '', undefined], ['POST', '/decision', { decision: 'deny' }], ['POST', '/expiry', { expiresAt: new Date(Date.now() + 1_000).toISOString() }], ['POST', '/withdraw', {}],
        ['POST', '/purpose', { purpose: 'x' }], ['POST', '/view', {}], ['POST', '/break-glass', { reason: 'x', incident: 'x' }], ['POST', '/review', { note: 'x' }],
      ] as const) expect((await pair.call(token, method, `/v1/approvals/${id}${path}`, body)).status).toBe(404)
      for (const filter of ['all', 'open', 'mine', 'decided', 'reviews']) {
        expect(JSON.stringify((await pair.call(token, 'GET', `/v1/approvals?filter=${filter}&limit=200`)).json)).not.toContain(id)
      }
    }
    expect(whole(await show(mallory, mine.id)).similar).toEqual([])
    expect(whole(await show(ada, mine.id)).similar.map((other) => other.id)).toContain(id)
    for (const { messages, close } of streams) {
      expect(JSON.stringify(messages)).not.toContain(id)
      close()
    }
    for (const each of [client, own]) await each.end()
  })

  test('who asked is not told the planner’s estimate, which tells of values that come masked', async () => {
    const mark = marked()
    await direct.query('analyze customers')
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const { id, token, client } = await ask(`update customers set name = name where ssn = '${sentinels.ssn}'`, { by: named('eve', mark, 'engineers'), watcher: ada, mark })
    expect(whole(await show(ada, id)).exact?.risk.estimatedRows).toBe(50)
    expect(whole(await show(token, id)).exact?.risk.estimatedRows ?? null).toBeNull()
    expect(JSON.stringify(whole(await show(token, id)))).not.toContain('planner')
    await client.end()
  })

  test('the exact text and its values are in no table of the store, no file and no log line', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const client = await pair.session(await pair.token(named('eve', mark, 'engineers')))
    const secret = (n: number) => `zq-exact-${mark}-${n}`
    const outcome = outcomeOf(client.query(`update customers set email = $1, ssn = '${secret(2).slice(0, 11)}' where id = 40 and name <> $2`, [secret(1), secret(3)]))
    const open = await vi.waitFor(async () => {
      const { json } = await pair.call(ada, 'GET', '/v1/approvals?filter=open&limit=200')
      const [found] = (json['approvals'] as { id: string; requester: { email: string } }[]).filter(({ requester }) => requester.email.includes(mark))
      if (found === undefined) throw new Error('nothing is open yet')
      return found
    }, { timeout: 20_000 })
    expect(whole(await show(ada, open.id)).exact?.parameters).toContain(secret(1))
    await decide(ada, open.id)
    expect(await outcome).toBe('ran 1')
    const inStore = new Client({ ...store })
    await inStore.connect()
    const { rows: tables } = await inStore.query<{ name: string }>(`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'gatehouse'`)
    expect(tables.length).toBeGreaterThan(5)
    const spellings = [1, 2, 3].flatMap((n) => [secret(n), Buffer.from(secret(n)).toString('base64').slice(0, 20), Buffer.from(secret(n)).toString('hex')])
    for (const { name } of tables) {
      const { rows } = await inStore.query<{ row: string }>(`select t::text as row from ${name} t`)
      for (const spelling of spellings) expect([name, rows.filter(({ row }) => row.includes(spelling)).length]).toEqual([name, 0])
    }
    await inStore.end()
    const listed = JSON.stringify((await pair.call(ada, 'GET', '/v1/approvals?filter=all&limit=200')).json)
    for (const text of [listed, pair.logged(), ...filesUnder(pair.folder)]) for (const spelling of spellings) expect(text.includes(spelling)).toBe(false)
    await client.end()
  })
})

describe('grants', () => {
  const wanted = { connection: 'shop', kinds: ['update'], on: ['public.orders'], minutes: 30, purpose: 'INC-1' }
  async function granted(mark: string, over: Record<string, unknown> = {}) {
    const [ada, eve] = await Promise.all([pair.token(named('ada', mark, 'on-call')), pair.token(named('eve', mark, 'engineers'))])
    const { id } = whole(await pair.call(eve, 'POST', '/v1/grants', { ...wanted, ...over }))
    expect(whole(await decide(ada, id)).state).toBe('used')
    return { ada, eve, grant: whole(await show(ada, id)).grant!, id }
  }

  test.each([
    ['endless', { minutes: 1e9 }], ['of negative time', { minutes: -5 }], ['of no time', { minutes: 0 }], ['of half a minute', { minutes: 0.5 }], ['of a text', { minutes: '60' }],
    ['of a kind nobody knows', { kinds: ['everything'] }], ['of no kind', { kinds: [] }], ['on no table', { on: [] }], ['without a purpose', { purpose: '  ' }], ['with a book of a purpose', { purpose: 'x'.repeat(1 << 20) }],
    ['on another’s connection', { connection: 'shop2' }],
  ])('one %s is refused', async (_, over) => {
    const eve = await pair.token(named('eve', marked(), 'engineers'))
    expect((await pair.call(eve, 'POST', '/v1/grants', { ...wanted, ...over })).status).toBeGreaterThanOrEqual(400)
  })

  test('for minutes that an approver would widen it is refused, and the requester cannot agree', async () => {
    const mark = marked()
    const [ada, eve] = await Promise.all([pair.token(named('ada', mark, 'on-call')), pair.token(named('eve', mark, 'engineers', 'on-call'))])
    const { id } = whole(await pair.call(eve, 'POST', '/v1/grants', wanted))
    for (const minutes of [31, 1e6, 0, -1, 1.5]) expect((await decide(ada, id, { decision: 'approve', minutes })).status).toBe(400)
    expect((await decide(eve, id)).status).toBe(403)
    expect((await pair.call(eve, 'POST', `/v1/approvals/${id}/break-glass`, { reason: 'x', incident: 'x' })).status).toBe(403)
    expect(whole(await show(ada, id)).state).toBe('open')
  })

  test('it is for its owner, its class and its approvers, and for nothing that is denied', async () => {
    const mark = marked()
    const { eve } = await granted(mark)
    const own = await pair.session(eve, pair.two)
    await vi.waitFor(async () => expect((await Promise.race([own.query(`update orders set total = 1 where id = 50 /* ${mark} */`), later(3_000)]))?.rowCount).toBe(1), { timeout: 20_000 })
    const held: readonly (readonly [string, Claimant])[] = [
      [`update orders set total = 1 where id = 51 /* other-person-${mark} */`, named('mal', mark, 'engineers')],
      [`update orders set total = 1 where id = 51 /* agent-${mark} */`, { ...named('eve', mark, 'engineers'), issuer: 'agents' }],
      [`update orders set total = 1 where id = 51 /* acts-for-${mark} */`, { ...named('eve', mark, 'engineers'), claims: { act: { sub: 'robot' } } }],
      [`update orders set total = 1 where id = 51 /* twin-${mark} */`, { ...named('eve', mark, 'engineers'), issuer: 'twin' }],
      [`update customers set name = name where id = 51 /* other-table-${mark} */`, named('eve', mark, 'engineers')],
      [`delete from orders where id = 151 /* other-kind-${mark} */`, named('eve', mark, 'engineers')],
      [`with gone as (delete from orders where id = 151 returning id) update orders set total = 1 where id = 51 /* inside-${mark} */`, named('eve', mark, 'engineers')],
    ]
    const watcher = await pair.token(named('zoe', mark, 'on-call'))
    for (const [sql, who] of held) {
      const client = await pair.session(await pair.token(who))
      const outcome = outcomeOf(client.query(sql))
      const { id } = await pair.opened(watcher, /\/\* (\S+) /.exec(sql)![1]!)
      await decide(watcher, id, { decision: 'deny' })
      expect(await outcome).toContain('denied')
      await client.end()
    }
    expect(await outcomeOf(own.query('truncate orders'))).not.toMatch(/^ran/)
    await own.end()
  })

  test('of everything it opens what its approvers are asked about, and no denial and no other approvers', async () => {
    const mark = marked()
    const eve = await pair.token(named('eve', mark, 'engineers'))
    const { id, needs } = whole(await pair.call(eve, 'POST', '/v1/grants', { ...wanted, kinds: ['*'], on: null }))
    // Every rule that may ask is asked.
    expect(needs.map(({ groups, count }) => [groups.join(), count])).toEqual(expect.arrayContaining([['on-call', 2], ['dba', 1]]))
    expect(whole(await decide(await pair.token(named('ada', mark, 'on-call')), id)).state).toBe('open')
  })

  test('revoked, it ends the statement that runs by it', async () => {
    const mark = marked()
    const { ada, eve, grant } = await granted(mark)
    const client = await pair.session(eve, pair.two)
    await vi.waitFor(async () => expect((await Promise.race([client.query('update orders set total = 1 where id = 52'), later(3_000)]))?.rowCount).toBe(1), { timeout: 20_000 })
    await direct.query('begin')
    await direct.query('update orders set total = 2 where id = 53')
    const running = outcomeOf(client.query('update orders set total = 1 where id = 53'))
    expect((await pair.call(await pair.token(named('mal', mark, 'engineers')), 'POST', `/v1/grants/${grant}/revoke`, {})).status).toBe(404)
    expect((await pair.call(ada, 'POST', `/v1/grants/${grant}/revoke`, {})).status).toBe(200)
    expect(await running).not.toMatch(/^ran/)
    await direct.query('rollback')
    await vi.waitFor(async () => expect((await direct.query(`select 1 from pg_stat_activity where query like '%where id = 53' and state = 'active' and pid <> pg_backend_pid()`)).rowCount).toBe(0), { timeout: 20_000 })
  })

  test('over, it ends the statement that runs by it within seconds, and leaves a session that rests', async () => {
    const mark = marked()
    const { eve } = await granted(mark)
    // The gateway's clock is not waited for: the store's row is moved to end in a moment.
    const stores = new Client({ ...store })
    await stores.connect()
    const [client, resting] = [await pair.session(eve, pair.two), await pair.session(eve, pair.two)]
    await vi.waitFor(async () => expect((await Promise.race([client.query('update orders set total = 1 where id = 54'), later(3_000)]))?.rowCount).toBe(1), { timeout: 20_000 })
    await resting.query('update orders set total = 1 where id = 56')
    await stores.query(`update gatehouse.grants set expires_at = now() + interval '2 seconds' where approval in (select id from gatehouse.approvals where asked->'requester'->>'id' like '%${mark}%')`)
    // Any event makes the gateways read the grants again.
    await pair.call(eve, 'POST', '/v1/grants', wanted)
    await direct.query('begin')
    await direct.query('update orders set total = 2 where id = 55')
    const startedAt = Date.now()
    const running = outcomeOf(client.query('update orders set total = 1 where id = 55'))
    expect(await running).not.toMatch(/^ran/)
    expect(Date.now() - startedAt).toBeLessThan(10_000)
    await direct.query('rollback')
    expect((await resting.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await resting.end()
    await stores.end()
  })
})

describe('break-glass', () => {
  test.each<[string, readonly string[], Record<string, unknown>]>([
    ['by who is not in the group', ['engineers'], { reason: 'down', incident: 'INC-1' }],
    ['without an incident', ['incident'], { reason: 'down' }], ['with a blank incident', ['incident'], { reason: 'down', incident: '  ' }], ['without a reason', ['incident'], { incident: 'INC-1' }],
    ['with a book of an incident', ['incident'], { reason: 'down', incident: 'x'.repeat(100_000) }],
  ])('%s there is none', async (_, groups, body) => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const { id, token, client } = await ask('update staff set salary = 1 where id = 1', { by: named('ivy', mark, ...groups), watcher: ada, mark })
    expect((await pair.call(token, 'POST', `/v1/approvals/${id}/break-glass`, body)).status).toBeGreaterThanOrEqual(400)
    expect(whole(await show(ada, id))).toMatchObject({ state: 'open', brokenGlass: null })
    await client.end()
  })

  test('it is for who asked, in person, once; and the review is for another human, whatever other sign-in who asked has', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call', 'incident'))
    const ivy = named('ivy', mark, 'incident', 'on-call')
    const { id, token, outcome, client } = await ask('update staff set salary = 5 where id = 1', { by: ivy, watcher: ada, mark })
    const body = { reason: 'down', incident: 'INC-1' }
    expect((await pair.call(ada, 'POST', `/v1/approvals/${id}/break-glass`, body)).status).toBe(403)
    expect((await pair.call(await pair.token({ ...ivy, claims: { act: { sub: 'robot' } } }), 'POST', `/v1/approvals/${id}/break-glass`, body)).status).toBe(403)
    expect((await pair.call(token, 'POST', `/v1/approvals/${id}/break-glass`, body)).status).toBe(200)
    expect((await pair.call(token, 'POST', `/v1/approvals/${id}/break-glass`, body)).status).toBe(409)
    expect(await outcome).toBe('ran 1')
    for (const other of [ivy, { ...ivy, issuer: 'twin' as const }, { ...ivy, issuer: 'other' as const }, { ...named('x', mark, 'on-call'), claims: { act: { sub: 'robot' } } }]) {
      expect((await pair.call(await pair.token(other), 'POST', `/v1/approvals/${id}/review`, { note: 'fine' })).status).toBe(403)
    }
    expect((await pair.call(ada, 'POST', `/v1/approvals/${id}/review`, { note: 'fine' })).status).toBe(200)
    expect((await pair.call(ada, 'POST', `/v1/approvals/${id}/review`, { note: 'again' })).status).toBe(409)
    await client.end()
  })
})

describe('nobody is drowned', () => {
  test('one principal has so many open at once, over all gateways, and so many who wait for one', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const token = await pair.token(named('eve', mark, 'engineers'))
    const clients: Client[] = []
    const refusals: string[] = []
    for (let n = 0; n < 24; n++) {
      const client = await pair.session(token, n % 2 === 0 ? pair.one : pair.two)
      clients.push(client)
      void outcomeOf(client.query(`update orders set total = 1 where id = ${n} /* ${mark} */`)).then((said) => refusals.push(said))
    }
    await vi.waitFor(() => expect(refusals.filter((said) => said.includes('approvalsOpenMax'))).toHaveLength(4), { timeout: 20_000 })
    const { json } = await pair.call(ada, 'GET', '/v1/approvals?filter=open&limit=200')
    expect((json['approvals'] as { requester: { email: string } }[]).filter(({ requester }) => requester.email.includes(`eve-${mark}`))).toHaveLength(20)
    for (const client of clients) await client.end()
  })

  test('who joins and leaves one approval again and again is stopped', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const { id, token, client } = await ask('update orders set total = 1 where id = 60', { by: named('eve', mark, 'engineers'), watcher: ada, mark })
    const sql = `update orders set total = 1 where id = 60 /* ${mark} */`
    let said = ''
    for (let n = 0; n < approvalHoldsMax + 5 && !said.includes('approvalHoldsMax'); n++) {
      const other = await pair.session(token)
      const outcome = outcomeOf(other.query(sql))
      await vi.waitFor(async () => expect(whole(await show(ada, id)).held.length > n + 1 || (await Promise.race([outcome, later(0)])) !== null).toBe(true), { timeout: 10_000, interval: 5 })
      await other.end()
      said = await outcome
    }
    expect(said).toContain('approvalHoldsMax')
    expect(whole(await show(ada, id)).held.length).toBe(approvalHoldsMax)
    await client.end()
  })

  test('what people write has an end, and what cannot be text is refused or shown, never a failure of the gateway', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const { id, token, client } = await ask('update orders set total = 1 where id = 61', { by: named('eve', mark, 'engineers'), watcher: ada, mark })
    expect((await pair.call(token, 'POST', `/v1/approvals/${id}/purpose`, { purpose: 'x'.repeat(1 << 20) })).status).toBeGreaterThanOrEqual(400)
    for (const bad of ['%00', '..%2f..', 'ap_%F0%9F%92%A5', `${id}%00`, "'; drop table x --"]) expect([400, 404]).toContain((await show(ada, encodeURI(bad).replaceAll('%25', '%'))).status)
    expect((await pair.call(token, 'POST', `/v1/approvals/${id}/purpose`, { purpose: 'a\0b\ud800 \u202e <script> *bold* @here' })).status).toBeLessThan(500)
    expect((await decide(ada, id, { decision: 'deny', reason: 'no\0 \u001b]0;x\u0007 \u202e \ud800', attempt: '\0' })).status).toBeLessThan(500)
    await client.end()
  })
})

describe('pre-flight', () => {
  test('tells nothing of tables or rules to who has none on the connection, the same as of one that is not there, and asks no planner', async () => {
    const stranger = await pair.token(named('out', marked(), 'nobody'))
    for (const text of ['select * from staff', 'select * from nowhere', "select 1 where 'x' = (select ssn from customers)"]) {
      const [known, unknown] = await Promise.all(['shop', 'nope'].map((name) => pair.call(stranger, 'POST', `/v1/connections/${name}/preflight`, { text })))
      expect([known!.status, known!.json['detail']]).toEqual([404, unknown!.json['detail']])
    }
    expect((await pair.call(stranger, 'GET', '/v1/connections/shop/masks')).status).toBe(404)
  })

  test('says the same whatever a masked value is', async () => {
    const eve = await pair.token(named('eve', marked(), 'engineers'))
    const said = await Promise.all([sentinels.ssn, '000-00-0000'].map(async (ssn) =>
      JSON.stringify((await pair.call(eve, 'POST', '/v1/connections/shop/preflight', { text: `update customers set name = 'x' where ssn = '${ssn}'; select name from customers where ssn = '${ssn}'` })).json)))
    expect(said[0]).toBe(said[1])
    expect(said[0]).not.toContain(sentinels.ssn)
  })
})
