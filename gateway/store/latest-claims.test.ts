import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Principal } from '../../shared/principal.ts'
import { claimsTime, latestGroups, newestOf } from './latest-claims.ts'
import { openStore, type Store } from './store.ts'
import { createTokens } from './tokens.ts'

let store: Store
beforeAll(async () => { store = await openStore({ dataDir: mkdtempSync(join(tmpdir(), 'gatehouse-claims-')) }) })
afterAll(() => store.dispose())

let serial = 0
const sign = (id: string, groups: readonly string[], claims: Record<string, unknown>) => createTokens(store).insert({
  hash: String(++serial).padStart(64, '0'), principal: { id, provider: 'corp', subject: 'x', kind: 'human', email: null, groups, claims } satisfies Principal, expiresAt: Date.now() + 1000, isRevoked: false,
})

test('the newest claims count, by when the provider made them', async () => {
  expect(await latestGroups(store, 'corp:nobody')).toBeNull()
  await sign('corp:ada', ['b'], { iat: 200, nul: 'a\0b' })
  for (let count = 0; count < 30; count++) await sign('corp:ada', ['a', 'b'], { iat: 100 })
  expect(await latestGroups(store, 'corp:ada')).toEqual({ groups: ['b'], claimsAt: 200_000 })
})

test('of two made in the same second, what both have', async () => {
  await sign('corp:ben', ['a', 'b'], { iat: 300 })
  await sign('corp:ben', ['b', 'c'], { iat: 300 })
  expect((await latestGroups(store, 'corp:ben'))?.groups).toEqual(['b'])
})

test('a token that says no time counts from when it came', async () => {
  await sign('corp:kim', ['old'], { iat: 300 })
  await sign('corp:kim', ['new'], { iat: 'yesterday' })
  expect((await latestGroups(store, 'corp:kim'))?.groups).toEqual(['new'])
  expect([claimsTime({ iat: 1.5 }), claimsTime({ iat: Number.NaN }), claimsTime({ iat: 1e300 }), claimsTime({})]).toEqual([1500, null, null, null])
  expect(newestOf([])).toBeNull()
})
