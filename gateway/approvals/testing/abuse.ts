// Where approvals are attacked: two whole gateways on one PostgreSQL store, HTTP against both, sessions in PostgreSQL's tongue; and
// the few things every attack does.
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { approvalWhole, type ApprovalWhole } from '../../../shared/approval.ts'
import type { ApiAnswer } from '../../testing/api.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop } from '../../testing/shop.ts'
import { startTwoGateways, type At, type Claimant, type TwoGateways } from '../../testing/two-gateways.ts'

const everyone = 'groups: [engineers, on-call, dba, incident]'
const policy = `
policy: shop
connections: [shop]
rules:
  - { id: read, who: { ${everyone} }, allow: { sql: [select], on: ["public.*"] } }
  - { id: ask, who: { ${everyone} }, approve: { sql: [update], on: ["public.orders", "public.customers"] }, by: { groups: [on-call], count: 1 } }
  - { id: two, who: { ${everyone} }, approve: { sql: [delete], on: ["public.orders"] }, by: { groups: [on-call], count: 2 } }
  - { id: team, who: { ${everyone} }, approve: { sql: [insert], on: ["public.orders"] }, by: { groups: [on-call], count: 1 } }
  - { id: other-team, who: { ${everyone} }, approve: { sql: [insert], on: ["public.orders"] }, by: { groups: [dba], count: 1 } }
  - { id: soon, who: { ${everyone} }, approve: { sql: [update], on: ["public.events"] }, by: { groups: [on-call], count: 1 }, within: 1s }
  - { id: glass, who: { ${everyone} }, approve: { sql: [update], on: ["public.staff"] }, by: { groups: [on-call], count: 1 }, break-glass: { groups: [incident] } }
  - { id: never, who: everyone, deny: { sql: [truncate] } }
masks:
  - { id: pii, columns: [public.customers.email, public.customers.ssn, public.staff.salary], as: redact }
`
/** Replaced by the tests that reload policies, and only asked of the group `movers`. */
export const moving = (approve: string, more = '') => `
policy: moving
connections: [shop]
rules:
  - { id: movers-read, who: { groups: [movers] }, allow: { sql: [select], on: ["public.*"] } }
  ${approve}
  ${more}
`
export const askMovers = (id = 'move', by = '[on-call], count: 1') => `- { id: ${id}, who: { groups: [movers] }, approve: { sql: [update, call], on: ["public.*", "mv.*"] }, by: { groups: ${by} } }`

let postgres: RealPostgres
let database: DatabaseAddress
export let store: DatabaseAddress
export let direct: Client
export let pair: TwoGateways

/** Call once in each test file: everything here is made before its tests, and stopped after them. */
export function useAbuse(): void {
  vi.setConfig({ testTimeout: 30_000, hookTimeout: 120_000 })
  beforeAll(async () => {
    postgres = await startPostgres()
    database = await postgres.database('shop')
    store = await postgres.database('store')
    await createShop(database)
    direct = new Client({ ...database })
    await direct.connect()
    pair = await startTwoGateways({ database, store, policies: { shop: policy, moving: moving(askMovers()) } })
  })
  afterEach(() => direct.query('delete from orders where id > 200; update orders set total = id * 1.5'))
  afterAll(async () => {
    await direct?.end()
    await pair?.stop()
    await postgres?.stop()
  })
}

export const marked = () => randomBytes(5).toString('hex')
/** People of a test of its own, so that no test is in the way of another's limits. */
export const named = (sub: string, mark: string, ...groups: string[]): Claimant => ({ sub: `${sub}-${mark}`, email: `${sub}-${mark}@example.com`, groups })
export const totalOf = async (id: number) => Number((await direct.query('select total from orders where id = $1', [id])).rows[0]?.total)
export const outcomeOf = (running: Promise<{ readonly rowCount: number | null }>): Promise<string> => running.then(({ rowCount }) => `ran ${rowCount}`, (error: Error) => error.message)
export const whole = ({ json }: ApiAnswer): ApprovalWhole => approvalWhole.parse(json)

export interface Waiting { readonly id: string; readonly mark: string; readonly token: string; readonly outcome: Promise<string>; readonly client: Client }

/** Somebody asks; `watcher` is a decider's token by which it is found. */
export async function ask(sql: string, { by, watcher, mark, at = pair.one }: { readonly by: Claimant; readonly watcher: string; readonly mark: string; readonly at?: At }): Promise<Waiting> {
  const token = await pair.token(by)
  const client = await pair.session(token, at)
  const outcome = outcomeOf(client.query(`${sql} /* ${mark} */`))
  const { id } = await pair.opened(watcher, mark, at)
  return { id, mark, token, outcome, client }
}
export const decide = (token: string, id: string, body: Record<string, unknown> = { decision: 'approve' }, at: At = pair.one) => pair.call(token, 'POST', `/v1/approvals/${id}/decision`, body, at)
export const show = (token: string, id: string) => pair.call(token, 'GET', `/v1/approvals/${id}`)

export const later = (ms: number): Promise<null> => new Promise((resolve) => { setTimeout(() => resolve(null), ms) })

export function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesUnder(path) : [readFileSync(path, 'latin1')]
  })
}
