import { copyFileSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decodeBatch, decodeSegmentHead } from './format.ts'
import { openJournal } from './journal.ts'
import { segmentPath } from './segment-files.ts'
import { encodeWithout } from './testing/forge.ts'
import { flushed, temporaryFolder, writeSample } from './testing/journals.ts'
import { verifyJournal, verifySession } from './verify.ts'

test('a journal as it was written verifies', async () => {
  using dir = temporaryFolder()
  await writeSample(dir.path)
  expect(await verifyJournal(dir.path)).toMatchObject({ ok: true, segments: 1, sessions: 3, unclosed: 1, ended: true, torn: [], problems: [] })
  expect(await verifySession(dir.path, 'a')).toMatchObject({ ok: true, frames: 7, closed: true })
  expect(await verifySession(dir.path, 'c')).toMatchObject({ ok: true, frames: 3, closed: false })
})

test('it verifies while it is being written', async () => {
  using dir = temporaryFolder()
  const journal = await openJournal({ dir: dir.path })
  journal.recorder('s').json('in', 'command', {})
  await flushed(journal)
  expect(await verifySession(dir.path, 's')).toMatchObject({ ok: true, frames: 1, closed: false })
  expect((await verifyJournal(dir.path)).head).toBe(journal.head().hash)
  await journal.dispose()
})

test('every single byte that is changed shows', async () => {
  using dir = temporaryFolder()
  await writeSample(dir.path)
  const path = segmentPath(dir.path, 1)
  const bytes = readFileSync(path)
  for (let i = 0; i < bytes.length; i++) {
    const flipped = Buffer.from(bytes)
    flipped[i]! ^= 1 << (i % 8)
    writeFileSync(path, flipped)
    const report = await verifyJournal(dir.path)
    if (report.ok) expect.fail(`a change of byte ${i} of ${bytes.length} was not seen`)
  }
}, 120_000)

test('every cut shows: as damage, as sessions that were not closed, or as a journal that did not end', async () => {
  using dir = temporaryFolder()
  await writeSample(dir.path)
  const path = segmentPath(dir.path, 1)
  const bytes = readFileSync(path)
  for (let length = 0; length < bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length))
    expect((await verifyJournal(dir.path)).ended).toBe(false)
  }
}, 120_000)

/** The pieces of the only segment: its head, then its batches. */
function pieces(path: string): Buffer[] {
  const bytes = readFileSync(path)
  const head = decodeSegmentHead(bytes)
  if (head.kind !== 'whole') throw new Error('no head')
  const parts = [bytes.subarray(0, head.bytes)]
  for (let offset = head.bytes; offset < bytes.length;) {
    const batch = decodeBatch(bytes.subarray(offset))
    if (batch.kind !== 'whole') throw new Error('no batch')
    parts.push(bytes.subarray(offset, offset + batch.bytes))
    offset += batch.bytes
  }
  return parts
}

test.each([
  ['a batch is taken out', ([head, first, , ...rest]: Buffer[]) => [head!, first!, ...rest]],
  ['two batches change places', ([head, first, second, ...rest]: Buffer[]) => [head!, second!, first!, ...rest]],
  ['a batch stands twice', ([head, first, ...rest]: Buffer[]) => [head!, first!, first!, ...rest]],
  ['another journal follows', (parts: Buffer[]) => [...parts, ...parts]],
] as const)('%s: the journal and each session of it say so', async (_name, change) => {
  using dir = temporaryFolder()
  await writeSample(dir.path)
  const path = segmentPath(dir.path, 1)
  writeFileSync(path, Buffer.concat(change(pieces(path))))
  expect((await verifyJournal(dir.path)).ok).toBe(false)
  expect((await verifySession(dir.path, 'a')).ok).toBe(false)
})

test('a session that is taken out of a batch shows in the journal chain, also to those who look at another session', async () => {
  using dir = temporaryFolder()
  await writeSample(dir.path)
  const path = segmentPath(dir.path, 1)
  const [head, ...batches] = pieces(path) as [Buffer, ...Buffer[]]
  const forged = batches.map((bytes) => {
    const batch = decodeBatch(bytes)
    return batch.kind === 'whole' ? encodeWithout(batch.value, 'b') : bytes
  })
  writeFileSync(path, Buffer.concat([head, ...forged]))
  expect((await verifySession(dir.path, 'b')).ok).toBe(false)
  expect((await verifySession(dir.path, 'a')).problems.join()).toMatch(/does not follow|hash of a batch/)
})

test('a frame that is taken out, with every hash of its batch made anew, breaks the chain after it', async () => {
  using dir = temporaryFolder()
  await writeSample(dir.path)
  const path = segmentPath(dir.path, 1)
  const [head, first, ...rest] = pieces(path) as [Buffer, Buffer, ...Buffer[]]
  const batch = decodeBatch(first)
  if (batch.kind !== 'whole') throw new Error('no batch')
  writeFileSync(path, Buffer.concat([head, encodeWithout(batch.value, 'a', { hashAnew: true }), ...rest]))
  expect((await verifyJournal(dir.path)).problems.join()).toMatch(/does not follow/)
  expect((await verifySession(dir.path, 'a')).ok).toBe(false)
})

async function writeSegments(dir: string): Promise<void> {
  const journal = await openJournal({ dir, segmentBytesMax: 300 })
  const recorder = journal.recorder('s')
  for (let n = 0; n < 4; n++) {
    recorder.json('in', 'command', { n, text: 'x'.repeat(150) })
    await flushed(journal)
  }
  recorder.close('done')
  await journal.dispose()
}

test('a session over several segments verifies; a segment that is taken out, renamed or put in another place shows', async () => {
  using dir = temporaryFolder()
  await writeSegments(dir.path)
  expect(await verifySession(dir.path, 's')).toMatchObject({ ok: true, frames: 5, closed: true })
  const count = readdirSync(dir.path).filter((name) => name.endsWith('.ghj')).length
  expect(count).toBeGreaterThan(3)
  for (let segment = 1; segment < count; segment++) {
    const kept = join(dir.path, 'kept')
    renameSync(segmentPath(dir.path, segment), kept)
    expect((await verifyJournal(dir.path)).ok).toBe(false)
    expect((await verifySession(dir.path, 's')).ok).toBe(false)
    copyFileSync(segmentPath(dir.path, segment === 1 ? 2 : 1), segmentPath(dir.path, segment))
    expect((await verifyJournal(dir.path)).ok).toBe(false)
    renameSync(kept, segmentPath(dir.path, segment))
  }
  expect((await verifyJournal(dir.path)).ok).toBe(true)
  rmSync(segmentPath(dir.path, count))
  const cut = await verifyJournal(dir.path)
  expect(cut).toMatchObject({ ended: false })
})

test('a session that is not in the journal does not verify', async () => {
  using dir = temporaryFolder()
  await writeSample(dir.path)
  expect(await verifySession(dir.path, 'nobody')).toMatchObject({ ok: false, frames: 0, problems: ['the journal has no frames of nobody'] })
  expect(await verifySession(join(dir.path, 'nowhere'), 'a')).toMatchObject({ ok: false })
})
