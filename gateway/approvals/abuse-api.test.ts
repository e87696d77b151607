// The attacker of approvals, end to end: who decides, how often, and what then runs. Each test is one line of design.md §6 that
// somebody tries to get around.
import { Client } from 'pg'
import { describe, expect, test, vi } from 'vitest'
import { openEvents, type OpenStream } from '../testing/api.ts'
import type { Claimant } from '../testing/two-gateways.ts'
import { moving, askMovers, direct, pair, useAbuse, marked, named, totalOf, outcomeOf, whole, ask, decide, show } from './testing/abuse.ts'

useAbuse()

describe('nobody approves their own', () => {
  type Try = readonly [string, (mark: string) => Claimant, number]
  const tries: readonly Try[] = [
    ['another token of the same sign-in', (mark) => named('eve', mark, 'engineers', 'on-call'), 403],
    ['the same subject by another entry of the same issuer', (mark) => ({ sub: `eve-${mark}`, issuer: 'twin', groups: ['on-call'] }), 403],
    ['the same e-mail by another issuer', (mark) => ({ ...named('x', mark, 'on-call'), issuer: 'other', email: `eve-${mark}@example.com` }), 403],
    ['the same e-mail in capitals', (mark) => ({ ...named('x', mark, 'on-call'), issuer: 'other', email: `EVE-${mark}@Example.COM` }), 403],
    ['the same e-mail in other letters that look and fold alike', (mark) => ({ ...named('x', mark, 'on-call'), issuer: 'other', email: `\uff45ve-${mark}@example.com` }), 403],
    ['a human’s token that acts for the requester', (mark) => ({ ...named('x', mark, 'on-call'), claims: { act: { sub: `eve-${mark}` } } }), 403],
    ['a human’s token that acts for somebody else', (mark) => ({ ...named('x', mark, 'on-call'), claims: { act: { sub: 'robot' } } }), 403],
    ['an agent in the group', (mark) => ({ ...named('x', mark, 'on-call'), issuer: 'agents' }), 404],
    ['an agent that acts for a human in the group', (mark) => ({ ...named('x', mark, 'on-call'), issuer: 'agents', claims: { act: { sub: 'robot' } } }), 404],
    ['CI in the group', (mark) => ({ ...named('x', mark, 'on-call'), issuer: 'ci' }), 404],
    ['an admin and reviewer without the group', (mark) => named('x', mark, 'admins', 'admin', 'reviewers', 'dba'), 404],
    ['the group in capitals', (mark) => named('x', mark, 'On-Call'), 404],
    ['the group with a blank, or another hyphen', (mark) => named('x', mark, 'on-call ', 'on\u2010call', 'on-call\u200b'), 404],
    ['groups as one text', (mark) => ({ ...named('x', mark), claims: { groups: 'on-call' } }), 404],
  ]
  test.each(tries)('%s', async (_, decider, status) => {
    const mark = marked()
    const watcher = await pair.token(named('ada', mark, 'on-call'))
    const { id, client, outcome } = await ask('update orders set total = 0 where id = 1', { by: named('eve', mark, 'engineers', 'on-call'), watcher, mark })
    const token = await pair.token(decider(mark))
    for (const at of [pair.one, pair.two]) expect((await decide(token, id, undefined, at)).status).toBe(status)
    expect(whole(await show(watcher, id))).toMatchObject({ state: 'open', decisions: [] })
    await client.end()
    expect(await outcome).not.toMatch(/^ran/)
    expect(await totalOf(1)).toBe(1.5)
  })

  test.each([
    ['act', (sub: string) => ({ act: { sub } })],
    ['on_behalf_of', (sub: string) => ({ on_behalf_of: sub })],
    ['an act inside an act', (sub: string) => ({ act: { sub: 'robot', act: { sub } } })],
    ['a delegator by e-mail', (sub: string) => ({ delegator: { email: `${sub}@example.com`.toUpperCase() } })],
  ])('whoever an agent asks for does not approve it: %s', async (_, claims) => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const { id, client } = await ask('update orders set total = 0 where id = 1', { by: { ...named('robot', mark, 'engineers'), issuer: 'agents', claims: claims(`eve-${mark}`) }, watcher: ada, mark })
    for (const issuer of ['test', 'other'] as const) {
      expect((await decide(await pair.token({ ...named('eve', mark, 'on-call'), issuer }), id)).status).toBe(403)
    }
    expect(whole(await show(ada, id)).state).toBe('open')
    await client.end()
  })
})

