import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { GatehouseError } from '../../shared/errors.ts'
import { journalQuickAgainMs, journalSlowWriteMs, recordedFrameBytesMax } from '../limits.ts'
import { DiskPace } from './disk-pace.ts'
import { openJournal, type JournalEvent, type OpenJournal } from './journal.ts'
import { createReader } from './reader.ts'
import { nodeFs, segmentPath, type JournalFs } from './segment-files.ts'
import { failingFs, shortWrites } from './testing/failing-fs.ts'
import { flushed, temporaryFolder } from './testing/journals.ts'
import { verifyJournal, verifySession } from './verify.ts'

const outcome = () => {
  const said: string[] = []
  return { said, ran: (name: string) => () => { said.push(name) }, failed: (name: string) => (error: Error) => { said.push(`${name} failed: ${(error as GatehouseError).code}`) } }
}

describe('write-ahead', () => {
  test('no action runs before its record is with the kernel, and actions run in order', async () => {
    using dir = temporaryFolder()
    const log: string[] = []
    const fs: JournalFs = { ...nodeFs, writeSync: (...call) => { log.push('write'); return nodeFs.writeSync(...call) } }
    const journal = await openJournal({ dir: dir.path, fs })
    log.length = 0
    const one = journal.recorder('one')
    const two = journal.recorder('two')
    one.json('in', 'command', { n: 1 })
    journal.afterFlush(() => log.push('one'), () => log.push('one failed'))
    two.json('in', 'command', { n: 2 })
    journal.afterFlush(() => log.push('two'), () => log.push('two failed'))
    log.push('end of turn')
    await flushed(journal)
    expect(log).toEqual(['end of turn', 'write', 'one', 'two'])
    await journal.dispose()
  })

  test('a batch that grows past its limit is written before the turn ends, and its actions still wait for the end', async () => {
    using dir = temporaryFolder()
    const log: string[] = []
    const fs: JournalFs = { ...nodeFs, writeSync: (...call) => { log.push('write'); return nodeFs.writeSync(...call) } }
    const journal = await openJournal({ dir: dir.path, fs })
    log.length = 0
    const recorder = journal.recorder('s')
    journal.afterFlush(() => log.push('action'), () => log.push('failed'))
    recorder.bytes('out', 'output', [Buffer.alloc(3 << 20, 1)])
    log.push('end of turn')
    await flushed(journal)
    expect(log).toEqual(['write', 'end of turn', 'action'])
    recorder.close('done')
    await journal.dispose()
    expect(await verifySession(dir.path, 's')).toMatchObject({ ok: true, frames: 2, closed: true })
  })

  test('in mode disk an action waits for the disk, and one fdatasync serves all that were written before it', async () => {
    using dir = temporaryFolder()
    const log: string[] = []
    let syncs = 0
    const fs: JournalFs = {
      ...nodeFs,
      writeSync: (...call) => { log.push('write'); return nodeFs.writeSync(...call) },
      fdatasync: (fd, done) => { syncs++; nodeFs.fdatasync(fd, (error) => { log.push('disk'); done(error) }) },
    }
    const journal = await openJournal({ dir: dir.path, fs, mode: 'disk' })
    await flushed(journal)
    log.length = 0
    syncs = 0
    const recorders = Array.from({ length: 20 }, (_, i) => journal.recorder(`s${i}`))
    await Promise.all(recorders.map((recorder) => {
      recorder.json('in', 'command', {})
      return flushed(journal).then(() => log.push('action'))
    }))
    expect(log.slice(0, 3)).toEqual(['write', 'disk', 'action'])
    expect(syncs).toBe(1)
    // Written nothing since: what is with the disk already needs no other fdatasync, what is under way is waited for.
    recorders[0]!.json('in', 'command', {})
    const first = flushed(journal)
    await new Promise((resolve) => { setImmediate(resolve) })
    await Promise.all([first, flushed(journal)])
    await flushed(journal)
    expect(syncs).toBe(2)
    await journal.dispose()
  })

  test('an action that throws fails alone', async () => {
    using dir = temporaryFolder()
    const events: JournalEvent[] = []
    const journal = await openJournal({ dir: dir.path, onEvent: (event) => events.push(event) })
    const { said, ran } = outcome()
    journal.afterFlush(() => { throw new Error('bug') }, (error) => said.push(`told: ${error.message}`))
    journal.afterFlush(ran('next'), () => said.push('next failed'))
    await flushed(journal)
    expect(said).toEqual(['told: bug', 'next'])
    expect(events.map(({ kind }) => kind)).toContain('action-threw')
    await journal.dispose()
  })
})

