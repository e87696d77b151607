import { expect, test } from 'vitest'
import type { Frame, FrameDirection, FrameKind } from '../../shared/recording.ts'
import { asciicast } from './asciicast.ts'

const start = 1_700_000_000_000
let seq = 0
const json = (ms: number, kind: FrameKind, value: Record<string, unknown>, direction: FrameDirection = 'control'): Frame => ({ seq: seq++, at: start + ms, direction, kind, prev: '', data: { type: 'json', value } })
const bytes = (ms: number, direction: FrameDirection, text: string | Buffer): Frame => ({ seq: seq++, at: start + ms, direction, kind: 'output', prev: '', data: { type: 'bytes', base64: Buffer.from(text as string).toString('base64') } })
const command = (query: string) => json(10, 'command', { command: 'c1', text: `POST /api/v1/namespaces/shop/pods/web/exec?${query}`, hash: '' }, 'in')
const allowed = json(11, 'verdict', { command: 'c1', effect: 'allow', reason: 'rule r' })

async function cast(frames: readonly Frame[]): Promise<unknown[]> {
  const lines: unknown[] = []
  for await (const line of asciicast('se_1', (async function* () { yield* frames })())) lines.push(JSON.parse(line))
  return lines
}

test('a terminal: its first size in the header, then each event after the one before', async () => {
  expect(await cast([
    json(0, 'open', { connection: 'prod' }), command('command=sh&command=-c&command=ls+-l&tty=true&stdin=true'), allowed,
    json(20, 'resize', { command: 'c1', width: 120, height: 40 }, 'in'), bytes(120, 'out', '$ '), bytes(620, 'in', 'l'), bytes(640, 'out', 'l'),
    json(1_640, 'resize', { command: 'c1', width: 90, height: 30 }, 'in'), bytes(1_700, 'out', 'a\r\n\x1b[31mred\x1b[0m'),
    json(2_000, 'result', { command: 'c1', status: 'exit 3' }), json(2_001, 'close', { reason: 'its request is done' }),
  ])).toEqual([
    { version: 3, term: { cols: 120, rows: 40 }, timestamp: 1_700_000_000, command: 'sh -c ls -l', title: '/api/v1/namespaces/shop/pods/web/exec' },
    [0.12, 'o', '$ '], [0.5, 'i', 'l'], [0.02, 'o', 'l'], [1, 'r', '90x30'], [0.06, 'o', 'a\r\n\x1b[31mred\x1b[0m'], [0.3, 'x', '3'],
  ])
})

test('characters that are cut between frames are put together, each direction for itself', async () => {
  const text = Buffer.from('é漢🙂')
  const frames = [...text].flatMap((byte, index) => [bytes(100 + index, 'out', Buffer.from([byte])), bytes(100 + index, 'in', Buffer.from([byte]))])
  const lines = await cast([command('tty=true'), ...frames]) as [number, string, string][]
  expect(lines.slice(1).filter(([, code]) => code === 'o').map(([, , part]) => part)).toEqual(['é', '漢', '🙂'])
  expect(lines.slice(1).filter(([, code]) => code === 'i').map(([, , part]) => part)).toEqual(['é', '漢', '🙂'])
})

test('what is no UTF-8, or ends inside a character, is shown as such', async () => {
  const lines = await cast([command('tty=true'), bytes(100, 'out', Buffer.from([0x61, 0xff, 0x62])), bytes(110, 'out', Buffer.from([0xe6, 0xbc]))])
  expect(lines.slice(1)).toEqual([[0.09, 'o', 'a\ufffdb'], [0, 'o', '\ufffd']])
})

test('without a terminal line feeds get their returns, across frames too', async () => {
  const lines = await cast([command('command=ls'), bytes(100, 'out', 'a\nb\r'), bytes(200, 'out', '\nc\n'), bytes(300, 'out', '\n')])
  expect(lines.slice(1).map((line) => (line as unknown[])[2])).toEqual(['a\r\nb\r', '\nc\r\n', '\r\n'])
  expect(lines[0]).toMatchObject({ term: { cols: 80, rows: 24 } })
})

test('what Gatehouse did is marked', async () => {
  const lines = await cast([
    command('tty=true'), json(20, 'verdict', { effect: 'approve', reason: 'rule hold' }), json(30, 'notice', { text: 'approved by ann' }), bytes(40, 'out', 'x'),
    json(50, 'truncated', { bytesMax: 1 }), json(60, 'result', { status: 'ended: the token has expired' }), json(61, 'close', { reason: 'expired' }),
  ])
  expect(lines.slice(1).map((line) => (line as unknown[]).slice(1))).toEqual([
    ['m', 'approve: rule hold'], ['m', 'approved by ann'], ['o', 'x'], ['m', 'more was written than the recording keeps'], ['m', 'ended: ended: the token has expired'], ['m', 'closed: expired'],
  ])
})

test('a terminal that wrote nothing, one that was cut by a crash, and a clock that went back', async () => {
  expect(await cast([command('tty=true'), json(20, 'result', { status: 'exit 0' })])).toMatchObject([{ version: 3 }, [0.01, 'x', '0']])
  expect(await cast([command('tty=true')])).toMatchObject([{ version: 3 }])
  expect(await cast([command('tty=true'), bytes(500, 'out', 'a'), bytes(100, 'out', 'b'), bytes(600, 'out', 'c')])).toMatchObject([{}, [0.49, 'o', 'a'], [0, 'o', 'b'], [0.1, 'o', 'c']])
})

test.each(['select 1', 'GET /api/v1/namespaces/shop/pods/web', 'GET /api/v1/namespaces/exec', 'POST /api/v1/namespaces/shop/pods/web/portforward?ports=80', "select 'POST /pods/web/exec'"])('%j is no terminal', async (text) => {
  await expect(cast([json(0, 'command', { text }), bytes(1, 'out', 'x')])).rejects.toMatchObject({ code: 'input_invalid' })
})