describe('people are counted, not votes', () => {
  test('one human in two groups, with two sign-ins, counts for one team', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call', 'dba'))
    const again = await pair.token({ ...named('a', mark, 'dba'), issuer: 'other', email: `Ada-${mark}@example.com` })
    const { id, outcome, client } = await ask(`insert into orders (id, total) values (1000, 1)`, { by: named('eve', mark, 'engineers'), watcher: ada, mark })
    expect(whole(await decide(ada, id)).state).toBe('open')
    for (const token of [ada, again]) expect((await decide(token, id)).status).toBe(409)
    expect(whole(await show(ada, id)).state).toBe('open')
    await decide(await pair.token(named('ben', mark, 'dba')), id)
    expect(await outcome).toBe('ran 1')
    await client.end()
  })

  test('fifty decisions of one human at once, at both gateways, are one', async () => {
    const mark = marked()
    const tokens = await Promise.all([pair.token(named('ada', mark, 'on-call')), pair.token({ ...named('ada', mark, 'on-call'), issuer: 'twin' })])
    const { id, outcome, client } = await ask('delete from orders where id = 3', { by: named('eve', mark, 'engineers'), watcher: tokens[0], mark })
    const answers = await Promise.all(Array.from({ length: 50 }, (__, n) => decide(tokens[n % 2]!, id, { decision: 'approve', attempt: `${n}` }, n % 4 < 2 ? pair.one : pair.two)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]))
    expect(whole(await show(tokens[0], id))).toMatchObject({ state: 'open', needs: [{ count: 2, have: 1 }] })
    await client.end()
    expect(await outcome).not.toMatch(/^ran/)
  })

  test('of fifty that approve and one that denies, all at once, the denial is final where it came in time, and nothing runs twice', async () => {
    const mark = marked()
    const people = await Promise.all(Array.from({ length: 10 }, (__, n) => pair.token(named(`p${n}`, mark, 'on-call'))))
    const { id, outcome, client } = await ask('update orders set total = total + 1 where id = 4', { by: named('eve', mark, 'engineers'), watcher: people[0]!, mark })
    await Promise.all(people.map((token, n) => decide(token, id, { decision: n === 5 ? 'deny' : 'approve' }, n % 2 === 0 ? pair.one : pair.two)))
    const said = await outcome
    const { state, decisions } = whole(await show(people[0]!, id))
    const isDenied = decisions.some(({ decision }) => decision === 'deny')
    expect(state).toBe(isDenied ? 'denied' : 'used')
    expect(said.startsWith('ran')).toBe(!isDenied)
    expect(await totalOf(4)).toBe(isDenied ? 6 : 7)
    // What is approved and has not run yet may still be denied.
    expect(decisions.filter(({ decision }) => decision === 'approve').length).toBeLessThanOrEqual(1)
    expect(decisions).toHaveLength(isDenied && decisions[0]!.decision === 'approve' ? 2 : 1)
    await client.end()
  })

  test('who left the group approves nothing with the older token, whichever comes last', async () => {
    const mark = marked()
    const watcher = await pair.token(named('ben', mark, 'on-call'))
    const { id, outcome, client } = await ask('update orders set total = 0 where id = 5', { by: named('eve', mark, 'engineers'), watcher, mark })
    await pair.token(named('ada', mark))
    const old = await pair.token({ ...named('ada', mark, 'on-call'), agoSeconds: 60 })
    const [stream, known] = await Promise.all([old, watcher].map((token) => openEvents(pair.two, token))) as [OpenStream, OpenStream]
    await vi.waitFor(() => { for (const { messages } of [stream, known]) expect(messages).toHaveLength(1) }, { timeout: 20_000 })
    for (const decision of ['approve', 'deny']) expect((await decide(old, id, { decision })).status).toBe(404)
    expect((await show(old, id)).status).toBe(404)
    expect(JSON.stringify((await pair.call(old, 'GET', '/v1/approvals?limit=200')).json)).not.toContain(id)
    await pair.call(watcher, 'POST', `/v1/approvals/${id}/view`, {})
    await vi.waitFor(() => expect(JSON.stringify(known.messages)).toContain(id), { timeout: 20_000 })
    expect(JSON.stringify(stream.messages)).not.toContain(id)
    for (const { close } of [stream, known]) close()
    expect(whole(await show(watcher, id))).toMatchObject({ state: 'open', decisions: [] })
    expect(await totalOf(5)).toBe(7.5)
    await client.end()
    expect(await outcome).not.toMatch(/^ran/)
  })

  test('one of two approvers leaves before the other comes: the quorum is not there', async () => {
    const mark = marked()
    const [ada, ben, cat] = await Promise.all(['ada', 'ben', 'cat'].map((sub) => pair.token({ ...named(sub, mark, 'on-call'), agoSeconds: 60 }))) as [string, string, string]
    const { id, outcome, client } = await ask('delete from orders where id = 6', { by: named('eve', mark, 'engineers'), watcher: ben, mark })
    await decide(ada, id)
    await pair.token(named('ada', mark))
    await decide(ben, id)
    expect(whole(await show(ben, id)).state).toBe('open')
    await decide(cat, id)
    expect(await outcome).toBe('ran 1')
    await client.end()
  })
})