describe('what cannot be written', () => {
  // n = 1, 2, 3, … until a run is clean: no action may run whose record is not in the file, nothing is lost without a word.
  test.each([
    { what: 'write', code: 'ENOSPC' }, { what: 'write', code: 'EIO', takes: 7 }, { what: 'write', code: 'ENOSPC', takes: 60 },
    { what: 'open', code: 'EACCES' }, { what: 'sync', code: 'EIO' },
  ] as const)('$what failing with $code at the n-th call (first taking $takes bytes) ends the journal at once and for all', async (fault) => {
    let at = 0
    let isClean = false
    for (; !isClean && at < 60; at++) {
      using dir = temporaryFolder()
      const ran: number[] = []
      const refused: string[] = []
      const told: Error[] = []
      let threw: unknown = null
      const run = async () => {
        const journal = await openJournal({ dir: dir.path, fs: failingFs({ ...fault, at: at + 1 }), mode: 'disk', segmentBytesMax: 400 })
        journal.onFailure((error) => told.push(error))
        const recorder = journal.recorder('s')
        for (let n = 0; n < 8 && threw === null; n++) {
          try {
            recorder.json('in', 'command', { n, text: 'x'.repeat(100) })
            await flushed(journal).then(() => ran.push(n), (error: GatehouseError) => refused.push(error.code))
          } catch (error) {
            threw = error
          }
        }
        recorder.close('end')
        await journal.dispose()
      }
      await run().catch((error: unknown) => { threw ??= error })
      isClean = threw === null && told.length === 0 && ran.length === 8
      if (isClean) break
      expect((threw as GatehouseError | null)?.code ?? told.map((error) => (error as GatehouseError).code)[0]).toBe('recorder_failed')
      expect(told.length).toBeLessThanOrEqual(1)
      const report = await verifyJournal(dir.path)
      expect(report.problems).toEqual([])
      const { frames } = await createReader({ dir: dir.path }).frames('s', { after: -1, limit: 100 })
      const recorded = frames.filter(({ kind }) => kind === 'command').map(({ seq }) => seq)
      expect(recorded).toEqual(expect.arrayContaining(ran))
    }
    expect(isClean).toBe(true)
    expect(at).toBeGreaterThan(2)
  })

  test('everyone is told once: those who wait, those who listen, and whoever appends later', async () => {
    using dir = temporaryFolder()
    const journal = await openJournal({ dir: dir.path, fs: failingFs({ what: 'write', at: 2, code: 'ENOSPC' }) })
    const { said, ran, failed } = outcome()
    journal.onFailure(failed('first listener'))
    journal.onFailure(failed('second listener'))()
    const one = journal.recorder('one')
    const two = journal.recorder('two')
    one.json('in', 'command', {})
    journal.afterFlush(ran('one'), failed('one'))
    two.json('in', 'command', {})
    journal.afterFlush(ran('two'), failed('two'))
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    expect(said).toEqual(['one failed: recorder_failed', 'two failed: recorder_failed', 'first listener failed: recorder_failed'])
    expect(() => one.json('in', 'command', {})).toThrow(GatehouseError)
    expect(() => journal.recorder('three')).toThrow(/ENOSPC/)
    journal.afterFlush(ran('late'), failed('late'))
    journal.onFailure(failed('late listener'))
    one.close('end')
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    expect(said.slice(3)).toEqual(['late failed: recorder_failed', 'late listener failed: recorder_failed'])
    await journal.dispose()
  })

  test('short writes are completed', async () => {
    using dir = temporaryFolder()
    const journal = await openJournal({ dir: dir.path, fs: shortWrites(13) })
    const recorder = journal.recorder('s')
    for (let n = 0; n < 5; n++) recorder.json('in', 'command', { n })
    recorder.close('done')
    await flushed(journal)
    await journal.dispose()
    expect(await verifyJournal(dir.path)).toMatchObject({ ok: true, ended: true, unclosed: 0 })
  })

  test('a file size limit of the operating system ends the journal, not the process', async () => {
    using dir = temporaryFolder()
    const { stdout } = await promisify(execFile)('bash', ['-c', 'ulimit -f 64; exec "$0" "$@"', process.execPath, writerPath, dir.path, 'until-failure'])
    expect(stdout.trim()).toMatch(/^failed: recorder_failed .*EFBIG/)
    const acknowledged = Number(/after (\d+)/.exec(stdout)![1])
    const report = await verifySession(dir.path, 's')
    expect(report).toMatchObject({ ok: true, closed: false })
    expect(report.frames).toBeGreaterThanOrEqual(acknowledged)
  })

  test('a frame over the limit is refused and the session goes on', async () => {
    using dir = temporaryFolder()
    const journal = await openJournal({ dir: dir.path })
    const recorder = journal.recorder('s')
    recorder.json('in', 'command', {})
    expect(() => recorder.bytes('out', 'output', [Buffer.alloc(recordedFrameBytesMax + 1)])).toThrow(/recordedFrameBytesMax/)
    recorder.close('done')
    await journal.dispose()
    expect(await verifySession(dir.path, 's')).toMatchObject({ ok: true, frames: 2, closed: true })
  })

  test('after the end nothing is recorded and nothing waits for ever', async () => {
    using dir = temporaryFolder()
    const journal = await openJournal({ dir: dir.path })
    const recorder = journal.recorder('s')
    await journal.dispose()
    expect(() => recorder.json('in', 'command', {})).toThrow(/stopping/)
    await expect(flushed(journal)).rejects.toThrow(/stopping/)
    recorder.close('late')
    await journal.dispose()
  })

  test('nothing follows a close, and a session has one recorder', async () => {
    using dir = temporaryFolder()
    const journal = await openJournal({ dir: dir.path })
    const recorder = journal.recorder('s')
    recorder.json('in', 'command', {})
    expect(() => journal.recorder('s').json('in', 'command', {})).toThrow(/already/)
    journal.recorder('s').close('never opened')
    recorder.close('done')
    recorder.close('again')
    expect(() => recorder.json('in', 'command', {})).toThrow(/closed/)
    await journal.dispose()
    expect(await verifySession(dir.path, 's')).toMatchObject({ ok: true, frames: 2 })
  })
})

