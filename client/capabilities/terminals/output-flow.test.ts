import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { terminalGatherBytes, terminalGatherMs, terminalUnseenBytesLow, terminalUnseenBytesMax } from '../../limits.ts'
import { OutputFlow } from './output-flow.ts'

function flowing() {
  const sent: Buffer[] = []
  let isPaused = false
  const flow = new OutputFlow({ pause: () => { isPaused = true }, resume: () => { isPaused = false } }, (output) => sent.push(output))
  return { flow, sent, isPaused: () => isPaused }
}

test('gathers a moment of output into one event', async () => {
  const { flow, sent } = flowing()
  for (const text of ['a', 'b', 'c']) flow.take(Buffer.from(text))
  expect(sent).toEqual([])
  await sleep(terminalGatherMs * 5)
  expect(sent.map(String)).toEqual(['abc'])
})

test('a shell that writes without end is paused at a bounded amount, and goes on when the page has drawn it', () => {
  const { flow, sent, isPaused } = flowing()
  const chunk = Buffer.alloc(terminalGatherBytes, 'y')
  let taken = 0
  while (!isPaused()) {
    flow.take(chunk)
    taken += chunk.length
  }
  expect(taken).toBeLessThanOrEqual(terminalUnseenBytesMax)
  const bytes = sent.reduce((sum, each) => sum + each.length, 0)
  flow.acknowledge(bytes - terminalUnseenBytesLow - 1)
  expect(isPaused()).toBe(true)
  flow.acknowledge(1)
  expect(isPaused()).toBe(false)
  flow.dispose()
})

test('acknowledging more than was sent opens no more room than there is', () => {
  const { flow, isPaused } = flowing()
  flow.acknowledge(1e9)
  for (let bytes = 0; bytes < terminalUnseenBytesMax; bytes += terminalGatherBytes) flow.take(Buffer.alloc(terminalGatherBytes))
  expect(isPaused()).toBe(true)
  flow.dispose()
})
