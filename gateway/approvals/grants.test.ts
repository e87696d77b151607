import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApprovalNeed, GrantClass } from '../../shared/approval.ts'
import type { ResolvedAccess, ResolvedStatement, SqlCommandFacts, SqlKind } from '../../shared/command.ts'
import type { KubernetesCommandFacts, KubernetesVerb } from '../../shared/kubernetes.ts'
import type { GrantRecord } from '../store/grants.ts'
import { grantCovers, riskLevelOf } from './grants.ts'
import { openOffice, type Office } from './testing/office.ts'
import { held, member, onCall } from './testing/people.ts'

const now = Date.now()
function grantOf(over: Partial<GrantRecord> & { readonly class?: GrantClass } = {}): GrantRecord {
  return {
    id: 'gr_1', approval: 'ap_1', connection: 'shop', principal: { id: 'corp:eve', email: null, kind: 'human' }, class: { kinds: ['delete', 'select'], on: ['public.*'] }, agreed: onCall,
    purpose: 'x', approvedBy: [], openedAt: now - 1000, expiresAt: now + 1000, revokedAt: null, revoked: null, ...over,
  }
}
const access = (kind: SqlKind, ...relations: string[]): ResolvedAccess => ({ kind, relations, isFreeCatalog: relations.every((name) => name.startsWith('pg_catalog.')) && relations.length > 0 })
function facts(kind: SqlKind, accesses: readonly ResolvedAccess[], isHarmless = false): SqlCommandFacts {
  // Only these fields of a statement are looked at.
  return { kind: 'sql', statements: [{ statement: { kind, isHarmless } as ResolvedStatement['statement'], accesses }] }
}
const command = (given: SqlCommandFacts, over: Partial<Parameters<typeof grantCovers>[1]> = {}) => ({ principal: 'corp:eve', connection: 'shop', facts: given, need: onCall, now, ...over })
const deleteOrders = facts('delete', [access('delete', 'public.orders'), access('select', 'public.orders')])

test.each<[string, GrantRecord, Parameters<typeof grantCovers>[1], boolean]>([
  ['its class', grantOf(), command(deleteOrders), true],
  ['another principal', grantOf(), command(deleteOrders, { principal: 'corp:max' }), false],
  ['another connection', grantOf(), command(deleteOrders, { connection: 'hr' }), false],
  ['after its end', grantOf({ expiresAt: now }), command(deleteOrders), false],
  ['once revoked', grantOf({ revokedAt: now }), command(deleteOrders), false],
  ['another kind', grantOf(), command(facts('update', [access('update', 'public.orders')])), false],
  ['another table', grantOf(), command(facts('delete', [access('delete', 'hr.pay')])), false],
  ['a table besides', grantOf(), command(facts('delete', [access('delete', 'public.orders'), access('insert', 'public.log')])), false],
  ['a name that may mean a table outside', grantOf(), command(facts('delete', [access('delete', 'public.orders', 'hr.orders')])), false],
  ['an update without where, which nobody agreed to', grantOf({ class: { kinds: ['update'], on: null } }), command(facts('update', [access('update', 'public.a'), access('update-without-where', 'public.a')])), false],
  ['an update without where that is named', grantOf({ class: { kinds: ['update', 'update-without-where'], on: null } }), command(facts('update', [access('update', 'public.a'), access('update-without-where', 'public.a')])), true],
  ['everything, everywhere', grantOf({ class: { kinds: ['*'], on: null } }), command(facts('do', [])), true],
  ['unseen code, by "everything on these tables"', grantOf({ class: { kinds: ['*'], on: ['public.*'] } }), command(facts('do', [])), false],
  ['a select of no table, by "everything on these tables"', grantOf({ class: { kinds: ['*'], on: ['public.*'] } }), command(facts('select', [])), true],
  ['a harmless statement', grantOf(), command(facts('show', [], true)), true],
  ['a catalog that needs no rule', grantOf({ class: { kinds: ['delete'], on: null } }), command(facts('delete', [access('delete', 'public.a'), access('select', 'pg_catalog.pg_class')])), true],
  ['a rule that asks others', grantOf(), command(deleteOrders, { need: { ...onCall, groups: ['dba'] } }), false],
  ['a rule that asks more of them', grantOf(), command(deleteOrders, { need: { ...onCall, count: 2 } }), false],
  ['a rule that asks fewer of them', grantOf({ agreed: { ...onCall, count: 2 } }), command(deleteOrders), true],
])('a grant and %s', (_, grant, asked, covers) => {
  expect(grantCovers(grant, asked)).toBe(covers)
})