describe('what is over stays over', () => {
  test.each<[string, (id: string, deciders: { readonly ada: string; readonly eve: string }) => Promise<unknown>, string]>([
    ['denied', (id, { ada }) => decide(ada, id, { decision: 'deny', reason: 'no' }), 'denied'],
    ['withdrawn', (id, { eve }) => pair.call(eve, 'POST', `/v1/approvals/${id}/withdraw`, {}), 'withdrawn'],
    ['used', (id, { ada }) => decide(ada, id), 'used'],
    ['expired', async (id, { ada }) => pair.call(ada, 'POST', `/v1/approvals/${id}/expiry`, { expiresAt: new Date(Date.now() + 200).toISOString() }), 'expired'],
  ])('after it is %s nobody decides, shortens, explains or withdraws it', async (_, end, state) => {
    const mark = marked()
    const [ada, ben] = await Promise.all([pair.token(named('ada', mark, 'on-call')), pair.token(named('ben', mark, 'on-call'))])
    const { id, token: eve, outcome, client } = await ask('update orders set total = total + 1 where id = 7', { by: named('eve', mark, 'engineers', 'incident'), watcher: ada, mark })
    const before = await totalOf(7)
    await end(id, { ada, eve })
    const said = await outcome
    expect(said.startsWith('ran')).toBe(state === 'used')
    await vi.waitFor(async () => expect(whole(await show(ada, id)).state).toBe(state), { timeout: 20_000 })
    const later = new Date(Date.now() + 3_600_000).toISOString()
    for (const at of [pair.one, pair.two]) {
      for (const decision of ['approve', 'deny']) expect((await decide(ben, id, { decision }, at)).status).toBe(409)
      expect((await pair.call(ben, 'POST', `/v1/approvals/${id}/expiry`, { expiresAt: later }, at)).status).toBeGreaterThanOrEqual(400)
      expect((await pair.call(eve, 'POST', `/v1/approvals/${id}/purpose`, { purpose: 'late' }, at)).status).toBe(409)
      expect((await pair.call(eve, 'POST', `/v1/approvals/${id}/withdraw`, {}, at)).status).toBe(409)
      expect((await pair.call(eve, 'POST', `/v1/approvals/${id}/break-glass`, { reason: 'x', incident: 'x' }, at)).status).toBeGreaterThanOrEqual(400)
    }
    expect(whole(await show(ada, id)).state).toBe(state)
    expect(await totalOf(7)).toBe(before + (state === 'used' ? 1 : 0))
    await client.end()
  })

  test('the same decision sent again, with the same attempt, is one vote and one event; with another attempt or answer it is refused', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const { id, client } = await ask('delete from orders where id = 8', { by: named('eve', mark, 'engineers'), watcher: ada, mark })
    const body = { decision: 'approve', attempt: 'first' }
    expect((await Promise.all([decide(ada, id, body), decide(ada, id, body, pair.two), decide(ada, id, body)])).map(({ status }) => status)).toEqual([200, 200, 200])
    expect((await decide(ada, id, { ...body, attempt: 'second' })).status).toBe(409)
    expect((await decide(ada, id, { ...body, decision: 'deny' })).status).toBe(409)
    expect(whole(await show(ada, id))).toMatchObject({ state: 'open', decisions: [{ decision: 'approve' }], needs: [{ have: 1 }] })
    await client.end()
  })

  test('a token that was revoked decides nothing, reads nothing and hears nothing', async () => {
    const mark = marked()
    const [ada, ben] = await Promise.all([pair.token(named('ada', mark, 'on-call')), pair.token(named('ben', mark, 'on-call'))])
    const { id, client } = await ask('update orders set total = 0 where id = 9', { by: named('eve', mark, 'engineers'), watcher: ben, mark })
    const stream = await openEvents(pair.two, ada)
    expect((await pair.call(ada, 'DELETE', '/v1/tokens/current')).status).toBe(200)
    for (const at of [pair.one, pair.two]) {
      expect((await decide(ada, id, undefined, at)).status).toBe(401)
      expect((await pair.call(ada, 'GET', `/v1/approvals/${id}`, undefined, at)).status).toBe(401)
    }
    await expect(openEvents(pair.one, ada)).rejects.toThrow('401')
    expect(whole(await show(ben, id))).toMatchObject({ state: 'open', decisions: [] })
    stream.close()
    await client.end()
  })

  test('a requester whose token is revoked while the command waits asks nothing any more', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const { id, token, outcome } = await ask('update orders set total = 0 where id = 10', { by: named('eve', mark, 'engineers'), watcher: ada, mark })
    await pair.call(token, 'DELETE', '/v1/tokens/current')
    expect(await outcome).not.toMatch(/^ran/)
    await vi.waitFor(async () => expect(whole(await show(ada, id)).state).toBe('withdrawn'), { timeout: 20_000 })
    expect((await decide(ada, id)).status).toBe(409)
    expect(await totalOf(10)).toBe(15)
  })
})

