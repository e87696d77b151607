// Answers by how large they are: small ones in the turn, large ones in a thread, and always by the masks that hold when they are done.
import { expect, test, vi } from 'vitest'
import { GatehouseError } from '../../../shared/errors.ts'
import { documentTurnBytesMax } from '../../limits-kubernetes.ts'
import { objectMasksFor, type MaskRules } from '../../masking/objects/object-masks.ts'
import type { KubernetesAccess } from './access.ts'
import { answerMasker, type AnswerMasker, type Masked, type MaskerOptions } from './answer-masker.ts'
import type { Documents } from './threads/documents.ts'
import type { DocumentThreads } from './threads/document-threads.ts'
import { createDocuments } from './threads/documents.ts'
import type { Work } from './threads/messages.ts'

vi.setConfig({ testTimeout: 60_000 })

const target = { group: '', resource: 'configmaps', subresource: null, namespace: 'shop', name: 'a' }
const looking = (pattern: string): MaskRules => ({ masks: { columns: [], fields: [], detect: [{ policy: 'p', rule: 'd', detectors: [{ name: 'own', pattern, examples: [] }], as: 'redact', isExempt: false }] }, hashKey: null })
const accessOf = ({ masks, hashKey }: MaskRules): KubernetesAccess => ({ masks: objectMasksFor(masks, hashKey), clientScanner: null, recordScanner: null, principal: { id: 'test:eli' } }) as unknown as KubernetesAccess
const [old, strict] = [accessOf(looking('first-[a-z]+')), accessOf(looking('(first|second)-[a-z]+'))]

const document = (note: string, bytes = documentTurnBytesMax) => Buffer.from(`${JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { note, filling: 'x '.repeat(bytes / 2) } })}\n`)
const small = (note: string) => document(note, 10)

async function all(masker: AnswerMasker, chunks: readonly Buffer[]): Promise<Masked[]> {
  const made: Masked[] = []
  try {
    for (const chunk of chunks) for (const piece of masker.push(chunk)) made.push(await piece)
    for (const piece of masker.end()) made.push(await piece)
  } finally {
    masker.dispose()
  }
  return made
}
const clientText = (made: readonly Masked[]): string => made.map(({ client }) => client.toString()).join('')

/** Masks as threads do, and then something happens. */
function documentsWith(afterwards: () => void, room = createDocuments({ bytesMax: 4 * 1024 * 1024 }).room): Documents & { readonly asked: number[] } {
  const asked: number[] = []
  const threads: DocumentThreads = {
    ask: async ({ masks, hashKey }, work, pieces) => {
      const whole = Buffer.concat(pieces)
      asked.push(whole.length)
      const done = objectMasksFor(masks, hashKey).maskJson((work as Extract<Work, { kind: 'mask' }>).target, whole)
      await Promise.resolve()
      afterwards()
      return (done.kind === 'unreadable' ? done : { ...done, document: whole }) as never
    },
    dispose: () => Promise.resolve(),
  }
  return { threads, room, asked }
}

const options = (documents: Documents, access: () => KubernetesAccess): MaskerOptions => ({ access, target, documents })

const both = 'first-one second-one'

test.each([['json', [document(both)], 0], ['json-stream', [small(both), document(both), small(both)], 1]] as const)('an access that is replaced while a thread masks (%s) does not answer', async (reads, chunks, before) => {
  let access = old
  const documents = documentsWith(() => { access = strict })
  const made = await all(answerMasker(reads, options(documents, () => access)), chunks)
  expect(documents.asked.length).toBe(2)
  expect(clientText(made)).not.toContain('first-one')
  // Only the event before the change shows what was not masked then.
  expect(clientText(made).match(/second-one/g)?.length ?? 0).toBe(before)
})

test('a policy that is always another refuses the answer', async () => {
  let access = old
  const documents = documentsWith(() => { access = accessOf(looking(`x${Math.random().toString(36).slice(2)}`)) })
  await expect(all(answerMasker('json', options(documents, () => access)), [document('first-one')])).rejects.toThrow(/documentTriesMax/)
})

test('small documents take no thread; events keep their order around a large one, and each is one piece', async () => {
  const documents = documentsWith(() => undefined)
  const made = await all(answerMasker('json-stream', options(documents, () => old)), [Buffer.concat([small('a'), small('b'), document('first-c'), small('d')])])
  expect(made.map(({ client }) => (JSON.parse(client.toString()) as { data: { note: string } }).data.note)).toEqual(['a', 'b', '[masked:own]', 'd'])
  expect(documents.asked.length).toBe(1)
  expect(await all(answerMasker('json', options(documents, () => old)), [small('e')])).toHaveLength(1)
  expect(documents.asked.length).toBe(1)
})

test('split at any place a document is the same, in a thread too', async () => {
  const documents = documentsWith(() => undefined)
  const [large, event] = [document('first-one', 40_000), small('first-two')]
  const events = Buffer.concat([event, large, event])
  const expected = clientText(await all(answerMasker('json-stream', options(documents, () => old)), [events]))
  for (const size of [1_000, 16_384, 32_768, 32_769, 40_000]) {
    const chunks = Array.from({ length: Math.ceil(events.length / size) }, (_, at) => events.subarray(at * size, (at + 1) * size))
    expect(clientText(await all(answerMasker('json-stream', options(documents, () => old)), chunks))).toBe(expected)
  }
})

test('room is given back when an answer is done, refused or given up', async () => {
  const documents = documentsWith(() => undefined)
  const isFree = () => {
    const free = documents.room.take('test:eli', 4 * 1024 * 1024)
    if (free) documents.room.give('test:eli', 4 * 1024 * 1024)
    return free
  }
  await all(answerMasker('json', options(documents, () => old)), [document('a', 1_000_000)])
  expect(isFree()).toBe(true)
  await expect(all(answerMasker('json', options(documents, () => old)), Array.from({ length: 50 }, () => Buffer.alloc(100_000, ' ')))).rejects.toThrow(GatehouseError)
  expect(isFree()).toBe(true)
  const events = answerMasker('json-stream', options(documents, () => old))
  for (const _ of events.push(document('a', 1_000_000).subarray(0, -1)));
  expect(isFree()).toBe(false)
  events.dispose()
  expect(isFree()).toBe(true)
})

test('the loop turns while a large answer is masked', async () => {
  const documents = createDocuments()
  try {
    const list = Buffer.from(JSON.stringify({ kind: 'ConfigMapList', items: Array.from({ length: 4_000 }, (_, at) => ({ metadata: { name: `a-${at}` }, data: { note: 'first-one and some words that nobody looks for '.repeat(20) } })) }))
    const warm = answerMasker('json', options(documents, () => old))
    await all(warm, [document('first-one')])
    let [turns, isDone] = [0, false]
    const turn = () => { turns++; if (!isDone) setImmediate(turn) }
    setImmediate(turn)
    const made = await all(answerMasker('json', options(documents, () => old)), [list])
    isDone = true
    expect(clientText(made)).not.toContain('first-one')
    // On the loop it would be one turn or two.
    expect(turns).toBeGreaterThan(20)
  } finally {
    await documents.threads.dispose()
  }
})