function closedSession(journal: OpenJournal, name: string): void {
  const recorder = journal.recorder(name)
  recorder.json('control', 'open', {})
  recorder.close('done')
}

const writerPath = join(import.meta.dirname, 'testing', 'writer.ts')

describe('kill -9', () => {
  test('at random moments loses nothing that was acknowledged, and what is left verifies', async () => {
    using dir = temporaryFolder()
    for (let round = 1; round <= 5; round++) {
      const child = fork(writerPath, [dir.path, 'until-killed', `s${round}`], { execArgv: [] })
      let acknowledged = -1
      child.on('message', (seq) => { acknowledged = seq as number })
      await once(child, 'message')
      await new Promise((resolve) => { setTimeout(resolve, Math.random() * 60) })
      child.kill('SIGKILL')
      await once(child, 'close')
      const report = await verifySession(dir.path, `s${round}`)
      expect(report).toMatchObject({ ok: true, closed: false, problems: [] })
      expect(report.frames).toBeGreaterThan(acknowledged)
    }
    expect(await verifyJournal(dir.path)).toMatchObject({ ok: true, segments: 5, sessions: 5, unclosed: 5, ended: false })
  }, 60_000)

  test('a torn tail is left as it is, said, and the next run is chained to the last whole batch', async () => {
    using dir = temporaryFolder()
    const first = await openJournal({ dir: dir.path })
    const recorder = first.recorder('s')
    recorder.json('in', 'command', { n: 0 })
    await flushed(first)
    const whole = statSync(segmentPath(dir.path, 1)).size
    recorder.json('in', 'command', { n: 1 })
    await flushed(first)
    await first.dispose()
    truncateSync(segmentPath(dir.path, 1), whole + 20)
    expect(await verifySession(dir.path, 's')).toMatchObject({ ok: true, frames: 1, closed: false })

    const events: JournalEvent[] = []
    const second = await openJournal({ dir: dir.path, onEvent: (event) => events.push(event) })
    expect(events).toContainEqual({ kind: 'torn-tail', segment: 1, wholeBytes: whole })
    expect(statSync(segmentPath(dir.path, 1)).size).toBe(whole + 20)
    closedSession(second, 't')
    await second.dispose()
    expect(await verifyJournal(dir.path)).toMatchObject({ ok: true, segments: 2, torn: [1], unclosed: 1, ended: true })
  })

  test('a segment that was torn inside its head does not break the chain', async () => {
    using dir = temporaryFolder()
    await (await openJournal({ dir: dir.path })).dispose()
    appendFileSync(segmentPath(dir.path, 2), readFileSync(segmentPath(dir.path, 1)).subarray(0, 9))
    const journal = await openJournal({ dir: dir.path })
    closedSession(journal, 's')
    await journal.dispose()
    expect(await verifyJournal(dir.path)).toMatchObject({ ok: true, segments: 3, torn: [2] })
  })
})