describe('what changes while it waits', () => {
  const remake = `drop schema if exists mv cascade; create schema mv;
    create table mv.moved (id int primary key, total int); insert into mv.moved values (1, 1);
    create or replace function mv.bump() returns int language sql as $$ update mv.moved set total = total + 1 where id = 1 returning total $$;
    create or replace procedure mv.clean() language sql as $$ update mv.moved set total = total + 1 where id = 1 $$;`

  test.each<[string, string, boolean]>([
    ['denied now', moving(askMovers(), '- { id: no, who: { groups: [movers] }, deny: { sql: [update], on: ["public.orders"] } }'), false],
    ['others are asked', moving(askMovers('move', '[dba], count: 1')), false],
    ['more are asked', moving(askMovers('move', '[on-call], count: 2')), false],
    ['another team is asked besides', moving(askMovers(), askMovers('also', '[dba], count: 1')), false],
    ['the requester has no rule any more', moving(''), false],
    ['the rule has another name', moving(askMovers('renamed')), true],
    ['there is more that is allowed elsewhere', moving(askMovers(), '- { id: more, who: { groups: [movers] }, allow: { sql: [insert], on: ["public.events"] } }'), true],
  ])('the policy: %s', async (_, yaml, isStanding) => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    await pair.writePolicy('moving', moving(askMovers()))
    const { id, outcome, client } = await ask('update orders set total = total + 1 where id = 11', { by: named('mo', mark, 'movers'), watcher: ada, mark })
    await pair.writePolicy('moving', yaml)
    const { status } = await decide(ada, id)
    const said = await outcome
    expect(said.startsWith('ran')).toBe(isStanding)
    if (isStanding) expect(status).toBe(200)
    expect(await totalOf(11)).toBe(isStanding ? 17.5 : 16.5)
    await client.end()
  })

  test.each<[string, string, string]>([
    ['the table is another of the same name', 'update mv.moved set total = 9', 'alter table mv.moved rename to moved_away; create table mv.moved (id int, total int)'],
    ['the table is a view of the same name', 'update mv.moved set total = 9', 'alter table mv.moved rename to moved_away; create view mv.moved as select id, total from mv.moved_away'],
    ['the procedure it calls has another body', 'call mv.clean()', 'create or replace procedure mv.clean() language sql as $$ update mv.moved set total = total + 1000 where id = 1 $$'],
  ])('the database: %s', async (_, sql, change) => {
    await direct.query(remake)
    await pair.writePolicy('moving', moving(`${askMovers()}\n  - { id: calls, who: { groups: [movers] }, approve: { functions: ["mv.*"] }, by: { groups: [on-call], count: 1 } }`))
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const { id, outcome, client } = await ask(sql, { by: named('mo', mark, 'movers'), watcher: ada, mark })
    await direct.query(change)
    await decide(ada, id)
    expect(await outcome).toMatch(/changed while it waited|another|approval/)
    expect((await direct.query('select max(total)::int as most from mv.moved')).rows[0].most ?? 1).toBe(1)
    await client.end()
  })

  test('a retry with another value, another type, another format, another path or another role is another approval', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const eve = named('eve', mark, 'engineers')
    const token = await pair.token(eve)
    const ids = new Set<string>()
    const clients: Client[] = []
    const ways: readonly (readonly [string | null, unknown])[] = [[null, '13'], [null, '14'], [null, Buffer.from([0, 0, 0, 13])], ['set search_path = public', '13'], ['set datestyle = german', '13']]
    for (const [before, value] of ways) {
      const client = await pair.session(token)
      clients.push(client)
      if (before !== null) await client.query(before)
      client.query(`update orders set total = 0 where id = $1 /* ${mark} */`, [value]).catch(() => undefined)
      await vi.waitFor(async () => {
        const { json } = await pair.call(ada, 'GET', '/v1/approvals?filter=open&limit=200')
        const mine = (json['approvals'] as { id: string; subject: { recorded: string } }[]).filter(({ subject }) => subject.recorded.includes(mark))
        expect(mine).toHaveLength(ids.size + 1)
        for (const { id } of mine) ids.add(id)
      }, { timeout: 20_000 })
    }
    expect(ids.size).toBe(ways.length)
    for (const client of clients) await client.end()
  })
})

