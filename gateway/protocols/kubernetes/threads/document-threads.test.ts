// Threads that mask large documents: what they give is what the loop itself would give, and whatever goes wrong refuses one document.
import { createSecretKey } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { objectMasksFor, type MaskRules, type ObjectTarget } from '../../../masking/objects/object-masks.ts'
import { createDocumentThreads, type DocumentThreads, type DocumentThreadsOptions } from './document-threads.ts'

vi.setConfig({ testTimeout: 60_000 })

const trouble = new URL('./testing/trouble-thread.ts', import.meta.url)
let open: DocumentThreads[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.dispose()
})
function threads(options: DocumentThreadsOptions = {}): DocumentThreads {
  const one = createDocumentThreads(options)
  open.push(one)
  return one
}

const key = 'AKIAIOSFODNN7EXAMPLE'
const rules: MaskRules = {
  masks: {
    columns: [],
    fields: [{ policy: 'p', rule: 'hosts', resources: ['configmaps'], groups: null, namespaces: ['shop'], names: null, fields: ['/data/host'], exceptTypes: [], as: 'hash', isExempt: false }],
    detect: [{ policy: 'p', rule: 'd', detectors: ['aws-access-key', { name: 'order', pattern: 'ORD-[0-9]{6}', examples: ['ORD-123456'] }], as: 'redact', isExempt: false }],
  },
  hashKey: createSecretKey(Buffer.alloc(32, 7)),
}
const plain: MaskRules = { masks: { columns: [], fields: [], detect: [] }, hashKey: null }
const target = (name: string | null, resource = 'configmaps'): ObjectTarget => ({ group: '', resource, subresource: null, namespace: 'shop', name })
const bytesOf = (value: unknown): Uint8Array => new Uint8Array(Buffer.from(JSON.stringify(value)))
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
const map = (data: Record<string, string>) => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a', namespace: 'shop' }, data })

test('what a thread gives is what the same masks give here: fields, hashes with the key, detectors, own ones too', async () => {
  const object = map({ host: 'db.example.com', note: `${key} and ORD-654321` })
  const here = objectMasksFor(rules.masks, rules.hashKey).maskJson(target('a'), Buffer.from(bytesOf(object)))
  const there = await threads().ask(rules, { kind: 'mask', target: target('a') }, [bytesOf(object)])
  if (here.kind !== 'masked' || there.kind !== 'masked' || typeof there.client === 'string') throw new Error('not masked')
  expect(text(there.client)).toBe(here.client.toString())
  expect(text(there.client)).not.toMatch(/AKIA|ORD-6|db\.example/)
  expect(text(there.document)).toBe(JSON.stringify(object))
  expect(there.record).toBe('client')
})

test('what a client may see and a recording may not comes back as two', async () => {
  const exempt: MaskRules = { ...rules, masks: { ...rules.masks, fields: [{ ...rules.masks.fields[0]!, isExempt: true }] } }
  const there = await threads().ask(exempt, { kind: 'mask', target: target('a') }, [bytesOf(map({ host: 'db.example.com' }))])
  if (there.kind !== 'masked' || !(there.record instanceof Uint8Array)) throw new Error('not masked')
  expect(there.client).toBe('document')
  expect(text(there.record)).not.toContain('db.example.com')
})

test('pieces are one document, and where nothing is masked it comes back as it was', async () => {
  const whole = Buffer.from(JSON.stringify({ kind: 'PodList', items: Array.from({ length: 5_000 }, (_, at) => ({ at, name: `pod-${at}` })) }))
  const pieces = [whole.subarray(0, 10), whole.subarray(10, 40_000), whole.subarray(40_000)].map((piece) => new Uint8Array(piece))
  const there = await threads().ask(rules, { kind: 'mask', target: target(null, 'pods') }, pieces)
  if (there.kind !== 'masked') throw new Error('not masked')
  expect([there.client, there.record]).toEqual(['document', 'document'])
  expect(Buffer.from(there.document).equals(whole)).toBe(true)
})

test('each document is masked by the rules it is asked with, more of them than a thread keeps', async () => {
  const pool = threads({ threadsMax: 1 })
  const sets = Array.from({ length: 70 }, (_, at): MaskRules => ({ masks: { columns: [], fields: [], detect: [{ policy: 'p', rule: 'd', detectors: [{ name: `own-${at}`, pattern: `secret-${at}-[a-z]+`, examples: [] }], as: 'redact', isExempt: false }] }, hashKey: null }))
  const order = [...sets.keys(), 0, 1, 69]
  for (const at of order) {
    const there = await pool.ask(sets[at]!, { kind: 'mask', target: target('a') }, [bytesOf(map({ one: `secret-${at}-x`, other: 'secret-500-x' }))])
    if (there.kind !== 'masked' || typeof there.client === 'string') throw new Error('not masked')
    expect(text(there.client)).toContain(`[masked:own-${at}]`)
    expect(text(there.client)).toContain('secret-500-x')
  }
})

