// A whole gateway whose policy takes merged pull requests: CI waits in its session, the pull request is merged, the row count lands.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { routes } from '../shared/api.ts'
import { approvalWhole, type ApprovalWhole } from '../shared/approval.ts'
import { statementHash } from './approvals/github/statement-hash.ts'
import { headOf, mergedPull, people, startFakeGithub, type FakeGithub, type FakePull } from './approvals/github/testing/fake-github.ts'
import { createLog } from './log.ts'
import { startGateway, type Gateway } from './main.ts'
import { callApi, exchanged } from './testing/api.ts'
import { writeGatewayConfig } from './testing/gateway.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from './testing/real-postgres.ts'
import { createShop } from './testing/shop.ts'

vi.setConfig({ testTimeout: 60_000 })

const policy = (github: string, extra = '') => `
policy: shop
connections: [shop]
rules:
  - { id: ci, who: { ci: { repository: acme/shop } }, approve: { sql: [update, alter, create] }, by: { groups: [dba]${github} } }
  - { id: people, who: { groups: [careful] }, approve: { sql: [update] }, by: { groups: [dba]${github} } }
${extra}`
const takesPulls = ', github: { repository: acme/shop, path: migrations/** }'

let postgres: RealPostgres
let github: FakeGithub
let folder: string
const gateways: Gateway[] = []
let tokenOf: (issuer: 'test' | 'ci', sub: string, claims: Record<string, unknown>) => Promise<string>
let ci: string
let dba: string
let careful: string

const urlOf = ({ user, password, host, port, database }: DatabaseAddress) => `postgres://${user}:${password}@${host}:${port}/${database}`
const address = (at: number) => ({ api: gateways[at]!.ready.api, ca: gateways[at]!.ready.ca! })

beforeAll(async () => {
  postgres = await startPostgres()
  github = await startFakeGithub()
  const database = await postgres.database('shop')
  await createShop(database)
  const files = await writeGatewayConfig({ database, policies: { shop: policy(takesPulls) }, extra: `store: { file: store-url }
approvals: { seal: { file: seal } }
github: { api: "${github.api}/", token: { file: github-token }, repositories: [acme/shop], branch: main }
` })
  folder = files.folder
  writeFileSync(join(folder, 'store-url'), urlOf(await postgres.database('store')), { mode: 0o600 })
  writeFileSync(join(folder, 'seal'), 'one secret for both of the gateways', { mode: 0o600 })
  writeFileSync(join(folder, 'github-token'), 'ghp_sentinel', { mode: 0o600 })
  const written = readFileSync(files.configFile, 'utf8').replace('connections:', '  - { name: ci, issuer: "https://ci.test", audience: gatehouse, kind: ci, jwks: jwks.json }\nconnections:')
  for (const [at, name] of ['gateway.yaml', 'second.yaml'].entries()) {
    writeFileSync(join(folder, name), written.replace('data: ./data', `data: ./data-${at}`))
    gateways.push(await startGateway({ configFile: join(folder, name), log: createLog('silent'), seams: { approvalSeams: { githubPollMs: 300 } } }))
  }
  tokenOf = async (issuer, sub, claims) => exchanged(address(0), await new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'test' }).setIssuer(`https://${issuer === 'ci' ? 'ci' : 'issuer'}.test`)
    .setAudience('gatehouse').setSubject(sub).setIssuedAt().setExpirationTime('10m').sign(files.key))
  ci = await tokenOf('ci', 'repo:acme/shop:ref:refs/heads/main', { repository: 'acme/shop', actor_id: '101' })
  dba = await tokenOf('test', 'dora', { groups: ['dba'] })
  careful = await tokenOf('test', 'eve', { groups: ['careful'] })
})
afterAll(async () => {
  for (const gateway of gateways) await gateway.close()
  await github?.stop()
  await postgres?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  github.requests.length = 0
  github.repository('acme/shop')
})