describe('one approval, one run', () => {
  test('sessions at two gateways wait for the same: one of them runs it, every time', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const eve = named('eve', mark, 'engineers')
    for (let round = 0; round < 5; round++) {
      const before = await totalOf(20)
      const first = await ask('update orders set total = total + 1 where id = 20', { by: eve, watcher: ada, mark: `${mark}-${round}` })
      const other = await pair.session(await pair.token(eve), pair.two)
      const second = outcomeOf(other.query(`update orders set total = total + 1 where id = 20 /* ${mark}-${round} */`))
      await vi.waitFor(async () => expect(whole(await show(ada, first.id)).held.filter(({ isLive }) => isLive)).toHaveLength(2), { timeout: 20_000 })
      await decide(ada, first.id, undefined, round % 2 === 0 ? pair.one : pair.two)
      const said = await Promise.all([first.outcome, second])
      expect(said.filter((each) => each === 'ran 1')).toHaveLength(1)
      expect(await totalOf(20)).toBe(before + 1)
      for (const client of [first.client, other]) await client.end()
    }
  })

  test('an agent that holds a token in a person’s name does not share that person’s approval', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const eve = named('eve', mark, 'engineers')
    const own = await ask('update orders set total = total + 1 where id = 25', { by: eve, watcher: ada, mark })
    const robot = await pair.session(await pair.token({ ...eve, claims: { act: { sub: 'robot' } } }))
    const outcome = outcomeOf(robot.query(`update orders set total = total + 1 where id = 25 /* ${mark} */`))
    await vi.waitFor(async () => {
      const { json } = await pair.call(ada, 'GET', '/v1/approvals?filter=open&limit=200')
      const mine = (json['approvals'] as { requester: { id: string; delegator: string | null } }[]).filter(({ requester }) => requester.id === `test:${eve.sub}`)
      expect(mine.map(({ requester }) => requester.delegator).toSorted()).toEqual([null, 'robot'].toSorted())
    }, { timeout: 20_000 })
    await decide(ada, own.id)
    expect(await own.outcome).toBe('ran 1')
    expect(await totalOf(25)).toBe(38.5)
    for (const client of [own.client, robot]) await client.end()
    expect(await outcome).not.toMatch(/^ran/)
  })

  test('a run that is rolled back needs another approval', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const client = await pair.session(await pair.token(named('eve', mark, 'engineers')))
    const sql = `update orders set total = total + 1 where id = 21 /* ${mark} */`
    await client.query('begin')
    const first = outcomeOf(client.query(sql))
    const { id } = await pair.opened(ada, mark)
    await decide(ada, id)
    expect(await first).toBe('ran 1')
    await client.query('rollback')
    const second = outcomeOf(client.query(sql))
    const next = await pair.opened(ada, mark)
    expect(next.id).not.toBe(id)
    await decide(ada, next.id, { decision: 'deny' })
    expect(await second).toContain('denied')
    expect(await totalOf(21)).toBe(31.5)
    await client.end()
  })

  test('a name prepared anew after its approval is asked about anew, and one risky statement holds its whole text', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    const client = await pair.session(await pair.token(named('eve', mark, 'engineers')))
    await client.query(`prepare p as update orders set total = total + 1 where id = 22 /* ${mark}-a */`)
    const first = outcomeOf(client.query('execute p'))
    const one = await pair.opened(ada, `${mark}-a`)
    await decide(ada, one.id)
    expect(await first).toBe('ran 1')
    await client.query('deallocate p')
    await client.query(`prepare p as update orders set total = total + 1000 /* ${mark}-b */ where id = 22`)
    const second = outcomeOf(client.query('execute p'))
    const two = await pair.opened(ada, `${mark}-b`)
    expect(two.id).not.toBe(one.id)
    await decide(ada, two.id, { decision: 'deny' })
    expect(await second).toContain('denied')
    const before = await totalOf(23)
    const third = outcomeOf(client.query(`select 1; update orders set total = 0 where id = 23 /* ${mark}-c */; select 2`))
    const three = await pair.opened(ada, `${mark}-c`)
    await decide(ada, three.id, { decision: 'deny' })
    expect(await third).toContain('denied')
    expect([await totalOf(22), await totalOf(23)]).toEqual([34, before])
    await client.end()
  })

  test('a client that leaves in the moment of the approval has run it once or not at all, and its retry is told', async () => {
    const mark = marked()
    const ada = await pair.token(named('ada', mark, 'on-call'))
    for (let round = 0; round < 5; round++) {
      const { id, client } = await ask('update orders set total = total + 1 where id = 24', { by: named('eve', mark, 'engineers'), watcher: ada, mark: `${mark}-${round}` })
      const before = await totalOf(24)
      await Promise.all([decide(ada, id), client.end()])
      await vi.waitFor(async () => expect(['used', 'withdrawn']).toContain(whole(await show(ada, id)).state), { timeout: 20_000 })
      const { state } = whole(await show(ada, id))
      if (state === 'withdrawn') expect(await totalOf(24)).toBe(before)
      expect(await totalOf(24)).toBeLessThanOrEqual(before + 1)
    }
  })
})
