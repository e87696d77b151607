// Two whole gateways on one store: a session waits at one, a human decides at the other; one is stopped, and nothing is lost.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { routes } from '../shared/api.ts'
import { createLog } from './log.ts'
import { startGateway, type Gateway } from './main.ts'
import { callApi, exchanged, openEvents, type ApiAddress } from './testing/api.ts'
import { signToken, writeGatewayConfig } from './testing/gateway.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from './testing/real-postgres.ts'
import { createShop, shopPolicy } from './testing/shop.ts'

vi.setConfig({ testTimeout: 120_000 })

let postgres: RealPostgres
let folder: string
const gateways: Gateway[] = []
const tokens = new Map<string, string>()

const addressOf = ({ ready }: Gateway): ApiAddress => ({ api: ready.api, ca: ready.ca! })
const urlOf = ({ user, password, host, port, database }: DatabaseAddress) => `postgres://${user}:${password}@${host}:${port}/${database}`

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  const files = await writeGatewayConfig({ database, policies: { shop: shopPolicy }, extra: 'store: { file: store-url }\napprovals: { seal: { file: seal } }\n' })
  folder = files.folder
  writeFileSync(join(folder, 'store-url'), urlOf(await postgres.database('store')), { mode: 0o600 })
  writeFileSync(join(folder, 'seal'), 'one secret for both of the gateways', { mode: 0o600 })
  const second = join(folder, 'second.yaml')
  writeFileSync(second, readFileSync(files.configFile, 'utf8').replace('data: ./data', 'data: ./data-2'))
  for (const configFile of [files.configFile, second]) gateways.push(await startGateway({ configFile, log: createLog('silent') }))
  for (const [sub, group] of [['eve', 'careful'], ['ada', 'on-call']] as const) {
    tokens.set(sub, await exchanged(addressOf(gateways[0]!), await signToken(files.key, { sub, groups: [group], email: `${sub}@example.com` })))
  }
})
afterAll(async () => {
  for (const gateway of gateways) await gateway.close()
  await postgres?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

async function sessionAt({ ready }: Gateway): Promise<Client> {
  const [host, port] = ready.postgres!.split(':') as [string, string]
  const client = new Client({ host, port: Number(port), user: 'me', password: tokens.get('eve')!, database: 'shop', ssl: { rejectUnauthorized: false } })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const openAt = (gateway: Gateway) => vi.waitFor(async () => {
  const { approvals } = routes.approvals.output.parse((await callApi(addressOf(gateway), 'GET', '/v1/approvals', tokens.get('ada')!)).json)
  expect(approvals).toHaveLength(1)
  return approvals[0]!
}, { timeout: 30_000 })

const approveAt = (gateway: Gateway, id: string) => callApi(addressOf(gateway), 'POST', `/v1/approvals/${id}/decision`, tokens.get('ada')!, { decision: 'approve' })

test('a decision at one gateway lets the session at the other go on, and both streams tell of it', async () => {
  const [one, two] = gateways as [Gateway, Gateway]
  const streams = await Promise.all([openEvents(addressOf(one), tokens.get('eve')!), openEvents(addressOf(two), tokens.get('ada')!)])
  await vi.waitFor(() => { for (const { messages } of streams) expect(messages).toHaveLength(1) })
  const client = await sessionAt(one)
  const running = client.query('delete from orders where id = 1')
  const { id } = await openAt(two)
  expect((await callApi(addressOf(two), 'GET', `/v1/approvals/${id}`, tokens.get('ada')!)).json).toMatchObject({ exact: { text: 'delete from orders where id = 1' } })
  expect((await approveAt(two, id)).json).toMatchObject({ state: 'approved' })
  expect((await running).rowCount).toBe(1)
  for (const { messages, close } of streams) {
    await vi.waitFor(() => expect(messages.slice(1).map(({ data }) => data['kind'])).toEqual(['opened', 'decided', 'used']))
    close()
  }
  await client.end()
})

test('a gateway that stops while a command waits leaves it open: it is decided meanwhile, and the retry at another gateway runs', async () => {
  const [one, two] = gateways as [Gateway, Gateway]
  const client = await sessionAt(one)
  const running = client.query('delete from orders where id = 2').catch((error: Error) => error.message)
  const { id } = await openAt(two)
  await one.close()
  expect(await running).toMatch(/stopping|terminated/)
  expect(await openAt(two)).toMatchObject({ id, state: 'open', held: [{ isLive: false }] })
  await approveAt(two, id)
  const again = await sessionAt(two)
  expect((await again.query('delete from orders where id = 2')).rowCount).toBe(1)
  expect((await callApi(addressOf(two), 'GET', `/v1/approvals/${id}`, tokens.get('ada')!)).json).toMatchObject({ state: 'used' })
  await again.end()
})
