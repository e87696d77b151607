import { duplexPair } from 'node:stream'
import { expect, test } from 'vitest'
import { GatehouseError } from '../../../../shared/errors.ts'
import { upgradeHeadBytesMax } from '../../../limits-kubernetes.ts'
import type { Upgrade } from '../upgrade.ts'
import { readUpgradeAnswer } from './upgrade-answer.ts'

const spdy: Upgrade = { kind: 'upgrade', protocol: 'spdy', use: 'exec', subprotocols: ['v4.channel.k8s.io'], headers: [['connection', 'Upgrade'], ['upgrade', 'SPDY/3.1']] }
// The key and its answer are RFC 6455's own (1.3).
const webSocket: Upgrade = { kind: 'upgrade', protocol: 'websocket', use: 'exec', subprotocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io'], headers: [['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ==']] }

const switched = (...headers: readonly string[]) => ['HTTP/1.1 101 Switching Protocols', ...headers, '', ''].join('\r\n')
const spdyAnswer = switched('Connection: Upgrade', 'Upgrade: SPDY/3.1', 'X-Stream-Protocol-Version: v4.channel.k8s.io', 'Date: now')
const webSocketAnswer = switched('Upgrade: websocket', 'Connection: keep-alive, upgrade', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'Sec-WebSocket-Protocol: v5.channel.k8s.io')

async function answered(upgrade: Upgrade, chunks: readonly (string | Buffer)[], options: { readonly end?: boolean; readonly deadlineMs?: number } = {}) {
  const [near, far] = duplexPair()
  const reading = readUpgradeAnswer(near, { upgrade, deadlineMs: options.deadlineMs ?? 1_000 })
  reading.catch(() => undefined)
  for (const chunk of chunks) {
    far.write(chunk)
    await new Promise(setImmediate)
  }
  if (options.end === true) far.end()
  return { answer: await reading, near, far }
}

test('the upgrade that was asked for: its version, the bytes behind it, and an answer of ours for the client', async () => {
  const { answer } = await answered(spdy, [`${spdyAnswer}\x80\x03`])
  expect(answer).toEqual({ kind: 'upgraded', subprotocol: 'v4.channel.k8s.io', head: Buffer.from('\x80\x03'), forClient: Buffer.from(switched('Connection: Upgrade', 'Upgrade: SPDY/3.1', 'X-Stream-Protocol-Version: v4.channel.k8s.io')) })
  const other = await answered(webSocket, [webSocketAnswer])
  expect(other.answer).toMatchObject({ kind: 'upgraded', subprotocol: 'v5.channel.k8s.io', head: Buffer.alloc(0) })
  expect(other.answer.kind === 'upgraded' && other.answer.forClient.toString()).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
})

test('however its bytes are cut; and what comes later is left for the next reader', async () => {
  for (let at = 1; at < spdyAnswer.length; at += 7) {
    const { answer, near, far } = await answered(spdy, [spdyAnswer.slice(0, at), `${spdyAnswer.slice(at)}AB`])
    expect(answer).toMatchObject({ kind: 'upgraded', head: Buffer.from('AB') })
    far.write('later')
    await new Promise(setImmediate)
    expect(near.listenerCount('data')).toBe(0)
    expect(String(near.read())).toBe('later')
  }
})

test.each([
  ['another protocol', spdy, webSocketAnswer], ['SPDY for a WebSocket', webSocket, spdyAnswer],
  ['a version nobody asked for', spdy, spdyAnswer.replace('v4.', 'v3.')], ['no version', spdy, spdyAnswer.replace(/X-Stream.*\r\n/, '')],
  ['two versions', spdy, spdyAnswer.replace('Date: now', 'X-Stream-Protocol-Version: v4.channel.k8s.io')],
  ['no Connection', spdy, spdyAnswer.replace('Connection: Upgrade\r\n', '')], ['a wrong accept', webSocket, webSocketAnswer.replace('s3pP', 's3pQ')],
  ['an extension', webSocket, webSocketAnswer.replace('\r\n\r\n', '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n')],
  ['a body', spdy, spdyAnswer.replace('Date: now', 'Content-Length: 5')], ['a chunked body', spdy, spdyAnswer.replace('Date: now', 'Transfer-Encoding: chunked')],
])('a 101 with %s is no upgrade', async (_name, upgrade, text) => {
  expect((await answered(upgrade, [text])).answer).toMatchObject({ kind: 'refused', status: 502 })
})

test('anything else is a refusal, with its headers and the beginning of its body', async () => {
  const { answer } = await answered(spdy, ['HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 4\r\n\r\n{}'])
  expect(answer).toEqual({ kind: 'refused', status: 403, head: Buffer.from('{}'), headers: new Map([['content-type', 'application/json'], ['x-a', '1, 2'], ['content-length', '4']]) })
  expect((await answered(spdy, ['HTTP/1.1 200 OK\r\n\r\n'])).answer).toMatchObject({ kind: 'refused', status: 200 })
  expect((await answered(spdy, ['HTTP/1.1 100 Continue\r\n\r\n'])).answer).toMatchObject({ kind: 'refused', status: 502 })
})

test.each([
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'], ['HTTP/1.0', 'HTTP/1.0 101 X\r\n\r\n'], ['a status of two digits', 'HTTP/1.1 10 X\r\n\r\n'], ['a folded header', 'HTTP/1.1 101 X\r\nA: b\r\n c\r\n\r\n'],
  ['a bare line feed', 'HTTP/1.1 101 X\r\nA: b\nUpgrade: SPDY/3.1\r\n\r\n'], ['a space before a colon', 'HTTP/1.1 101 X\r\nUpgrade : SPDY/3.1\r\n\r\n'], ['NUL', 'HTTP/1.1 101 X\r\nA: \0\r\n\r\n'],
  ['a header without a name', 'HTTP/1.1 101 X\r\n: x\r\n\r\n'], ['endless headers', `HTTP/1.1 101 X\r\n${'A: b\r\n'.repeat(upgradeHeadBytesMax / 6 + 2)}`],
])('%s is refused', async (_name, text) => {
  await expect(answered(spdy, [text])).rejects.toMatchObject({ code: 'protocol_violation', side: 'upstream' } satisfies Partial<GatehouseError>)
})

test('a silent upstream, and one that closes', async () => {
  await expect(answered(spdy, ['HTTP/1.1 101'], { deadlineMs: 30 })).rejects.toMatchObject({ code: 'upstream_lost' })
  await expect(answered(spdy, ['HTTP/1.1 101'], { end: true })).rejects.toMatchObject({ code: 'upstream_lost' })
})
