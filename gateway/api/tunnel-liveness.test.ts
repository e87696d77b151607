import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { watchLiveness } from './tunnel-liveness.ts'

const limits = { pingMs: 20_000, pingsMissedMax: 2, stalledMs: 100_000 }

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

function setup() {
  // Only what the watch looks at.
  const ws = Object.assign(new EventEmitter(), { isPaused: false, bufferedAmount: 0, ping: vi.fn() })
  const socket = { bytesRead: 0 }
  const dead = vi.fn<(reason: string) => void>()
  watchLiveness(ws as unknown as WebSocket, socket as Socket, { dead, limits })
  const pass = (times: number, each: () => void = () => undefined) => { for (let i = 0; i < times; i++) { each(); vi.advanceTimersByTime(limits.pingMs) } }
  return { ws, socket, dead, pass }
}

test('a peer that answers pings lives for ever', () => {
  const { ws, socket, dead, pass } = setup()
  ws.ping.mockImplementation(() => { socket.bytesRead += 2 })
  pass(100)
  expect(dead).not.toHaveBeenCalled()
  expect(ws.ping).toHaveBeenCalled()
})

test('a peer that is busy is not asked', () => {
  const { ws, socket, pass } = setup()
  pass(10, () => { socket.bytesRead += 1000 })
  expect(ws.ping).not.toHaveBeenCalled()
})

test('a peer that answers nothing is dead after the missed pings, said once', () => {
  const { ws, dead, pass } = setup()
  pass(limits.pingsMissedMax)
  expect(ws.ping).toHaveBeenCalledTimes(limits.pingsMissedMax)
  expect(dead).not.toHaveBeenCalled()
  pass(10)
  expect(dead).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('tunnelPingMs'))
})

test('while we do not read, silence proves nothing', () => {
  const { ws, dead, pass } = setup()
  ws.isPaused = true
  pass(100)
  expect(dead).not.toHaveBeenCalled()
})

test('a peer that takes nothing (a pager left open) has the longer limit', () => {
  const { ws, dead, pass } = setup()
  ws.bufferedAmount = 500_000
  pass(4)
  expect(dead).not.toHaveBeenCalled()
  expect(ws.ping).not.toHaveBeenCalled()
  pass(1)
  expect(dead).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('tunnelStalledMs'))
})

test('a closed tunnel is not watched', () => {
  const { ws, dead, pass } = setup()
  ws.emit('close')
  pass(100)
  expect(dead).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})
