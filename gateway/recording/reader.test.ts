import { createHash } from 'node:crypto'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Frame } from '../../shared/recording.ts'
import { makeSessionId } from '../../shared/session-id.ts'
import { exportSession } from './export.ts'
import { openJournal } from './journal.ts'
import { createReader, type RecordingReader } from './reader.ts'
import { indexPath } from './segment-files.ts'
import { flushed, temporaryFolder, writeSample } from './testing/journals.ts'

async function all(reader: RecordingReader, session: string, limit: number): Promise<Frame[]> {
  const frames: Frame[] = []
  for (let after = -1; ;) {
    const page = await reader.frames(session, { after, limit })
    frames.push(...page.frames)
    if (page.next === null) return frames
    after = page.next
  }
}

test('frames come back as they were written, whoever else wrote in the same turns', async () => {
  using dir = temporaryFolder()
  const before = Date.now()
  await writeSample(dir.path)
  const frames = await all(createReader({ dir: dir.path }), 'a', 100)
  expect(frames.map(({ seq, direction, kind, data }) => ({ seq, direction, kind, data }))).toEqual([
    ...[0, 1, 2].flatMap((turn) => [
      { seq: 2 * turn, direction: 'in', kind: 'command', data: { type: 'json', value: { command: `a${turn}`, text: 'select 1' } } },
      { seq: 2 * turn + 1, direction: 'out', kind: 'output', data: { type: 'bytes', base64: Buffer.concat([Buffer.of(turn, 0, 255), Buffer.from('row')]).toString('base64') } },
    ]),
    { seq: 6, direction: 'control', kind: 'close', data: { type: 'json', value: { reason: 'done' } } },
  ])
  expect(frames.every(({ at }) => at >= before && at <= Date.now())).toBe(true)
  expect(frames[0]!.prev).toBe('0'.repeat(64))
  expect((await all(createReader({ dir: dir.path }), 'b', 100))[0]!.data).toEqual({ type: 'json', value: { command: 'b0', text: 'select “ü” 🐘' } })
})

test.each([1, 2, 3, 1000])('pages of %i give every frame once, over segments and with a live journal', async (limit) => {
  using dir = temporaryFolder()
  const journal = await openJournal({ dir: dir.path, segmentBytesMax: 500 })
  const reader = createReader({ dir: dir.path, journal })
  const session = makeSessionId(Date.now(), new Uint8Array(10))
  const recorder = journal.recorder(session)
  const other = journal.recorder('other')
  for (let n = 0; n < 12; n++) {
    recorder.json('in', 'command', { n })
    if (n % 3 === 0) other.json('in', 'command', { n, text: 'x'.repeat(300) })
    if (n % 2 === 0) await flushed(journal)
  }
  await flushed(journal)
  const live = await all(reader, session, limit)
  expect(live.map(({ seq }) => seq)).toEqual(Array.from({ length: 12 }, (_, i) => i))
  recorder.close('done')
  await journal.dispose()
  expect((await all(createReader({ dir: dir.path }), session, limit)).length).toBe(13)
})

test('a frame is not shown before it is with the kernel', async () => {
  using dir = temporaryFolder()
  const journal = await openJournal({ dir: dir.path })
  const reader = createReader({ dir: dir.path, journal })
  const recorder = journal.recorder('s')
  await flushed(journal)
  const page = reader.frames('s', { after: -1, limit: 10 })
  recorder.json('in', 'command', {})
  expect((await page).frames.length).toBeLessThanOrEqual(1)
  await flushed(journal)
  expect((await reader.frames('s', { after: -1, limit: 10 })).frames.length).toBe(1)
  await journal.dispose()
})

test('an index that is missing or of no use is made again from the segment', async () => {
  using dir = temporaryFolder()
  await writeSample(dir.path)
  expect(readdirSync(dir.path)).toContain('journal-000001.idx')
  const expected = await all(createReader({ dir: dir.path }), 'b', 10)
  writeFileSync(indexPath(dir.path, 1), 'garbage, and more than a head of it')
  expect(await all(createReader({ dir: dir.path }), 'b', 10)).toEqual(expected)
  rmSync(indexPath(dir.path, 1))
  expect(await all(createReader({ dir: dir.path }), 'b', 10)).toEqual(expected)
})

test('a session that nobody recorded has no frames', async () => {
  using dir = temporaryFolder()
  await writeSample(dir.path)
  expect(await createReader({ dir: dir.path }).frames('nobody', { after: -1, limit: 10 })).toEqual({ frames: [], next: null })
  expect(await createReader({ dir: join(dir.path, 'nowhere') }).frames('a', { after: -1, limit: 10 })).toEqual({ frames: [], next: null })
})

test('an export verifies with nothing but SHA-256', async () => {
  using dir = temporaryFolder()
  await writeSample(dir.path)
  const lines: Record<string, unknown>[] = []
  for await (const line of exportSession(dir.path, 'a')) lines.push(JSON.parse(line) as Record<string, unknown>)
  expect(lines[0]).toMatchObject({ type: 'recording', session: 'a' })
  expect(lines.at(-1)).toMatchObject({ type: 'end', report: { ok: true, closed: true, frames: 7 } })
  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
  let prev = '0'.repeat(64)
  for (const line of lines.filter(({ type }) => type === 'section') as unknown as { raw: string; hash: string; batch: { head: string; sections: string[]; hash: string } }[]) {
    const raw = Buffer.from(line.raw, 'base64')
    const idLength = raw.readUInt8(4)
    expect(sha(raw)).toBe(line.hash)
    expect(raw.subarray(5 + idLength, 5 + idLength + 32).toString('hex')).toBe(prev)
    expect(line.batch.sections).toContain(line.hash)
    expect(sha(Buffer.concat([Buffer.from(line.batch.head, 'base64'), ...line.batch.sections.map((hash) => Buffer.from(hash, 'hex'))]))).toBe(line.batch.hash)
    prev = line.hash
  }
  expect(lines.filter(({ type }) => type === 'frame').length).toBe(7)
})