async function session(token: string, at = 0): Promise<Client> {
  const [host, port] = gateways[at]!.ready.postgres!.split(':') as [string, string]
  const client = new Client({ host, port: Number(port), user: 'me', password: token, database: 'shop', ssl: { rejectUnauthorized: false } })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
async function open(part: string): Promise<ApprovalWhole> {
  return vi.waitFor(async () => {
    const { approvals } = routes.approvals.output.parse((await callApi(address(0), 'GET', '/v1/approvals?filter=all', dba)).json)
    for (const { id } of approvals) {
      const whole = await shown(id)
      if (whole.exact?.text.includes(part) === true) return whole
    }
    throw new Error('nothing is open yet')
  }, { timeout: 20_000 })
}
const shown = async (id: string): Promise<ApprovalWhole> => approvalWhole.parse((await callApi(address(0), 'GET', `/v1/approvals/${id}`, dba)).json)
const deny = (id: string) => callApi(address(0), 'POST', `/v1/approvals/${id}/decision`, dba, { decision: 'deny', reason: 'enough' })
const carry = (number: number, text: string, over: Partial<FakePull> = {}) => github.merge('acme/shop', mergedPull(number, { [`migrations/${number}.sql`]: `${text}\n`, [`migrations/${number}.hash`]: statementHash('shop', text) }, over))
/** Of three looks at the branch by two gateways one is a gateway's second, so its first is judged. For one open question. */
async function askedAgain(): Promise<void> {
  const from = github.requests.length
  await vi.waitFor(() => expect(github.requests.slice(from).filter(({ path }) => path.includes('/branches/')).length).toBeGreaterThanOrEqual(3), { timeout: 90_000, interval: 200 })
}

test('CI waits in its session, the pull request is merged, and the row count lands; the approval shows on whom it counted', async () => {
  const client = await session(ci)
  const text = "update orders set note = 'reviewed' where id = 11"
  const running = client.query(text)
  const asked = await open('id = 11')
  expect(asked).toMatchObject({ state: 'open', needs: [{ groups: ['dba'], count: 1, have: 0, github: { repository: 'acme/shop', path: 'migrations/**' } }] })
  carry(21, text)
  expect((await running).rowCount).toBe(1)
  expect(await shown(asked.id)).toMatchObject({
    state: 'used', needs: [{ count: 1, have: 1 }], decisions: [],
    pull: { repository: 'acme/shop', number: 21, url: 'https://github.com/acme/shop/pull/21', commit: headOf('a'), author: 'ann', reviewers: [{ id: 102, login: 'bob' }] },
  })
  await client.end()
})

test('merged before it is run, it agrees at once; and only once, at whichever gateway', async () => {
  const text = "update orders set note = 'once' where id = 12"
  carry(22, text)
  const [first, second] = [await session(ci, 0), await session(ci, 1)]
  const told = (client: Client) => new Promise<string>((resolve) => { client.once('notice', ({ message }) => resolve(message ?? '')) })
  expect((await first.query(text)).rowCount).toBe(1)
  const notice = told(second)
  const again = second.query(text).catch((error: Error) => error.message)
  const id = /ap_\w+/.exec(await notice)![0]
  await askedAgain()
  expect(await shown(id)).toMatchObject({ state: 'open' })
  await deny(id)
  expect(await again).toMatch(/denied by/)
  await Promise.all([first.end(), second.end()])
})

test('two gateways that find it for two askers at the same time: one of them runs', async () => {
  const text = "update orders set note = 'race' where id = 13"
  const other = await tokenOf('ci', 'repo:acme/shop:environment:production', { repository: 'acme/shop' })
  const clients = [await session(ci, 0), await session(other, 1)]
  const outcomes: string[] = []
  const running = clients.map((client) => client.query(text).then(() => { outcomes.push('ran') }, () => { outcomes.push('refused') }))
  await vi.waitFor(async () => {
    const { approvals } = routes.approvals.output.parse((await callApi(address(0), 'GET', '/v1/approvals?filter=open', dba)).json)
    expect(approvals.length).toBe(2)
  }, { timeout: 20_000 })
  carry(23, text)
  await vi.waitFor(() => expect(outcomes).toEqual(['ran']), { timeout: 40_000 })
  await askedAgain()
  expect(outcomes).toEqual(['ran'])
  const { approvals } = routes.approvals.output.parse((await callApi(address(0), 'GET', '/v1/approvals?filter=open', dba)).json)
  expect(approvals.length).toBe(1)
  await deny(approvals[0]!.id)
  await Promise.all(running)
  expect(outcomes).toEqual(['ran', 'refused'])
  for (const client of clients) await client.end()
})

test('it agrees for no human, for no parameters, for no session that has set something, and for nobody who reviewed and asked', async () => {
  const human = "update orders set note = 'human' where id = 14"
  const bound = 'update orders set note = $1 where id = 15'
  const moved = "update orders set note = 'moved' where id = 16"
  const actor = "update orders set note = 'actor' where id = 17"
  const control = "update orders set note = 'control' where id = 18"
  for (const [at, text] of [human, bound, moved, actor].entries()) carry(30 + at, text)
  const actors = await tokenOf('ci', 'repo:acme/shop:actor', { repository: 'acme/shop', actor_id: 102 })
  const clients = { human: await session(careful), bound: await session(ci), moved: await session(ci), actor: await session(actors), control: await session(ci) }
  await clients.moved.query('set search_path = public, pg_catalog')
  const waiting = [clients.human.query(human), clients.bound.query(bound, ['x']), clients.moved.query(moved), clients.actor.query(actor)].map((one) => one.then(() => 'ran', (error: Error) => error.message))
  const ids: string[] = []
  for (const part of ['id = 14', 'id = 15', 'id = 16', 'id = 17']) ids.push((await open(part)).id)
  carry(40, control)
  expect((await clients.control.query(control)).rowCount).toBe(1)
  await askedAgain()
  for (const id of ids) {
    expect(await shown(id)).toMatchObject({ state: 'open' })
    await deny(id)
  }
  for (const one of waiting) expect(await one).toMatch(/denied by/)
  for (const client of Object.values(clients)) await client.end()
})

test('what somebody denied since the merge is not agreed to behind their back; a new pull request is asked anew', async () => {
  const client = await session(ci)
  const text = "update orders set note = 'denied' where id = 19"
  const first = client.query(text).catch((error: Error) => error.message)
  await deny((await open('id = 19')).id)
  expect(await first).toMatch(/denied by/)
  carry(51, text)
  const notice = new Promise<string>((resolve) => { client.once('notice', ({ message }) => resolve(message ?? '')) })
  const second = client.query(text)
  const id = /ap_\w+/.exec(await notice)![0]
  await askedAgain()
  expect(await shown(id)).toMatchObject({ state: 'open' })
  carry(52, text, { merged_at: new Date(Date.now() + 30_000).toISOString(), reviews: [{ user: people.cyd, state: 'APPROVED', commit_id: headOf('a') }] })
  expect((await second).rowCount).toBe(1)
  expect(await shown(id)).toMatchObject({ pull: { number: 52, reviewers: [{ login: 'cyd' }] } })
  await client.end()
})

test('GitHub that fails approves nothing, and people still decide', async () => {
  const client = await session(ci)
  const text = "update orders set note = 'people' where id = 20"
  carry(61, text)
  github.state.replace = (_, response) => { response.writeHead(500).end('{"merged":true}'); return true }
  const running = client.query(text)
  const { id } = await open('id = 20')
  await vi.waitFor(() => expect(github.requests.some(({ status }) => status === 500)).toBe(true), { timeout: 30_000 })
  expect(await shown(id)).toMatchObject({ state: 'open' })
  await callApi(address(0), 'POST', `/v1/approvals/${id}/decision`, dba, { decision: 'approve' })
  expect((await running).rowCount).toBe(1)
  expect((await shown(id)).pull).toBeUndefined()
  github.state.replace = null
  await client.end()
})

test('a policy that takes pull requests no more withdraws what waits', async () => {
  const client = await session(ci)
  const running = client.query("update orders set note = 'policy' where id = 24").catch((error: Error) => error.message)
  const { id } = await open('id = 24')
  writeFileSync(join(folder, 'policies', 'shop.yaml'), policy(''))
  expect(await running).toMatch(/policy asks others now/)
  // The session hears it first.
  await vi.waitFor(async () => expect(await shown(id)).toMatchObject({ state: 'withdrawn' }))
  await client.end()
})
