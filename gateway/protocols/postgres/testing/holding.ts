// Two gateways whose commands wait for a test's hand, one of them with short limits, on one real PostgreSQL; and how to speak to them.
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { framesOf } from '../../../recording/format.ts'
import { walkJournal } from '../../../recording/walk.ts'
import { FakeApprovals, type FakeHold } from '../../../testing/fake-approvals.ts'
import { startTestGateway, type TestGateway } from '../../../testing/gateway.ts'
import { RawClient } from '../../../testing/raw-client.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../../../testing/real-postgres.ts'
import { createShop, shopPolicy } from '../../../testing/shop.ts'
import { reportOf } from './messages.ts'

export const heldPolicy = (rules: string) => `
policy: held
connections: [shop]
rules:
  - { id: ask, who: { groups: [engineers] }, approve: { sql: [update, delete, insert], on: ["public.orders"] }, by: { groups: [on-call], count: 1 }, within: 15m }
  - { id: ask-reads, who: { groups: [engineers] }, approve: { sql: [select], on: ["public.staff"] }, by: { groups: [on-call, dba], count: 2 }, within: 15m, limit: { seconds: 1 } }
  - { id: ask-customers, who: { groups: [engineers] }, approve: { sql: [update], on: ["public.customers"] }, by: { groups: [on-call], count: 1 } }
  - { id: ask-swapped, who: { groups: [engineers] }, approve: { sql: [update], on: ["public.swapped"] }, by: { groups: [on-call], count: 1 } }
  ${rules}
`

export const remakeSwapped = 'drop table if exists swapped; create table public.swapped (id int, total int); insert into swapped values (1, 1)'

let postgres: RealPostgres
export let database: DatabaseAddress
export let gateway: TestGateway
export let direct: Client
export const approvals = new FakeApprovals()
/** One whose limits are short. */
export let quick: TestGateway
export const quickApprovals = new FakeApprovals()

/** Call once in each test file: everything here is made before its tests, and stopped after them. */
export function useHolding(): void {
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
}

export const raw = async (parameters: Record<string, string> = {}, to = gateway, sub = 'eli') => RawClient.signIn(to, await to.token({ sub, groups: ['engineers'] }), parameters)

export async function signedIn(to = gateway): Promise<Client> {
  const client = new Client({ host: to.host, port: to.port, database: 'shop', user: 'me', password: await to.token({ sub: 'eli', groups: ['engineers'] }) })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** The next command that is held after this was called. */
export function nextHold(of: FakeApprovals = approvals): () => Promise<FakeHold> {
  const from = of.holds.length
  return async () => {
    await expect.poll(() => of.holds.length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(from)
    return of.holds[from]!
  }
}

export const types = (frames: readonly { type: string }[]) => frames.map(({ type }) => type).join('')
export const errorOf = (frames: readonly { type: string; body: Buffer }[]) => reportOf(frames.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))
export const notices = (client: RawClient) => client.frames().filter(({ type }) => type === 'N').map(({ body }) => reportOf(body))
export const tags = (frames: readonly { type: string; body: Buffer }[]) => frames.filter(({ type }) => type === 'C').map(({ body }) => body.toString('latin1').replace('\0', ''))
export const totalOf = async (id: number) => Number((await direct.query('select total from orders where id = $1', [id])).rows[0]?.total)
export const update = (id: number) => `update orders set total = 0 where id = ${id}`

/** Frames of the newest session's recording. */
export async function recorded(session: string, to = gateway): Promise<{ readonly kind: string; readonly value: Record<string, unknown> }[]> {
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
