// The PostgreSQL of the demo under test: its own way to start, guard and stop it, in a folder of its own that is gone afterwards. Every other test
// takes gateway/testing/real-postgres.ts, which starts sooner, crashes on demand, and needs nothing of the demo (gateway/ imports shared/ only).
import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, type RunningPostgres } from '../postgres.ts'
import { ensureShop, shopRole } from '../shop/load.ts'

export interface TestPostgres extends RunningPostgres {
  readonly data: string
  /** The sample database with its data, owned by the plain role `gatehouse`; loaded once, 3 s. */
  shop(): Promise<{ readonly database: string; readonly user: string; readonly password: string; readonly url: string }>
}

/** `settings` as `name=value`. The caller stops it (which removes the folder). */
export async function startTestPostgres(settings: readonly string[] = []): Promise<TestPostgres> {
  // Not mkdtemp: its 0700 would shut out the user that stands in for root.
  const data = join(tmpdir(), `gatehouse-test-${randomUUID()}`)
  await mkdir(data, { mode: 0o755 })
  const server = await startPostgres({ data, isThrowaway: true, settings }).catch(async (error: unknown) => {
    await rm(data, { recursive: true, force: true })
    throw error
  })
  const password = 'sample-password'
  return {
    ...server,
    data,
    async shop() {
      await ensureShop({ superuserUrl: server.superuserUrl, password })
      return { database: 'shop', user: shopRole, password, url: `postgres://${shopRole}:${password}@127.0.0.1:${server.port}/shop` }
    },
    async stop() {
      await server.stop()
      await rm(data, { recursive: true, force: true })
    },
  }
}