test('the risk of a grant is that of the most dangerous kind it opens', () => {
  expect([['select'], ['select', 'update'], ['select', 'drop'], ['*']].map((kinds) => riskLevelOf({ kinds, on: null }))).toEqual(['low', 'medium', 'high', 'high'])
  expect([['get', 'list'], ['get', 'delete'], ['exec'], ['rbac'], ['*']].map((kinds) => riskLevelOf({ kinds, on: null, protocol: 'kubernetes' }))).toEqual(['low', 'medium', 'high', 'high', 'high'])
})

const request = (verb: KubernetesVerb, resource: string, over: Partial<KubernetesCommandFacts> = {}): KubernetesCommandFacts => ({
  kind: 'kubernetes', verb, privilege: null, group: '', version: 'v1', resource: resource.split('/')[0]!, subresource: resource.split('/')[1] ?? null, namespace: 'shop', scope: 'namespace', name: 'web',
  labelSelector: null, fieldSelector: null, isDryRun: false, fieldManager: null, exec: null, ports: [], body: null, deletes: [], plain: null, ...over,
})
const everywhere = { namespace: null, scope: 'all' } as const
const ofCluster = { namespace: null, scope: 'cluster' } as const

test.each<[what: string, granted: Omit<GrantClass, 'protocol'>, facts: KubernetesCommandFacts, covers: boolean]>([
  ['its class', { kinds: ['delete'], on: ['shop/pods'] }, request('delete', 'pods'), true],
  ['another verb', { kinds: ['delete'], on: ['shop/pods'] }, request('deletecollection', 'pods'), false],
  ['another namespace', { kinds: ['delete'], on: ['shop/pods'] }, request('delete', 'pods', { namespace: 'hr' }), false],
  ['namespaces by a glob', { kinds: ['delete'], on: ['shop-*/pods'] }, request('delete', 'pods', { namespace: 'shop-eu' }), true],
  ['another resource', { kinds: ['delete'], on: ['shop/pods'] }, request('delete', 'secrets'), false],
  ['a subresource that is not named', { kinds: ['exec'], on: ['shop/pods'] }, request('exec', 'pods/exec'), false],
  ['a subresource that is', { kinds: ['exec'], on: ['shop/pods/exec'] }, request('exec', 'pods/exec'), true],
  ['any resource of a namespace', { kinds: ['get'], on: ['shop/*'] }, request('get', 'pods/log'), true],
  ['all namespaces, by one', { kinds: ['list'], on: ['shop/pods'] }, request('list', 'pods', everywhere), false],
  ['all namespaces, by any', { kinds: ['list'], on: ['*/pods'] }, request('list', 'pods', everywhere), true],
  ['what is in no namespace, by any', { kinds: ['get'], on: ['*/nodes'] }, request('get', 'nodes', ofCluster), false],
  ['what is in no namespace, written as such', { kinds: ['get'], on: ['-/nodes'] }, request('get', 'nodes', ofCluster), true],
  ['a namespace, which is in none', { kinds: ['delete'], on: ['-/namespaces'] }, request('delete', 'namespaces', { name: 'shop' }), true],
  ['an eviction of many', { kinds: ['create'], on: null }, request('create', 'pods/eviction', { deletes: [1, 2, 3, 4, 5] }), false],
  ['a collection, by its verb', { kinds: ['deletecollection'], on: null }, request('deletecollection', 'pods'), true],
  ['anything, anywhere', { kinds: ['*'], on: null }, request('patch', 'nodes', ofCluster), true],
  ['anything, by a lone star', { kinds: ['*'], on: ['*'] }, request('exec', 'pods/exec'), true],
  ['a privilege, by everything', { kinds: ['*'], on: null }, request('create', 'serviceaccounts/token', { privilege: 'mint-token' }), false],
  ['a privilege, by its verb', { kinds: ['create'], on: null }, request('create', 'serviceaccounts/token', { privilege: 'mint-token' }), false],
  ['a privilege, by its word', { kinds: ['mint-token'], on: ['shop/serviceaccounts/token'] }, request('create', 'serviceaccounts/token', { privilege: 'mint-token' }), true],
  ['one delete of many', { kinds: ['delete'], on: null }, request('delete', 'pods', { deletes: [1, 2, 3, 4, 5] }), false],
  ['one delete of many, by its word', { kinds: ['delete', 'mass-delete'], on: null }, request('delete', 'pods', { deletes: [1, 2, 3, 4, 5] }), true],
  ['a path that is no resource, by everything', { kinds: ['*'], on: null }, request('get', '', { ...ofCluster, plain: { path: '/logs', isDiscovery: false } }), false],
  ['a path that is no resource, by its verb', { kinds: ['get'], on: null }, request('get', '', { ...ofCluster, plain: { path: '/logs', isDiscovery: false } }), true],
  ['what needs no rule', { kinds: ['delete'], on: ['shop/pods'] }, request('get', '', { ...ofCluster, plain: { path: '/apis', isDiscovery: true } }), true],
  ['a table of SQL', { kinds: ['delete'], on: ['public.orders'] }, request('delete', 'orders', { namespace: 'public' }), false],
])('a grant on a cluster and %s', (_, granted, asked, covers) => {
  expect(grantCovers(grantOf({ class: { ...granted, protocol: 'kubernetes' } }), { ...command(deleteOrders), facts: asked })).toBe(covers)
  // A grant of SQL never covers a request, and one of a cluster no statement.
  expect(grantCovers(grantOf({ class: granted }), { ...command(deleteOrders), facts: asked })).toBe(false)
  expect(grantCovers(grantOf({ class: { kinds: ['*'], on: null, protocol: 'kubernetes' } }), command(deleteOrders))).toBe(false)
})