test('what is no JSON is said to be none', async () => {
  expect(await threads().ask(rules, { kind: 'mask', target: target('a') }, [new Uint8Array(Buffer.from('{"a":'))])).toMatchObject({ kind: 'unreadable' })
})

test.each(['dies', 'throws', 'hangs', 'is silent', 'says something else', 'gives less back', 'says ready again', 'says nothing'])('a thread that %s refuses its document, and the next one is masked', async (name) => {
  const pool = threads({ script: trouble, documentMs: 300, threadsMax: 1 })
  expect(await pool.ask(plain, { kind: 'mask', target: target(name) }, [bytesOf({})])).toMatchObject({ kind: 'failed', isBusy: false })
  expect(await pool.ask(plain, { kind: 'mask', target: target('well') }, [bytesOf({})])).toMatchObject({ kind: 'masked' })
})

test('a document that fills the thread’s heap ends the thread, not the gateway', async () => {
  const pool = threads({ script: trouble, documentMs: 30_000, threadsMax: 1, heapMb: 32 })
  expect(await pool.ask(plain, { kind: 'mask', target: target('fills the heap') }, [bytesOf({})])).toMatchObject({ kind: 'failed' })
  expect(await pool.ask(plain, { kind: 'mask', target: target('well') }, [bytesOf({})])).toMatchObject({ kind: 'masked' })
})

test('others are masked while one hangs', async () => {
  const pool = threads({ script: trouble, documentMs: 2_000 })
  const hung = pool.ask(plain, { kind: 'mask', target: target('hangs') }, [bytesOf({})])
  const order: string[] = []
  void hung.then(() => order.push('hung'))
  for (let one = 0; one < 3; one++) await pool.ask(plain, { kind: 'mask', target: target('well') }, [bytesOf({})]).then(({ kind }) => order.push(kind))
  expect(order).toEqual(['masked', 'masked', 'masked'])
  expect(await hung).toMatchObject({ kind: 'failed', why: expect.stringContaining('documentMs') as string })
})

test('a script that cannot start refuses what waits', async () => {
  const pool = threads({ script: new URL('./testing/no-such-thread.ts', import.meta.url) })
  expect(await pool.ask(plain, { kind: 'mask', target: target('well') }, [bytesOf({})])).toMatchObject({ kind: 'failed' })
})

test('a full queue refuses, and says that it is for now', async () => {
  const pool = threads({ script: trouble, documentMs: 1_000, threadsMax: 1, queuedMax: 1 })
  const first = pool.ask(plain, { kind: 'mask', target: target('hangs') }, [bytesOf({})])
  expect(await pool.ask(plain, { kind: 'mask', target: target('well') }, [bytesOf({})])).toMatchObject({ kind: 'failed', isBusy: true, why: expect.stringContaining('documentsQueuedMax') as string })
  expect(await first).toMatchObject({ kind: 'failed', isBusy: false })
})

test('what waits is refused when the gateway stops, and what comes after it', async () => {
  const pool = threads({ script: trouble, documentMs: 60_000, threadsMax: 1 })
  const asked = [pool.ask(plain, { kind: 'mask', target: target('hangs') }, [bytesOf({})]), pool.ask(plain, { kind: 'mask', target: target('well') }, [bytesOf({})])]
  await pool.dispose()
  expect(await Promise.all(asked)).toMatchObject([{ kind: 'failed' }, { kind: 'failed' }])
  expect(await pool.ask(plain, { kind: 'mask', target: target('well') }, [bytesOf({})])).toMatchObject({ kind: 'failed' })
})

test('one owner’s many documents do not keep another’s waiting', async () => {
  const pool = threads({ script: trouble, threadsMax: 1 })
  const done: string[] = []
  const ask = (owner: MaskRules, name: string) => pool.ask(owner, { kind: 'mask', target: target('well') }, [bytesOf({})]).then(() => done.push(name))
  const other: MaskRules = { ...plain }
  await Promise.all([...Array.from({ length: 20 }, (_, at) => ask(plain, `many ${at}`)), ask(other, 'one')])
  expect(done.indexOf('one')).toBeLessThan(3)
})
