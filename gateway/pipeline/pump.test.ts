import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Pace, writeAll } from './pump.ts'

function fakeSource() {
  const calls: string[] = []
  return { calls, pause: () => calls.push('pause'), resume: () => calls.push('resume') }
}

test('a source that kept the loop busy rests for one turn', async () => {
  const source = fakeSource()
  const pace = new Pace(source)
  pace.worked(0.4)
  expect(source.calls).toEqual([])
  pace.worked(0.7)
  expect(source.calls).toEqual(['pause'])
  await turn()
  expect(source.calls).toEqual(['pause', 'resume'])
})

test('a full sink keeps the source stopped until it drains, whatever its turn', async () => {
  const source = fakeSource()
  const pace = new Pace(source)
  pace.worked(5)
  pace.fill()
  await turn()
  expect(source.calls).not.toContain('resume')
  pace.drained()
  expect(source.calls.at(-1)).toBe('resume')
})

test('a sink that drains while the source rests does not wake it early', async () => {
  const source = fakeSource()
  const pace = new Pace(source)
  pace.fill()
  pace.worked(5)
  pace.drained()
  expect(source.calls).not.toContain('resume')
  await turn()
  expect(source.calls.at(-1)).toBe('resume')
})

test('pieces arrive whole and in order, as one buffer or as a vector', () => {
  for (const size of [10, 20_000]) {
    const written: Buffer[] = []
    const sink = { write: (chunk: Buffer) => { written.push(chunk); return false }, cork: () => undefined, uncork: () => undefined }
    const pieces = ['a', 'b', 'c'].map((letter) => Buffer.from(letter.repeat(size)))
    expect(writeAll(sink, pieces)).toBe(false)
    expect(Buffer.concat(written)).toEqual(Buffer.concat(pieces))
  }
  expect(writeAll({ write: () => false, cork: () => undefined, uncork: () => undefined }, [])).toBe(true)
})
