import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AuditEvent } from '../../shared/audit-event.ts'
import { createLog } from '../log.ts'
import { createPolicyHolder, type ReloadingPolicyHolder } from './holder.ts'

const settleMs = 120
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let folder: string
let file: string
let holder: ReloadingPolicyHolder | null = null
let events: Omit<AuditEvent, 'at'>[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-holder-'))
  file = join(folder, 'shop.yaml')
  events = []
  writeFileSync(file, version('one'))
})
afterEach(() => {
  holder?.dispose()
  holder = null
  rmSync(folder, { recursive: true, force: true })
})

const version = (rule: string) => `policy: shop\nconnections: [shop]\nrules:\n  - { id: ${rule}, who: everyone, deny: { sql: drop } }\n`
const ruleOf = (from: ReloadingPolicyHolder) => from.current.policies[0]?.rules[0]?.id

async function open(options: { readonly pollMs?: number; readonly settleMs?: number; readonly onEvent?: (event: Omit<AuditEvent, 'at'>) => void } = {}): Promise<ReloadingPolicyHolder> {
  holder = await createPolicyHolder(folder, { log: createLog('silent'), onEvent: (event) => void events.push(event), settleMs, pollMs: 60_000, ...options })
  return holder
}

describe('the policies in force', () => {
  test('a folder that is wrong at the start is an error with its place', async () => {
    writeFileSync(file, 'policy: shop\n')
    await expect(open()).rejects.toMatchObject({ code: 'config_invalid', message: expect.stringContaining('shop.yaml:1:1: expected connections or labels') as string })
  })

  test('follow a file that is written in place', async () => {
    const holder = await open()
    const seen = vi.fn<(snapshot: unknown) => void>()
    holder.onChange(seen)
    writeFileSync(file, version('two'))
    await expect.poll(() => ruleOf(holder), { timeout: 5_000 }).toBe('two')
    expect(seen).toHaveBeenCalledExactlyOnceWith(holder.current)
  })

  test("follow an editor's write and rename, again and again", async () => {
    const holder = await open()
    for (const rule of ['two', 'three', 'four']) {
      writeFileSync(join(folder, '.shop.yaml.tmp'), version(rule))
      renameSync(join(folder, '.shop.yaml.tmp'), file)
      await expect.poll(() => ruleOf(holder), { timeout: 5_000 }).toBe(rule)
    }
  })

  test('follow a folder that is replaced as a whole, by looking now and then', async () => {
    const holder = await open({ pollMs: 100 })
    const next = `${folder}-next`
    mkdirSync(next)
    writeFileSync(join(next, 'shop.yaml'), version('two'))
    renameSync(folder, `${folder}-old`)
    renameSync(next, folder)
    await expect.poll(() => ruleOf(holder), { timeout: 5_000 }).toBe('two')
    rmSync(`${folder}-old`, { recursive: true })
  })

  test('a half-written file that would be a valid, weaker policy is never in force', async () => {
    // Long against the pauses below: this machine may be busy.
    const holder = await open({ settleMs: 1_000 })
    const seen: (string | undefined)[] = []
    holder.onChange(() => seen.push(ruleOf(holder)))
    const whole = version('two')
    // Written in four pieces, each much sooner than settleMs after the last: the first alone is a policy without the deny.
    for (const length of [34, 40, 60, whole.length]) {
      writeFileSync(file, whole.slice(0, length))
      await wait(50)
    }
    await expect.poll(() => ruleOf(holder), { timeout: 10_000 }).toBe('two')
    expect(seen).toEqual(['two'])
  })

  test('a mistake keeps the last good ones and says so; mending it takes over', async () => {
    const holder = await open()
    const before = holder.current
    writeFileSync(file, 'policy: [')
    await expect.poll(() => events.at(-1)?.kind, { timeout: 5_000 }).toBe('policy-rejected')
    expect(holder.current).toBe(before)
    expect(String(events.at(-1)?.detail['first'])).toContain('shop.yaml:')
    writeFileSync(file, version('two'))
    await expect.poll(() => ruleOf(holder), { timeout: 5_000 }).toBe('two')
  })

  test('a folder that goes away keeps the last good ones', async () => {
    const holder = await open({ pollMs: 100 })
    rmSync(folder, { recursive: true })
    await expect.poll(() => events.at(-1)?.kind, { timeout: 5_000 }).toBe('policy-rejected')
    expect(ruleOf(holder)).toBe('one')
  })

  test('reload() reads at once and says what happened', async () => {
    const holder = await open()
    expect(await holder.reload()).toMatchObject({ kind: 'unchanged' })
    writeFileSync(file, version('two'))
    expect(await holder.reload()).toMatchObject({ kind: 'loaded', hash: holder.current.hash })
    expect(ruleOf(holder)).toBe('two')
    writeFileSync(file, 'policy: [')
    expect(await holder.reload()).toMatchObject({ kind: 'rejected' })
    expect(ruleOf(holder)).toBe('two')
  })

  test('reloads that overlap end with what is on disk', async () => {
    const holder = await open()
    const results: Promise<unknown>[] = []
    for (const rule of ['r1', 'r2', 'r3', 'r4']) {
      writeFileSync(file, version(rule))
      results.push(holder.reload())
    }
    await Promise.all(results)
    expect(ruleOf(holder)).toBe('r4')
  })

  test('a removed file takes its policy with it', async () => {
    const holder = await open()
    rmSync(file)
    await expect.poll(() => holder.current.policies.length, { timeout: 5_000 }).toBe(0)
  })

  test('a listener or an audit that fails keeps nobody else from the new policies', async () => {
    const holder = await open({ onEvent: () => { throw new Error('audit is down') } })
    const seen = vi.fn<() => void>()
    holder.onChange(() => { throw new Error('a listener fails') })
    holder.onChange(seen)
    writeFileSync(file, version('two'))
    expect(await holder.reload()).toMatchObject({ kind: 'loaded' })
    expect(seen).toHaveBeenCalledOnce()
  })

  test('after dispose nothing follows', async () => {
    const holder = await open({ pollMs: 50 })
    const before = holder.current
    holder.dispose()
    writeFileSync(file, version('two'))
    await wait(settleMs * 3)
    expect(holder.current).toBe(before)
  })
})
