// Where the provider keeps its state: in memory, and what must outlive a restart (grants and refresh tokens) in a private file too,
// so that a second start finds people still signed in.
import type { Adapter, AdapterPayload } from 'oidc-provider'
import { existsSync, readFileSync } from 'node:fs'
import { writePrivate } from './secrets.ts'

interface Entry { readonly payload: AdapterPayload; readonly expiresAt: number }

const kept = /^(Grant|RefreshToken):/
/** Sign-ins nobody finished must not grow without end. */
const entriesMax = 2_000

export interface ProviderStore {
  adapter(model: string): Adapter
  save(): void
}

export function providerStore(path: string): ProviderStore {
  const entries = new Map<string, Entry>(existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) as [string, Entry][] : [])
  const save = () => writePrivate(path, JSON.stringify([...entries].filter(([key, { expiresAt }]) => kept.test(key) && expiresAt > Date.now())))
  return { adapter: (model) => adapterFor(model, entries, save), save }
}

function adapterFor(model: string, entries: Map<string, Entry>, save: () => void): Adapter {
  const key = (id: string) => `${model}:${id}`
  const changed = () => { if (kept.test(`${model}:`)) save() }
  const live = (entry: Entry | undefined) => entry && entry.expiresAt > Date.now() ? entry.payload : undefined
  const by = (field: 'uid' | 'userCode', value: string) => live([...entries].find(([name, { payload }]) => name.startsWith(`${model}:`) && payload[field] === value)?.[1])
  return {
    async upsert(id, payload, expiresIn) {
      entries.delete(key(id))
      entries.set(key(id), { payload, expiresAt: expiresIn ? Date.now() + expiresIn * 1000 : Number.MAX_SAFE_INTEGER })
      if (entries.size > entriesMax) entries.delete(entries.keys().next().value!)
      changed()
    },
    async find(id) { return live(entries.get(key(id))) },
    async findByUid(uid) { return by('uid', uid) },
    async findByUserCode(userCode) { return by('userCode', userCode) },
    async consume(id) {
      const entry = entries.get(key(id))
      if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000)
      changed()
    },
    async destroy(id) {
      entries.delete(key(id))
      changed()
    },
    async revokeByGrantId(grantId) {
      for (const [name, { payload }] of entries) if (payload.grantId === grantId) entries.delete(name)
      changed()
    },
  }
}
