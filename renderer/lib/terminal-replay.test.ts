import { expect, test } from 'vitest'
import type { Frame, FrameDirection, FrameKind } from '../../shared/recording.ts'
import { base64Of } from './base64.ts'
import { playTimeOf, playTimes, readReplay } from './terminal-replay.ts'

let seq = 0
const frame = (at: number, kind: FrameKind, data: Frame['data'], direction: FrameDirection = 'control'): Frame => ({ seq: seq++, at: 1_000_000 + at, direction, kind, data, prev: '0'.repeat(64) })
const json = (value: Record<string, unknown>): Frame['data'] => ({ type: 'json', value })
const bytes = (text: string): Frame['data'] => ({ type: 'bytes', base64: base64Of(new TextEncoder().encode(text)) })
const command = (query: string) => frame(0, 'command', json({ command: 'c1', text: `POST /api/v1/namespaces/shop/pods/web-0/exec?${query}`, hash: '' }))
const out = (at: number, text: string) => frame(at, 'output', bytes(text), 'out')
const typed = (at: number, text: string) => frame(at, 'output', bytes(text), 'in')
const text = (replay: ReturnType<typeof readReplay>) => replay?.steps.map((step) => (step.kind === 'output' ? new TextDecoder().decode(step.bytes) : step.size))

test('an exec is a terminal: its size, its output by time, what was typed by lines', () => {
  const replay = readReplay([
    command('command=bash&tty=true'), frame(5, 'resize', json({ command: 'c1', width: 120, height: 40 }), 'in'), out(10, '$ '), typed(50, 'l'), typed(60, 's'), typed(70, '\r'), out(80, 'a\nb'),
    typed(9_000, 'rm'), typed(20_000, '\u0003'), frame(21_000, 'close', json({ reason: 'x' })),
  ])
  expect(replay).toMatchObject({ target: '/api/v1/namespaces/shop/pods/web-0/exec', argv: ['bash'], size: { cols: 120, rows: 40 }, ms: 21_000, isCut: false })
  expect(text(replay)).toEqual([{ cols: 120, rows: 40 }, '$ ', 'a\nb'])
  expect(replay?.typed).toEqual([{ at: 50, text: 'ls' }, { at: 9_000, text: 'rm' }, { at: 20_000, text: '\u0003' }])
})

test('without a tty line ends are filled, also between frames', () => {
  expect(text(readReplay([command('command=cat'), out(1, 'a\nb\r'), out(2, '\nc')]))).toEqual(['a\r\nb\r', '\nc'])
})

test('what is no terminal is none; odd sizes and clocks are taken for what they are', () => {
  expect(readReplay([frame(0, 'command', json({ command: 'c', text: 'select 1' })), out(1, 'x')])).toBeNull()
  expect(readReplay([])).toBeNull()
  const replay = readReplay([command('tty=1'), frame(1, 'resize', json({ width: -4, height: 1e9 })), out(100, 'a'), out(50, 'b')])
  expect(replay?.size).toEqual({ cols: 80, rows: 500 })
  expect(replay?.steps.map(({ at }) => at)).toEqual([1, 100, 100])
})

test('long pauses are shortened where one wants it, and a moment is found in both', () => {
  const replay = { steps: [{ at: 0, kind: 'output', bytes: new Uint8Array() }, { at: 60_000, kind: 'output', bytes: new Uint8Array() }] as const, ms: 61_000 }
  expect(playTimes(replay, false)).toEqual({ times: [0, 60_000], ms: 61_000 })
  const short = playTimes(replay, true)
  expect(short).toEqual({ times: [0, 1_500], ms: 2_500 })
  expect(playTimeOf(59_000, replay, short.times)).toBe(1_500)
})
