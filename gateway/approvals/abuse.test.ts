// design.md §6, line by line, against a broker and a desk on a store: PGlite, and a real PostgreSQL server.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '../../shared/principal.ts'
import type { Verdict } from '../../shared/verdict.ts'
import { startPostgres, type RealPostgres } from '../testing/real-postgres.ts'
import { approvalsOpenMax, approvalsPerHourMax } from '../limits.ts'
import { createLog } from '../log.ts'
import type { ApprovalRows } from '../store/approvals.ts'
import type { Hold } from './approvals.ts'
import { createBroker } from './create-broker.ts'
import { createSeal } from './seal.ts'
import { openOffice, type Office } from './testing/office.ts'
import { held, member, onCall, principal } from './testing/people.ts'

let postgres: RealPostgres
beforeAll(async () => { postgres = await startPostgres() })
afterAll(() => postgres.stop())

const ada = member('ada', 'on-call')
const ben = member('ben', 'on-call')
const approve = { decision: 'approve', reason: null } as const
const deny = { decision: 'deny', reason: 'not now' } as const
const verdict = (over: Partial<Verdict>) => ({ effect: 'approve', rule: null, reason: 'because', matched: [], limit: { rows: null, seconds: null }, need: onCall, ...over }) as Verdict
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error

describe.each(['pglite', 'server'] as const)('on %s', (kind) => {
  let office: Office
  beforeAll(async () => { office = await openOffice({ database: kind === 'server' ? await postgres.database('abuse') : null }) })
  afterAll(() => office.close())

  const settled = (hold: Hold) => hold.outcome
  const stateOf = async (hold: Hold) => (await office.rows.get(hold.approval))?.state

  test('a human who is asked approves, and the command runs once', async () => {
    const hold = await office.broker.hold(held())
    const shown = await office.desk.decide(ada, hold.approval, approve)
    expect(shown).toMatchObject({ state: 'approved', decisions: [{ by: { id: 'corp:ada' }, decision: 'approve' }] })
    expect(await settled(hold)).toEqual({ kind: 'approved', by: ['ada@example.com'] })
    expect(await hold.use()).toBeNull()
    expect(await hold.use()).toMatch(/once/)
    expect(await stateOf(hold)).toBe('used')
    expect((await office.audited('approval-used'))[0]).toMatchObject({ principal: 'corp:eve', detail: { approval: hold.approval } })
  })

  test('nothing runs before it is approved, and nothing after a denial, which is final', async () => {
    const hold = await office.broker.hold(held())
    expect(await hold.use()).toMatch(/not approved/)
    await office.desk.decide(ada, hold.approval, deny)
    expect(await settled(hold)).toEqual({ kind: 'denied', by: 'ada@example.com', reason: 'not now' })
    await expect(office.desk.decide(ben, hold.approval, approve)).rejects.toThrow(code('approval_closed'))
    expect(await hold.use()).toMatch(/not approved/)
    expect(office.broker.waiting).toBe(0)
    expect((await office.desk.show(ada, hold.approval)).held).toMatchObject([{ isLive: false }])
    expect(await stateOf(hold)).toBe('denied')
  })

  test('what is approved and has not run yet can still be denied, and then never runs', async () => {
    const hold = await office.broker.hold(held())
    await office.desk.decide(ada, hold.approval, approve)
    await settled(hold)
    await expect(office.desk.decide(ben, hold.approval, approve)).rejects.toThrow(code('approval_closed'))
    await expect(office.desk.decide(ada, hold.approval, deny)).rejects.toThrow(code('already_decided'))
    expect(await office.desk.show(ben, hold.approval)).toMatchObject({ state: 'approved', permitted: { decide: expect.any(String) as string, deny: null } })
    expect(await office.desk.decide(ben, hold.approval, deny)).toMatchObject({ state: 'denied' })
    expect(await hold.use()).toMatch(/denied/)
    expect(await stateOf(hold)).toBe('denied')
    await expect(office.desk.decide(member('cid', 'on-call'), hold.approval, approve)).rejects.toThrow(code('approval_closed'))
  })

  test.each<[string, Principal, string]>([
    ['the requester', member('eve', 'engineers', 'on-call'), 'forbidden'],
    ['an admin', member('root', 'admins'), 'approval_unknown'],
    ['an agent', principal('bot', { kind: 'agent', groups: ['on-call'] }), 'approval_unknown'],
    ['CI', principal('ci', { kind: 'ci', groups: ['on-call'] }), 'approval_unknown'],
  ])('%s cannot approve, nor deny, nor shorten', async (_, who, expected) => {
    const hold = await office.broker.hold(held())
    await expect(office.desk.decide(who, hold.approval, approve)).rejects.toThrow(code(expected))
    await expect(office.desk.decide(who, hold.approval, deny)).rejects.toThrow(code(expected))
    await expect(office.desk.shorten(who, hold.approval, Date.now() + 1000)).rejects.toThrow(code(expected))
    expect(await stateOf(hold)).toBe('open')
    hold.release('cancelled')
  })

  test('who may not see it is not told that it exists', async () => {
    const hold = await office.broker.hold(held())
    const unknown = await office.desk.show(member('max', 'sales'), hold.approval).catch((error: unknown) => error)
    expect(unknown).toEqual(await office.desk.show(member('max', 'sales'), 'ap_nothing').catch((error: unknown) => error))
    expect((await office.desk.list(member('max', 'sales'), { filter: 'open', limit: 10 })).approvals).toEqual([])
    hold.release('cancelled')
  })

  test('two are asked: one human counts once, whatever the session or the sign-in', async () => {
    const hold = await office.broker.hold(held({ need: { ...onCall, groups: ['on-call', 'dba'], count: 2 } }))
    const kim = member('kim', 'on-call', 'dba')
    await office.desk.decide(kim, hold.approval, approve)
    await expect(office.desk.decide(kim, hold.approval, approve)).rejects.toThrow(code('already_decided'))
    await expect(office.desk.decide({ ...kim, id: 'staff:kim' }, hold.approval, approve)).rejects.toThrow(code('already_decided'))
    await expect(office.desk.decide(kim, hold.approval, deny)).rejects.toThrow(code('already_decided'))
    expect(await stateOf(hold)).toBe('open')
    await office.desk.decide(ada, hold.approval, approve)
    expect(await settled(hold)).toMatchObject({ kind: 'approved' })
  })

  test('a decision that is sent again after a lost answer is the same decision', async () => {
    const hold = await office.broker.hold(held({ need: { ...onCall, count: 2 } }))
    await office.desk.decide(ada, hold.approval, { ...approve, attempt: 'x1' })
    expect((await office.desk.decide(ada, hold.approval, { ...approve, attempt: 'x1' })).decisions).toHaveLength(1)
    await expect(office.desk.decide(ada, hold.approval, { ...deny, attempt: 'x1' })).rejects.toThrow(code('already_decided'))
    hold.release('cancelled')
  })

  test('every rule that asks is answered by its own people', async () => {
    const hold = await office.broker.hold(held({ need: { ...onCall, also: [{ groups: ['dba'], users: [], count: 1, withinMs: 1 }] } }))
    await office.desk.decide(ada, hold.approval, approve)
    await office.desk.decide(ben, hold.approval, approve)
    expect(await stateOf(hold)).toBe('open')
    await office.desk.decide(member('dan', 'dba'), hold.approval, approve)
    expect(await stateOf(hold)).toBe('approved')
  })

  test('an approver who leaves the group before the command runs takes the vote along', async () => {
    const amy = member('amy', 'on-call')
    await office.signedIn(amy)
    const hold = await office.broker.hold(held())
    await office.desk.decide(amy, hold.approval, approve)
    await settled(hold)
    await office.signedIn({ ...amy, groups: [], claims: { ...amy.claims, iat: Math.floor(Date.now() / 1000) } })
    // Shown again, however often, an old token brings nothing back.
    for (let count = 0; count < 60; count++) await office.signedIn(amy)
    expect(await hold.use()).toMatch(/no longer among those/)
    expect(await stateOf(hold)).toBe('withdrawn')
  })

  test('silence is denial at expiry, and nobody decides after it', async () => {
    const hold = await office.broker.hold(held({ expiresAt: Date.now() + 150 }))
    expect(await settled(hold)).toEqual({ kind: 'expired' })
    await expect(office.desk.decide(ada, hold.approval, approve)).rejects.toThrow(code('approval_closed'))
    await expect.poll(() => stateOf(hold)).toBe('expired')
  })

  test('what is approved and not used in time is not used', async () => {
    const hold = await office.broker.hold(held({ expiresAt: Date.now() + 400 }))
    await office.desk.decide(ada, hold.approval, approve)
    await settled(hold)
    await new Promise((resolve) => { setTimeout(resolve, 450) })
    expect(await hold.use()).toMatch(/expired/)
  })

  test('an expiry is moved nearer only, and ends the wait', async () => {
    const hold = await office.broker.hold(held())
    const asked = hold.expiresAt
    await expect(office.desk.shorten(ada, hold.approval, asked + 1000)).rejects.toThrow(code('input_invalid'))
    await office.desk.shorten(ada, hold.approval, Date.now() + 200)
    expect(await settled(hold)).toEqual({ kind: 'expired' })
  })

  test('a cancel, a disconnect and the end of the session withdraw it', async () => {
    for (const why of ['cancelled', 'disconnected', 'session-ended'] as const) {
      const hold = await office.broker.hold(held())
      hold.release(why)
      await expect.poll(() => stateOf(hold)).toBe('withdrawn')
      await expect(office.desk.decide(ada, hold.approval, approve)).rejects.toThrow(code('approval_closed'))
      expect(await hold.use()).not.toBeNull()
    }
  })

  test('only the requester withdraws', async () => {
    const hold = await office.broker.hold(held())
    await expect(office.desk.withdraw(ada, hold.approval, null)).rejects.toThrow(code('forbidden'))
    await office.desk.withdraw(member('eve'), hold.approval, 'typo')
    expect(await settled(hold)).toEqual({ kind: 'withdrawn', reason: 'withdrawn by the requester: typo' })
  })

  test('a retry with the same intent joins, from another session too, and one of them runs', async () => {
    const command = held()
    const first = await office.broker.hold(command)
    const second = await office.broker.hold({ ...command, session: 'se_2' })
    expect(second.approval).toBe(first.approval)
    await office.desk.decide(ada, first.approval, approve)
    await Promise.all([settled(first), settled(second)])
    const answers = await Promise.all([first.use(), second.use()])
    expect(answers.filter((answer) => answer === null)).toHaveLength(1)
    const again = await office.broker.hold(command)
    expect(again.approval).not.toBe(first.approval)
    again.release('cancelled')
  })

  test('other parameters, another role or another text ask anew', async () => {
    const first = await office.broker.hold(held())
    const other = await office.broker.hold(held({ intent: 'f'.repeat(64) }))
    expect(other.approval).not.toBe(first.approval)
    await office.desk.decide(ada, first.approval, approve)
    expect(await other.use()).toMatch(/not approved/)
    first.release('cancelled')
    other.release('cancelled')
  })

  test('a session that leaves withdraws nothing while another waits for the same', async () => {
    const command = held()
    const [first, second] = [await office.broker.hold(command), await office.broker.hold({ ...command, session: 'se_2' })]
    first.release('disconnected')
    await expect.poll(async () => (await office.rows.get(second.approval))!.holds.map(({ goneAt }) => goneAt === null)).toEqual([false, true])
    expect(await stateOf(second)).toBe('open')
    second.release('cancelled')
  })

  test.each<[string, Verdict | null, RegExp | null]>([
    ['asks the same', verdict({}), null],
    ['allows it now', verdict({ effect: 'allow', need: null }), null],
    ['denies it', verdict({ effect: 'deny', need: null, reason: 'denied by rule never' }), /policy refuses it now: denied by rule never/],
    ['asks others', verdict({ need: { ...onCall, groups: ['dba'] } }), /policy asks others now/],
    ['asks more of them', verdict({ need: { ...onCall, count: 2 } }), /policy asks others now/],
    ['cannot be asked', null, /could not be asked/],
  ])('a policy that is loaded while it waits and %s', async (_, now, reason) => {
    let current: Verdict | null = verdict({})
    const [waiting, decided] = [await office.broker.hold(held({ reevaluate: () => current })), await office.broker.hold(held({ reevaluate: () => current }))]
    await office.desk.decide(ada, decided.approval, approve)
    await settled(decided)
    current = now
    office.reload('policies-1')
    if (reason === null) {
      expect([await stateOf(waiting), await decided.use()]).toEqual(['open', null])
      waiting.release('cancelled')
      return
    }
    expect(await settled(waiting)).toEqual({ kind: 'withdrawn', reason: expect.stringMatching(reason) as string })
    await expect.poll(() => stateOf(waiting)).toBe('withdrawn')
    expect(await decided.use()).toMatch(reason)
    await expect.poll(() => stateOf(decided)).toBe('withdrawn')
  })

  test('the loss of the requester’s own right is found immediately before the use', async () => {
    let current: Verdict | null = verdict({})
    const hold = await office.broker.hold(held({ reevaluate: () => current }))
    await office.desk.decide(ada, hold.approval, approve)
    await settled(hold)
    current = verdict({ effect: 'deny', need: null, reason: 'no rule gives you access' })
    expect(await hold.use()).toMatch(/no rule gives you access/)
    expect(await stateOf(hold)).toBe('withdrawn')
  })

  test('who cannot be evaluated again is withdrawn by any other policy', async () => {
    const hold = await office.broker.hold(held())
    office.reload('policies-2')
    expect(await settled(hold)).toMatchObject({ kind: 'withdrawn', reason: 'the policies changed' })
    office.reload('policies-1')
  })

  test('where policy wants a reason nobody is asked without one, and nothing runs without one', async () => {
    const need = { ...onCall, wantsReason: true } as const
    const text = 'delete from orders where id = 4711'
    await expect(office.broker.hold(held({ text, need }))).rejects.toThrow(/wants a reason/)
    await expect(office.broker.hold(held({ text, need: { ...onCall, also: [need] } }))).rejects.toThrow(/wants a reason/)
    await expect(office.broker.hold(held({ text, need, purpose: '\u200b ' }))).rejects.toThrow(/wants a reason/)
    const said = await office.broker.hold(held({ text, need, purpose: 'INC-1' }))
    const again = await office.broker.hold(held({ text, need }))
    expect([again.approval === said.approval, (await office.rows.get(said.approval))?.purpose]).toEqual([true, 'INC-1'])
    for (const hold of [said, again]) hold.release('cancelled')
    // Asked before policy wanted one.
    let current = verdict({})
    const old = await office.broker.hold(held({ reevaluate: () => current }))
    await office.desk.decide(ada, old.approval, approve)
    await settled(old)
    current = verdict({ need })
    expect(await old.use()).toMatch(/policy wants a reason now/)
    expect(await stateOf(old)).toBe('withdrawn')
    const open = await office.broker.hold(held({ text: `${text}0` }))
    await expect(office.broker.hold(held({ text: `${text}0`, need }))).rejects.toThrow(/wants a reason/)
    const joined = await office.broker.hold(held({ text: `${text}0`, need, purpose: 'said late' }))
    expect([joined.approval === open.approval, (await office.rows.get(open.approval))?.purpose]).toEqual([true, 'said late'])
    for (const hold of [open, joined]) hold.release('cancelled')
  })

  test('the glass is broken by the newest groups that are known, and what it let through is asked again when it runs', async () => {
    const need = { ...onCall, breakGlass: ['incident'] }
    const eve = member('eve-glass', 'engineers', 'incident')
    const later = { ...eve, groups: ['engineers'], claims: { ...eve.claims, iat: Number(eve.claims['iat']) + 30 } }
    const [broken, kept] = [await office.broker.hold(held({ need, principal: eve })), await office.broker.hold(held({ need, principal: eve }))]
    await office.desk.breakGlass(eve, broken.approval, { reason: 'now', incident: 'INC-1' })
    expect(await settled(broken)).toEqual({ kind: 'approved', by: [] })
    await office.signedIn(later)
    expect(await broken.use()).toMatch(/no break-glass here any more/)
    await expect(office.desk.breakGlass(eve, kept.approval, { reason: 'now', incident: 'INC-1' })).rejects.toThrow(code('forbidden'))
    kept.release('cancelled')
  })

  test('one principal cannot drown the approvers', async () => {
    const mallory = member('mallory')
    const holds = await Promise.all(Array.from({ length: approvalsOpenMax }, () => office.broker.hold(held({ principal: mallory }))))
    await expect(office.broker.hold(held({ principal: mallory }))).rejects.toThrow(code('limit_exceeded'))
    for (const hold of holds) hold.release('cancelled')
    await expect.poll(async () => (await Promise.all(holds.map(stateOf))).every((state) => state === 'withdrawn')).toBe(true)
  })

  test('nor ring at them all day', async () => {
    const mallory = member('mallet')
    await office.store.query(`insert into gatehouse.approvals (id, kind, state, intent, requester_id, connection, likeness, asked, created_at, expires_at, closed_at)
      select 'ap_' || i, 'command', 'withdrawn', 'i' || i, $1::text, 'shop', 'x', '{}', now(), now(), now() from generate_series(1, $2::int) i`, [mallory.id, approvalsPerHourMax])
    await expect(office.broker.hold(held({ principal: mallory }))).rejects.toThrow(/approvalsPerHourMax/)
  })

  test('a right that goes with a renewed token is found while it waits', async () => {
    let current: Verdict | null = verdict({})
    const hold = await office.broker.hold(held({ reevaluate: () => current }))
    current = verdict({ effect: 'deny', need: null, reason: 'no rule gives you access' })
    await office.broker.tidy()
    expect(await settled(hold)).toMatchObject({ kind: 'withdrawn', reason: expect.stringContaining('no rule gives you access') as string })
  })

  test('others’ approvals that are alike are shown to who may see them, and not to the requester', async () => {
    const [mine, other] = [await office.broker.hold(held()), await office.broker.hold(held({ principal: member('zed', 'engineers') }))]
    expect((await office.desk.show(ada, mine.approval)).similar.map(({ id }) => id)).toContain(other.approval)
    expect((await office.desk.show(member('eve'), mine.approval)).similar.map(({ id }) => id)).not.toContain(other.approval)
    mine.release('cancelled')
    other.release('cancelled')
  })

  test('what could not be written when a session left is written later', async () => {
    let isBroken = false
    const rows: ApprovalRows = { ...office.rows, transaction: (work) => (isBroken ? Promise.reject(new Error('not now')) : office.rows.transaction(work)) }
    const broker = createBroker({ rows, bus: office.bus, seal: createSeal('s'.repeat(64)), gateway: 'gw_flaky', policies: { current: { hash: 'policies-1' }, onChange: () => () => undefined }, log: createLog('silent') })
    const hold = await broker.hold(held())
    isBroken = true
    hold.release('disconnected')
    await expect(broker.tidy()).rejects.toThrow('not now')
    expect(await stateOf(hold)).toBe('open')
    isBroken = false
    await broker.tidy()
    expect(await stateOf(hold)).toBe('withdrawn')
    await broker.dispose()
  })

  test('break-glass goes on at once, tells those who are asked, and stays open until another human reviews it', async () => {
    const hero = member('eve', 'incident')
    const hold = await office.broker.hold(held({ principal: hero, need: { ...onCall, breakGlass: ['incident'] } }))
    const written = { reason: 'site is down', incident: 'INC-7' }
    await expect(office.desk.breakGlass(ada, hold.approval, written)).rejects.toThrow(code('forbidden'))
    await office.desk.breakGlass(hero, hold.approval, written)
    expect(await settled(hold)).toEqual({ kind: 'approved', by: [] })
    expect(await hold.use()).toBeNull()
    expect((await office.desk.list(ada, { filter: 'reviews', limit: 10 })).approvals.map(({ id }) => id)).toContain(hold.approval)
    expect((await office.desk.list(hero, { filter: 'reviews', limit: 10 })).approvals).toEqual([])
    await expect(office.desk.review(hero, hold.approval, 'fine')).rejects.toThrow(code('forbidden'))
    await expect(office.desk.review(member('eve', 'on-call'), hold.approval, 'fine')).rejects.toThrow(code('forbidden'))
    expect(await office.desk.review(ada, hold.approval, 'talked to eve')).toMatchObject({ brokenGlass: { incident: 'INC-7', review: { by: { id: 'corp:ada' }, note: 'talked to eve' } } })
    await expect(office.desk.review(ben, hold.approval, 'again')).rejects.toThrow(code('approval_closed'))
    expect((await office.audited('approval-broke-glass'))[0]).toMatchObject({ principal: 'corp:eve', detail: { incident: 'INC-7' } })
  })

  test('without break-glass in the policy there is none', async () => {
    const hold = await office.broker.hold(held({ principal: member('eve', 'incident') }))
    await expect(office.desk.breakGlass(member('eve', 'incident'), hold.approval, { reason: 'x', incident: 'y' })).rejects.toThrow(code('forbidden'))
    hold.release('cancelled')
  })

  test('the exact text is in no table, and is shown to who asked and who is asked', async () => {
    const hold = await office.broker.hold(held({ text: "delete from orders where note = 'zz-sealed-sentinel'", parameters: ['zz-sealed-parameter', null], recordedText: 'delete from orders where note = ?' }))
    const shown = await office.desk.show(ada, hold.approval)
    expect(shown).toMatchObject({ exact: { text: expect.stringContaining('zz-sealed-sentinel') as string, parameters: ['zz-sealed-parameter', null] }, sealed: null })
    expect(shown.subject).toMatchObject({ recorded: 'delete from orders where note = ?' })
    for (const table of ['approvals', 'approval_events', 'approval_holds', 'audit_events']) {
      const [row] = await office.store.query(`select string_agg(t::text, ' ') as everything from gatehouse.${table} t`)
      expect(String(row?.['everything'])).not.toMatch(/zz-sealed/)
    }
    expect((await office.audited('approval-read'))[0]).toMatchObject({ principal: 'corp:ada', detail: { approval: hold.approval } })
    hold.release('cancelled')
  })

  test('what cannot be read cannot be approved: a seal that was changed, or put on another approval', async () => {
    const [hold, other] = [await office.broker.hold(held()), await office.broker.hold(held())]
    await office.store.query('update gatehouse.approvals set sealed = (select sealed from gatehouse.approvals where id = $2::text) where id = $1::text', [hold.approval, other.approval])
    expect(await office.desk.show(ada, hold.approval)).toMatchObject({ exact: null, sealed: expect.stringContaining('changed behind') as string })
    await expect(office.desk.decide(ada, hold.approval, approve)).rejects.toThrow(/cannot be read/)
    await office.desk.decide(ada, hold.approval, deny)
    expect(await stateOf(hold)).toBe('denied')
    other.release('cancelled')
  })

  test('who looked is known, and the requester looking is nothing', async () => {
    const hold = await office.broker.hold(held())
    await office.desk.looked(ada, hold.approval)
    await office.desk.looked(ada, hold.approval)
    await office.desk.looked(member('eve'), hold.approval)
    expect((await office.desk.show(member('eve'), hold.approval)).viewers.map(({ by }) => by.id)).toEqual(['corp:ada'])
    hold.release('cancelled')
  })

  test('a purpose is said once', async () => {
    const hold = await office.broker.hold(held())
    await expect(office.desk.explain(ada, hold.approval, 'I say so')).rejects.toThrow(code('forbidden'))
    expect(await office.desk.explain(member('eve'), hold.approval, 'INC-42')).toMatchObject({ purpose: 'INC-42' })
    await expect(office.desk.explain(member('eve'), hold.approval, 'something harmless')).rejects.toThrow(code('approval_closed'))
    hold.release('cancelled')
  })
})