describe('the way of a grant', () => {
  const eve = member('eve', 'engineers')
  const [ada, ben] = [member('ada', 'on-call'), member('ben', 'on-call')]
  const wanted = { connection: held().connection, kinds: ['delete'], on: ['public.orders'], minutes: 60, purpose: 'INC-42' }
  const asked = { principal: 'corp:eve', connection: 'shop', facts: facts('delete', [access('delete', 'public.orders')]), need: onCall }
  let need: ApprovalNeed | null = onCall
  let office: Office
  beforeAll(async () => { office = await openOffice({ needFor: () => need }) })
  afterAll(() => office.close())

  test('opens with the quorum, for the shortest time anyone agreed to, and satisfies evaluation until it is revoked', async () => {
    need = { ...onCall, count: 2 }
    const { id } = await office.desk.requestGrant(eve, wanted)
    await expect(office.desk.decide(eve, id, { decision: 'approve', reason: null })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(office.desk.decide(ada, id, { decision: 'approve', reason: null, minutes: 61 })).rejects.toMatchObject({ code: 'input_invalid' })
    await office.desk.decide(ada, id, { decision: 'approve', reason: null, minutes: 10 })
    expect(office.keeper.covering({ ...asked, need })).toBeNull()
    const opened = await office.desk.decide(ben, id, { decision: 'approve', reason: null, minutes: 30 })
    expect(opened).toMatchObject({ state: 'used', grant: expect.any(String) as string })
    const [grant] = await office.desk.grants(eve, 'active')
    expect(Date.parse(grant!.expiresAt) - Date.parse(grant!.openedAt)).toBe(10 * 60_000)
    await expect.poll(() => office.keeper.covering({ ...asked, need: need! })?.id).toBe(grant!.id)
    expect(office.keeper.covering({ ...asked, principal: 'corp:max', need })).toBeNull()
    await expect(office.desk.revokeGrant(member('max', 'sales'), grant!.id, null)).rejects.toMatchObject({ code: 'not_found' })
    await office.desk.revokeGrant(ada, grant!.id, 'too long')
    await expect.poll(() => office.revoked.map((each) => each.id)).toEqual([grant!.id])
    expect(office.keeper.covering({ ...asked, need })).toBeNull()
    await expect(office.desk.revokeGrant(ada, grant!.id, null)).rejects.toMatchObject({ code: 'approval_closed' })
    expect((await office.desk.grants(eve, 'all'))[0]).toMatchObject({ state: 'revoked', permitted: { revoke: 'it is revoked already' } })
    expect((await office.audited('grant-revoked'))[0]).toMatchObject({ principal: 'corp:ada', detail: { of: 'corp:eve' } })
  })

  test('its owner may give it back, and a denial opens nothing', async () => {
    need = onCall
    const { id } = await office.desk.requestGrant(eve, wanted)
    await office.desk.decide(ada, id, { decision: 'approve', reason: null })
    const [grant] = await office.desk.grants(eve, 'active')
    expect(await office.desk.revokeGrant(eve, grant!.id, null)).toMatchObject({ state: 'revoked' })
    const denied = await office.desk.requestGrant(eve, wanted)
    expect(await office.desk.decide(ada, denied.id, { decision: 'deny', reason: 'no' })).toMatchObject({ state: 'denied', grant: null })
    expect(await office.desk.grants(eve, 'active')).toEqual([])
  })

  test('is not there where no rule asks, nor by break-glass', async () => {
    need = null
    await expect(office.desk.requestGrant(eve, wanted)).rejects.toMatchObject({ code: 'input_invalid' })
    need = { ...onCall, breakGlass: ['engineers'] }
    const { id } = await office.desk.requestGrant(eve, wanted)
    await expect(office.desk.breakGlass(eve, id, { reason: 'x', incident: 'y' })).rejects.toMatchObject({ code: 'forbidden' })
  })
})