describe('a slow disk', () => {
  /** The first write on the loop takes `firstMs`; those off the loop are let through one by one. */
  function slowFs(firstMs: number) {
    const held: (() => void)[] = []
    let onLoop = 0
    const fs: JournalFs = {
      ...nodeFs,
      writeSync(...call) {
        if (++onLoop === 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, firstMs)
        return nodeFs.writeSync(...call)
      },
      write: (...call) => { held.push(() => nodeFs.write(...call)) },
    }
    return { fs, held, onLoop: () => onLoop, release: () => { for (const write of held.splice(0)) write() } }
  }

  async function slowJournal(dir: string) {
    const slow = slowFs(journalSlowWriteMs + 10)
    const events: string[] = []
    const journal = await openJournal({ dir, fs: slow.fs, onEvent: ({ kind }) => events.push(kind) })
    const recorder = journal.recorder('s')
    recorder.json('in', 'command', { n: 0 })
    await flushed(journal)
    expect(events).toContain('slow-disk')
    return { ...slow, journal, recorder, events }
  }

  test('stalls the loop once: after that its writes leave the loop, and actions still wait for them, in order', async () => {
    using dir = temporaryFolder()
    const { journal, recorder, held, release, onLoop } = await slowJournal(dir.path)
    const { said, ran, failed } = outcome()
    recorder.json('in', 'command', { n: 1 })
    journal.afterFlush(ran('one'), failed('one'))
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    // The disk stands still; the loop does not, and what was not recorded did not go on.
    recorder.json('in', 'command', { n: 2 })
    journal.afterFlush(ran('two'), failed('two'))
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    expect({ said, held: held.length, onLoop: onLoop() }).toEqual({ said: [], held: 1, onLoop: 2 })
    release()
    await expect.poll(() => said).toEqual(['one'])
    await expect.poll(() => held.length).toBe(1)
    release()
    await expect.poll(() => said).toEqual(['one', 'two'])
    recorder.close('done')
    const disposed = journal.dispose()
    await expect.poll(() => held.length).toBe(1)
    release()
    await disposed
    expect(await verifyJournal(dir.path)).toMatchObject({ ok: true, ended: true, unclosed: 0 })
    expect((await verifySession(dir.path, 's')).frames).toBe(4)
  })

  test('takes memory up to a limit, and then the journal fails', async () => {
    using dir = temporaryFolder()
    const { journal, recorder, release } = await slowJournal(dir.path)
    const { said, ran, failed } = outcome()
    recorder.json('in', 'command', { n: 1 })
    journal.afterFlush(ran('one'), failed('one'))
    await new Promise((resolve) => { setTimeout(resolve, 5) })
    const chunk = [Buffer.alloc(1 << 20, 1)]
    expect(() => { for (let n = 0; n < 80; n++) recorder.bytes('out', 'output', chunk) }).toThrow(/journalWaitingBytesMax/)
    release()
    await expect.poll(() => said).toEqual(['one failed: recorder_failed'])
    await journal.dispose()
    expect((await verifySession(dir.path, 's')).problems).toEqual([])
  })

  test('that fails off the loop ends the journal too', async () => {
    using dir = temporaryFolder()
    const slow = slowFs(journalSlowWriteMs + 10)
    const journal = await openJournal({ dir: dir.path, fs: { ...slow.fs, write: (_fd, _bytes, _offset, _length, done) => done(Object.assign(new Error('no'), { code: 'ENOSPC' }), 0) } })
    const recorder = journal.recorder('s')
    recorder.json('in', 'command', { n: 0 })
    await flushed(journal)
    recorder.json('in', 'command', { n: 1 })
    await expect(flushed(journal)).rejects.toMatchObject({ code: 'recorder_failed' })
    expect(() => recorder.json('in', 'command', { n: 2 })).toThrow(/ENOSPC/)
    await journal.dispose()
  })

  test('is left behind after it was quick for a while', () => {
    let now = 0
    const pace = new DiskPace(() => now)
    const write = (ms: number) => { const began = now; now += ms; return pace.note(began) }
    expect([write(1), write(journalSlowWriteMs + 1), pace.isSlow]).toEqual([null, 'slow', true])
    expect([write(1), write(journalSlowWriteMs + 1), write(journalQuickAgainMs - 100), pace.isSlow]).toEqual([null, null, null, true])
    for (let i = 0; i < 1000 && pace.isSlow; i++) write(journalSlowWriteMs)
    expect(pace.isSlow).toBe(false)
  })
})

test('files are for the owner only', async () => {
  using dir = temporaryFolder()
  const path = join(dir.path, 'recordings')
  const journal = await openJournal({ dir: path, segmentBytesMax: 200 })
  const recorder = journal.recorder('s')
  for (let n = 0; n < 5; n++) {
    recorder.json('in', 'command', { n, text: 'x'.repeat(100) })
    await flushed(journal)
  }
  await journal.dispose()
  expect(statSync(path).mode & 0o777).toBe(0o700)
  const names = readdirSync(path)
  expect(names.filter((name) => name.endsWith('.ghj')).length).toBeGreaterThan(3)
  for (const name of names) expect(statSync(join(path, name)).mode & 0o777).toBe(0o600)
})

test('two journals do not write one segment', async () => {
  using dir = temporaryFolder()
  const journal = await openJournal({ dir: dir.path })
  const collides: JournalFs = { ...nodeFs, openSync: (_path, flags, mode) => nodeFs.openSync(segmentPath(dir.path, 1), flags, mode) }
  await expect(openJournal({ dir: dir.path, fs: collides })).rejects.toThrow(/EEXIST.*no other gateway/)
  await journal.dispose()
})
