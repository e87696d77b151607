// What a renewal keeps alive, and what it does not: a watch, a request that waits, whoever else has the old token, other groups.
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { problem } from '../../../shared/api.ts'
import { recordedCommands } from '../../pipeline/recorded-commands.ts'
import { startAttackWorld, type Ask, type AttackWorld } from './testing/attack-world.ts'
import { json, type SeenRequest } from './testing/fake-api.ts'

vi.setConfig({ testTimeout: 30_000 })

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: read, who: { groups: [engineers, privacy] }, allow: { kubernetes: [get, list, watch], resources: ["*"] } }
  - { id: look, who: { groups: [readers] }, allow: { kubernetes: [get], resources: [pods] } }
  - { id: deletes, who: { groups: [engineers] }, approve: { kubernetes: [delete], resources: [pods] }, by: { groups: [on-call] }, within: 1m }
masks:
  - { id: keys, detect: [aws-access-key], as: redact, except: { groups: [privacy] } }
`
const key = 'AKIAIOSFODNN7EXAMPLE'
const pods = '/api/v1/namespaces/shop/pods'
const watchPath = `${pods}?watch=true`

let world: AttackWorld
/** Watches that the API server holds open, oldest first. */
let upstream: SeenRequest[]

beforeAll(async () => {
  world = await startAttackWorld({ policies: { cluster: policy } })
})
afterAll(() => world?.stop())
beforeEach(() => {
  upstream = []
  world.api.forget()
  world.api.answer((request) => {
    if (!request.url.includes('watch=true')) return json(request.response, 200, { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web' } }, { 'Gatehouse-Session': 'se_evil' })
    request.response.writeHead(200, { 'content-type': 'application/json', 'Gatehouse-Session': 'se_evil' }).flushHeaders()
    upstream.push(request)
  })
})

interface Watch { readonly session: string; readonly text: string; readonly isEnded: boolean; readonly token: string }

const sessionOf = ({ headers }: Pick<IncomingMessage, 'headers'>): string => String(headers['gatehouse-session'])
const through = (listener: string): Ask => ({ headers: { 'gatehouse-listener': listener } })

/** A watch with the newest token of `who`, or with a token. */
async function watch(who: string, how: Ask = {}): Promise<Watch> {
  const token = world.token(who)
  const response = await world.open(watchPath, { who: token, ...how })
  expect(response.statusCode).toBe(200)
  const state = { session: sessionOf(response), text: '', isEnded: false, token }
  response.on('data', (chunk: Buffer) => { state.text += chunk.toString() }).on('close', () => { state.isEnded = true }).on('error', () => undefined).resume()
  return state
}
const event = (name: string, note = '') => { for (const { response } of upstream) response.write(`${JSON.stringify({ type: 'ADDED', object: { kind: 'Pod', apiVersion: 'v1', metadata: { name, namespace: 'shop', annotations: { note } } } })}\n`) }
const renew = (who: string, { session }: Pick<Watch, 'session'>) => world.call(who, 'POST', `/v1/sessions/${session}/renewal`)
const engineer = (who: string, seconds: number) => world.join(who, ['engineers'], seconds)

test('every answer says its session, and never what the cluster says it is', async () => {
  const answers = await Promise.all([world.ask(`${pods}/web`), world.ask(`${pods}/web`), world.ask('/api/v1/namespaces/shop/secrets', { method: 'POST', body: {} })])
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 403])
  expect(new Set(answers.map(sessionOf)).size).toBe(1)
  expect(sessionOf(answers[0]!)).toMatch(/^se_[\w-]{10,}$/)
  expect(sessionOf(answers[0]!)).not.toBe('se_evil')
})

test('a watch outlives its first token by renewal, and ends with the newest; another that nobody renews ends with its own', async () => {
  await engineer('ina', 4)
  const kept = await watch('ina', through('hers'))
  const left = await watch('ina', through('another'))
  expect(left.session).not.toBe(kept.session)
  await engineer('ina', 9)
  expect(await renew('ina', kept)).toMatchObject({ status: 200, json: { expiresAt: expect.any(String) as string } })
  await expect.poll(() => left.isEnded, { timeout: 7_000 }).toBe(true)
  expect(left.text).toContain('the token has expired')
  event('later')
  await expect.poll(() => kept.text).toContain('later')
  expect((await world.ask(`${pods}/web`, { who: kept.token })).status).toBe(401)
  await expect.poll(() => kept.isEnded, { timeout: 9_000 }).toBe(true)
  expect(kept.text).toContain('the token has expired')
})

test('revocation of the newest token ends it within a second; of the old one it does not, and the old one opens nothing more', async () => {
  const old = await engineer('rob', 60)
  const one = await watch('rob')
  await engineer('rob', 120)
  expect((await renew('rob', one)).status).toBe(200)
  expect((await world.call(old, 'DELETE', '/v1/tokens/current')).status).toBe(200)
  expect((await world.ask(`${pods}/web`, { who: old })).status).toBe(401)
  expect((await renew(old, one)).status).toBe(401)
  event('still')
  await expect.poll(() => one.text).toContain('still')
  await world.call('rob', 'DELETE', '/v1/tokens/current')
  await expect.poll(() => one.isEnded, { timeout: 1_500 }).toBe(true)
  expect(one.text).toContain('the token was revoked')
  expect((await renew('rob', one)).status).toBe(401)
  // Somebody who is signed in as them again cannot bring it back.
  await engineer('rob', 120)
  expect(await renew('rob', one)).toMatchObject({ status: 404, json: { code: 'session_unknown' } })
})

test('a guessed or another\'s session: the same answer to all, and it lives no longer', async () => {
  await engineer('sue', 4)
  const one = await watch('sue')
  await Promise.all(['eli', 'otto'].map((who) => world.join(who, who === 'eli' ? ['engineers'] : ['on-call', 'reviewers'])))
  const answers = [await renew('eli', one), await renew('otto', one), await renew('eli', { session: 'se_AAAAAAAAAAAAAAAAAAAAAA' }), await renew('eli', { session: `${one.session}%2f..` })]
  for (const { status, json: body } of answers) expect([status, problem.parse(body)]).toEqual([404, problem.parse(answers[0]!.json)])
  await expect.poll(() => one.isEnded, { timeout: 7_000 }).toBe(true)
})

test('whoever has the old token as well gains nothing by the renewal: neither what they began, nor what they begin', async () => {
  const old = await engineer('tom', 5)
  const own = await watch('tom', through('a secret of the listener'))
  const stolen = [await watch('tom'), await watch('tom', through('guessed'))]
  expect(new Set([own, ...stolen].map(({ session }) => session)).size).toBe(3)
  await world.join('tom', ['engineers', 'privacy'], 60)
  expect((await renew('tom', own)).status).toBe(200)
  const before = await watch(old, through('a secret of the listener'))
  expect(before.session).not.toBe(own.session)
  event('one', key)
  await expect.poll(() => [own, before].map(({ text }) => text.includes('one'))).toEqual([true, true])
  expect([own.text.includes(key), before.text.includes(key)]).toEqual([true, false])
  const now = await watch('tom', through('a secret of the listener'))
  expect(now.session).toBe(own.session)
  await expect.poll(() => [...stolen, before].map(({ isEnded }) => isEnded), { timeout: 8_000 }).toEqual([true, true, true])
  event('two')
  await expect.poll(() => [own, now].map(({ text }) => text.includes('two'))).toEqual([true, true])
  // An exchanged token ends earlier than the session now does.
  await engineer('tom', 10)
  expect((await renew('tom', own)).status).toBe(200)
  event('three', key)
  await expect.poll(() => own.text).toContain('three')
  expect(own.text.split(key)).toHaveLength(3)
})

test('the groups of the new token hold for what runs: masks at the next event, rules at once', async () => {
  await world.join('uma', ['privacy'], 60)
  const [one, other] = [await watch('uma', through('1')), await watch('uma', through('2'))]
  event('first', key)
  await expect.poll(() => one.text).toContain(key)
  await engineer('uma', 120)
  await renew('uma', one)
  event('second', key)
  await expect.poll(() => one.text).toContain('second')
  expect(one.text.split(key)).toHaveLength(2)
  expect(one.text).toContain('[masked:aws-access-key]')
  expect(sessionOf(await world.ask(`${pods}/after`, { who: 'uma', ...through('1') }))).toBe(one.session)
  await world.join('uma', ['readers'], 180)
  await renew('uma', one)
  await expect.poll(() => one.isEnded).toBe(true)
  expect(one.text).toMatch(/"type":"ERROR".*no rule allows/)
  // Nobody has told this one of the new groups yet. Without any rule it ends altogether.
  expect(other.isEnded).toBe(false)
  await world.join('uma', ['strangers'], 240)
  expect((await renew('uma', other)).status).toBe(404)
  await expect.poll(() => other.isEnded).toBe(true)
  expect(other.text).toContain('no longer give you access')
  // So that `policy replay` judges each command by the groups of its time.
  const own: string[] = []
  for await (const { session, text, principal } of recordedCommands(join(world.gateway.folder, 'data', 'recordings'))) if (session === one.session) own.push(`${text.split('?')[0]} ${principal.groups.join()}`)
  expect(own).toEqual([`GET ${pods} privacy`, `GET ${pods}/after engineers`])
})

test('a request that waits for approval lives on by renewal, and runs when it is approved', async () => {
  await engineer('vic', 4)
  let early: IncomingMessage['headers'] = {}
  const answer = held('vic', 'web-1', (headers) => { early = headers })
  const { id } = await world.opened('web-1')
  await expect.poll(() => early).toMatchObject({ 'gatehouse-approval': id, 'gatehouse-session': expect.stringMatching(/^se_/) as string })
  await engineer('vic', 60)
  expect((await renew('vic', { session: String(early['gatehouse-session']) })).status).toBe(200)
  await sleep(4_500)
  expect(world.api.lines().filter((line) => line.startsWith('DELETE') && !line.includes('dryRun'))).toEqual([])
  expect((await world.call('otto', 'POST', `/v1/approvals/${id}/decision`, { decision: 'approve' })).status).toBe(200)
  expect((await answer).statusCode).toBe(200)
  expect(world.api.lines().filter((line) => line.startsWith('DELETE') && !line.includes('dryRun'))).toEqual([`DELETE ${pods}/web-1`])
})

test.each(['at once', 'never'] as const)('a renewal while a command waits: what the new groups may not do does not run, approved %s', async (when) => {
  await engineer('wim', 60)
  let early: IncomingMessage['headers'] = {}
  const answer = held('wim', `web-2-${when.slice(0, 2)}`, (headers) => { early = headers })
  const { id } = await world.opened(`web-2-${when.slice(0, 2)}`)
  await expect.poll(() => early).toHaveProperty('gatehouse-session')
  await world.join('wim', ['readers'], 120)
  expect((await renew('wim', { session: String(early['gatehouse-session']) })).status).toBe(200)
  const decide = () => world.call('otto', 'POST', `/v1/approvals/${id}/decision`, { decision: 'approve' })
  if (when === 'at once') await decide()
  expect((await answer).statusCode).toBe(403)
  if (when === 'never') expect([(await world.call('otto', 'GET', `/v1/approvals/${id}`)).json['state'], (await decide()).status]).toEqual(['withdrawn', 409])
  expect(world.api.lines().filter((line) => line.startsWith('DELETE') && !line.includes('dryRun'))).toEqual([])
})

/** A delete of a pod that is held; what is said of it before the answer. */
function held(who: string, pod: string, onEarly: (headers: IncomingMessage['headers']) => void): Promise<IncomingMessage> {
  return world.open(`${pods}/${pod}`, { who, method: 'DELETE', onEarly })
}
