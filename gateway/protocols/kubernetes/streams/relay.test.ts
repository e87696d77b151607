import { randomBytes, randomInt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { GatehouseError } from '../../../../shared/errors.ts'
import { streamCloseMs, terminalHeldMs } from '../../../limits-kubernetes.ts'
import { createScanner } from '../../../masking/scanner.ts'
import { exitStatus, failureStatus } from '../codec/channels.ts'
import { dataFrameOf } from '../codec/spdy.ts'
import { closeFrame, frameOf, messageOf } from '../codec/websocket.ts'
import { channelText, dataOn, peers, settled, webSocketPeers, type Peer, type Peers, type PeersOptions } from './testing/peers.ts'

const scanner = createScanner(['aws-access-key', 'email', 'private-key'])
const masks = { clientScanner: scanner, recordScanner: scanner }
const secret = 'AKIAIOSFODNN7EXAMPLE'

/** Exec over one framing, told apart by nothing but how bytes are sent and read. */
interface Framing {
  readonly start: (options?: PeersOptions) => Peers
  readonly open: (peers: Peers) => Promise<void>
  readonly stdin: (text: string | Buffer) => Buffer
  readonly stdout: (text: string | Buffer) => Buffer
  readonly error: (text: string) => Buffer
  readonly read: (client: Peer) => { readonly stdout: string; readonly error: string }
}

const binary = (role: 'client' | 'server', channel: number, text: string | Buffer) => messageOf(role, 'binary', Buffer.from([channel]), Buffer.from(text as string))

const spdy: Framing = {
  start: peers,
  async open({ client, upstream }) {
    for (const [stream, name] of [[1, 'error'], [3, 'stdin'], [5, 'stdout'], [7, 'stderr']] as const) client.send(client.writer.synStream(stream, new Map([['streamtype', name]])))
    await settled()
    for (const stream of [1, 3, 5, 7]) upstream.send(upstream.writer.reply(stream, new Map()))
    await settled()
  },
  stdin: (text) => dataFrameOf(3, Buffer.from(text as string), false),
  stdout: (text) => dataFrameOf(5, Buffer.from(text as string), false),
  error: (text) => dataFrameOf(1, Buffer.from(text), true),
  read: (client) => ({ stdout: dataOn(client.spdy(), 5), error: dataOn(client.spdy(), 1) }),
}
const webSocket: Framing = {
  start: webSocketPeers,
  open: () => Promise.resolve(),
  stdin: (text) => binary('client', 0, text),
  stdout: (text) => binary('server', 1, text),
  error: (text) => binary('server', 3, text),
  read: (client) => ({ stdout: channelText(client.webSocket(), 1), error: channelText(client.webSocket(), 3) }),
}

async function started(framing: Framing, options?: PeersOptions): Promise<Peers> {
  const all = framing.start(options)
  await framing.open(all)
  return all
}

describe.each([['SPDY', spdy], ['WebSocket', webSocket]] as const)('%s', (_name, framing) => {
  const { stdin, stdout, error, read } = framing

  test('a finding is masked for the client and the record wherever its bytes are cut', async () => {
    for (let at = 1; at < secret.length; at++) {
      const { client, upstream, observe, relay } = await started(framing, masks)
      upstream.send(stdout(`key ${secret.slice(0, at)}`), stdout(`${secret.slice(at)} end\n`), error(exitStatus(0)))
      await settled()
      upstream.socket.end()
      await relay.ended
      expect(read(client).stdout).toBe('key [masked:aws-access-key] end\n')
      expect(observe.text('stdout')).toBe('key [masked:aws-access-key] end\n')
      expect(client.bytes().includes(secret)).toBe(false)
    }
  })

  test('random output in random pieces: no sentinel in any byte the client got or the record kept', async () => {
    for (let round = 0; round < 40; round++) {
      const { client, upstream, observe, relay } = await started(framing, masks)
      const text = Array.from({ length: 30 }, () => ['plain text ', `${secret} `, 'someone@example.com ', '\n', '\x1b[31m', `${'x'.repeat(randomInt(300))} `][randomInt(6)]!).join('')
      for (let at = 0; at < text.length;) {
        const length = randomInt(1, 40)
        const frame = stdout(text.slice(at, at + length))
        const cut = randomInt(frame.length)
        upstream.send(frame.subarray(0, cut))
        upstream.send(frame.subarray(cut))
        at += length
      }
      await settled()
      upstream.socket.end()
      await relay.ended
      for (const kept of [client.bytes().toString('latin1'), read(client).stdout, observe.text('stdout')]) {
        expect(kept).not.toContain(secret)
        expect(kept).not.toContain('someone@example.com')
      }
      expect(read(client).stdout).toBe(text.replaceAll(secret, '[masked:aws-access-key]').replaceAll('someone@example.com', '[masked:email]'))
    }
  })

  test('a typed key comes back at once, though it might begin a finding', async () => {
    const { client, upstream } = await started(framing, masks)
    for (const key of 'AKIA') {
      const begin = performance.now()
      const had = read(client).stdout.length
      upstream.send(stdout(key))
      while (read(client).stdout.length === had && performance.now() - begin < 1_000) await settled(1)
      expect(performance.now() - begin).toBeLessThan(terminalHeldMs + 400)
    }
    expect(read(client).stdout).toBe('AKIA')
  })

  test('what is typed key by key is masked in the record, and reaches the target as it is', async () => {
    const { client, upstream, observe, relay } = await started(framing, masks)
    for (const key of `echo ${secret}\r`) {
      client.send(stdin(key))
      await settled(2)
    }
    client.socket.end()
    await relay.ended
    expect(observe.text('stdin')).toBe('echo [masked:aws-access-key]\r')
    expect(observe.counted.in).toBe(26)
    expect(upstream.bytes().length).toBeGreaterThan(26)
  })

  test('what masks would damage is ended by a finding, and nothing of it passes', async () => {
    for (const pieces of [[`tar ${secret} more`], ['tar ', secret.slice(0, 9), secret.slice(9), ' more']]) {
      const { client, upstream, observe, relay } = await started(framing, { ...masks, tty: false, isExact: true })
      for (const piece of pieces) upstream.send(stdout(piece))
      upstream.send(stdout('\nmore\n'))
      expect(await relay.ended).toMatch('the copy was ended')
      expect(JSON.parse(read(client).error)).toMatchObject({ status: 'Failure', message: expect.stringMatching('policy masks') as string })
      expect(client.bytes().includes('AKIA')).toBe(false)
      expect(observe.text('stdout')).not.toContain(secret)
    }
  })

  test('what masks would damage passes unharmed when there is nothing to mask', async () => {
    const { client, upstream, relay } = await started(framing, { ...masks, tty: false, isExact: true })
    upstream.send(stdout(Buffer.alloc(100_000, 'harmless\n')))
    await settled(20)
    upstream.socket.end()
    await relay.ended
    expect(read(client).stdout).toHaveLength(100_000)
  })

  test('a status is masked, stays readable, and comes behind the output', async () => {
    const { client, upstream, observe } = await started(framing, masks)
    upstream.send(stdout('last words AKIA'), error(failureStatus(`exec: "${secret}": not found`, 'InternalError', 500)))
    await settled()
    const { error: text } = read(client)
    expect(JSON.parse(text)).toMatchObject({ status: 'Failure', message: 'exec: "[masked:aws-access-key]": not found' })
    expect(read(client).stdout).toBe('last words AKIA')
    expect(observe.exits).toEqual([{ code: null, message: 'exec: "[masked:aws-access-key]": not found' }])
  })

  test('what the upstream had sent before it vanished reaches the client', async () => {
    const { client, upstream, relay } = await started(framing, masks)
    upstream.send(stdout('half a line AKIA'))
    await settled()
    upstream.socket.end()
    expect(await relay.ended).toMatch('the target')
    expect(read(client).stdout).toBe('half a line AKIA')
  })

  test('close: the client reads the reason as a Status, and both sockets end', async () => {
    const { client, upstream, relay } = await started(framing, masks)
    upstream.send(stdout('AKIA'))
    await settled()
    const begin = performance.now()
    relay.close('the token has expired')
    expect(await relay.ended).toBe('the token has expired')
    expect(performance.now() - begin).toBeLessThan(streamCloseMs + 200)
    expect(JSON.parse(read(client).error)).toMatchObject({ kind: 'Status', status: 'Failure', message: 'the token has expired' })
    expect(read(client).stdout).toBe('AKIA')
    expect([client.socket.destroyed || client.socket.readableEnded, upstream.socket.destroyed || upstream.socket.readableEnded]).toEqual([true, true])
  })

  test('close: a client that reads nothing is cut within a second', async () => {
    const { client, upstream, relay } = await started(framing)
    client.socket.pause()
    for (let i = 0; i < 100; i++) upstream.send(stdout(Buffer.alloc(64 * 1024)))
    await settled(20)
    const begin = performance.now()
    relay.close('the token has expired')
    await relay.ended
    expect(performance.now() - begin).toBeLessThan(1_000)
  })

  test('nothing of the upstream passes once it was closed', async () => {
    const { client, upstream, relay } = await started(framing)
    relay.close('over')
    upstream.send(stdout('late'))
    client.send(stdin('late'))
    await relay.ended
    expect(client.bytes().includes('late')).toBe(false)
    expect(upstream.bytes().includes('late')).toBe(false)
  })

  test('a record that fails ends the streams, and what could not be recorded does not pass', async () => {
    const failing = { input: () => { throw new GatehouseError('recorder_failed', 'the recording cannot be written') } }
    const { client, upstream, relay } = await started(framing, { observe: failing })
    const before = upstream.bytes().length
    client.send(stdin('rm -rf /'))
    expect(await relay.ended).toBe('the recording cannot be written')
    expect(upstream.bytes().length).toBe(before)
    expect(JSON.parse(read(client).error)).toMatchObject({ message: 'the recording cannot be written' })
  })

  test('a record that wants no more gets no more, and counting goes on', async () => {
    let told = 0
    const { upstream, observe } = await started(framing, { ...masks, observe: { output: () => { told++; return false } } })
    for (let i = 0; i < 20; i++) upstream.send(stdout(`line ${i}\n`.padStart(20_000)))
    await expect.poll(() => [told, observe.counted.out], { timeout: 10_000 }).toEqual([1, 400_000])
  })

  test('a flood rests after each turn of work: the loop goes round while it is looked at, and all of it comes', async () => {
    const { client, upstream } = await started(framing, masks)
    const text = `${'a line that holds nothing, with words and 1234 numbers\n'.repeat(20_000)}key ${secret}\n`
    let [turns, isDone] = [0, false]
    const turn = () => { turns++; if (!isDone) setImmediate(turn) }
    setImmediate(turn)
    for (let at = 0; at < text.length; at += 60_000) upstream.socket.write(stdout(text.slice(at, at + 60_000)))
    upstream.send(error(exitStatus(0)))
    await expect.poll(() => read(client).error, { timeout: 20_000, interval: 200 }).toContain('Success')
    isDone = true
    // At 20 MB/s it is work for fifty turns and more.
    expect(turns).toBeGreaterThan(20)
    expect(read(client).stdout === text.replace(secret, '[masked:aws-access-key]')).toBe(true)
  })

  test('a slow reader stops the writer: memory stays bounded', async () => {
    const { client, upstream } = await started(framing)
    client.socket.pause()
    const chunk = stdout(Buffer.alloc(32 * 1024, 0x61))
    let taken = 0
    const write = () => {
      while (taken < 500 && !upstream.socket.writableNeedDrain) {
        upstream.socket.write(chunk)
        taken++
      }
    }
    upstream.socket.on('drain', write)
    write()
    await settled(100)
    expect(taken * chunk.length).toBeLessThan(1024 * 1024)
    client.socket.resume()
    await expect.poll(() => client.bytes().length, { timeout: 10_000 }).toBeGreaterThan(500 * 32 * 1024)
    expect(taken).toBe(500)
  })

  test('both sides end when one does', async () => {
    for (const side of ['client', 'upstream'] as const) {
      const all = await started(framing)
      all[side].socket.end()
      await all.relay.ended
      expect(all[side === 'client' ? 'upstream' : 'client'].socket.readableEnded).toBe(true)
    }
  })
})

// What only WebSocket has.

test('messages in pieces pass in pieces, and are observed', async () => {
  const { client, upstream, observe } = webSocketPeers()
  const sent = Buffer.concat([
    frameOf('client', { kind: 'binary', isLast: false }, [Buffer.from('\0ec')]), messageOf('client', 'ping', Buffer.from('p')),
    frameOf('client', { kind: 'continuation', isLast: false }, [Buffer.from('ho ')]), frameOf('client', { kind: 'continuation', isLast: true }, [Buffer.from('hi')]),
  ])
  client.send(sent)
  await settled()
  expect(upstream.bytes()).toEqual(sent)
  expect(observe.text('stdin')).toBe('echo hi')
})

test('a finding in the pieces of a message, with control frames between them, is masked', async () => {
  const { client, upstream } = webSocketPeers(masks)
  upstream.send(frameOf('server', { kind: 'binary', isLast: false }, [Buffer.from('\x01AKIAIOSF')]), messageOf('server', 'ping', Buffer.alloc(0)))
  upstream.send(binary('server', 2, '').subarray(0, 0), frameOf('server', { kind: 'continuation', isLast: true }, [Buffer.from('ODNN7EXAMPLE\n')]))
  await settled()
  expect(channelText(client.webSocket(), 1)).toBe('[masked:aws-access-key]\n')
})

test('empty pieces of a masked message do not leave one open', async () => {
  const { client, upstream } = webSocketPeers(masks)
  upstream.send(frameOf('server', { kind: 'binary', isLast: false }, [Buffer.from([1])]), frameOf('server', { kind: 'continuation', isLast: false }, [Buffer.from('text\n')]))
  upstream.send(frameOf('server', { kind: 'continuation', isLast: true }, []), binary('server', 1, 'more\n'))
  await settled()
  expect(client.webSocket().every(({ kind, isLast }) => kind === 'binary' && isLast)).toBe(true)
  expect(channelText(client.webSocket(), 1)).toBe('text\nmore\n')
})

test('random frames of both sides end in order, and what the client gets is always WebSocket', async () => {
  const kinds = ['binary', 'continuation', 'text', 'ping', 'pong', 'close'] as const
  for (let round = 0; round < 200; round++) {
    const { client, upstream, relay } = webSocketPeers(round % 2 === 0 ? masks : {})
    for (let i = 0; i < 25; i++) {
      const role = randomInt(2) === 0 ? 'client' : 'server'
      const kind = kinds[[0, 0, 0, 0, 1, 1, 3, 4, 2, 5][randomInt(10)]!]!
      const isLast = randomInt(3) !== 0 || !['binary', 'continuation', 'text'].includes(kind)
      const body = Buffer.concat([Buffer.from([[0, 1, 2, 3, 4, 255][randomInt(randomInt(5) === 0 ? 6 : 3)]!]), randomBytes(randomInt(100))])
      const frame = frameOf(role, { kind, isLast }, [randomInt(8) === 0 ? Buffer.alloc(0) : body])
      if (randomInt(30) === 0) frame[randomInt(frame.length)]! ^= 1 << randomInt(8)
      if (role === 'client') client.send(frame)
      else upstream.send(frame)
      if (randomInt(5) === 0) await settled(0)
    }
    await settled(1)
    relay.close('done')
    await relay.ended
    expect(() => client.webSocket()).not.toThrow()
  }
})

test('output reaches the client before the close frame that follows it', async () => {
  const { client, upstream } = webSocketPeers(masks)
  upstream.send(binary('server', 1, 'AKIA'), closeFrame('server', 1000))
  await settled()
  expect(client.webSocket().map(({ kind }) => kind)).toEqual(['binary', 'close'])
})

test('the empty message that says a container runs passes, masks or not', async () => {
  const { client, upstream } = webSocketPeers(masks)
  upstream.send(binary('server', 1, ''))
  await settled()
  expect(client.bytes()).toEqual(binary('server', 1, ''))
})

test('v5: closing stdin passes; writing it after that ends the session', async () => {
  const { client, upstream, relay } = webSocketPeers()
  client.send(binary('client', 0, 'x'), messageOf('client', 'binary', Buffer.from([255, 0])))
  await settled()
  expect(upstream.webSocket()).toHaveLength(2)
  client.send(binary('client', 0, 'more'))
  expect(await relay.ended).toMatch('closed')
})

test.each([
  ['writes stdout', binary('client', 1, 'x'), {}], ['writes the error channel', binary('client', 3, '{"status":"Success"}'), {}], ['writes an unknown channel', binary('client', 9, 'x'), {}],
  ['closes an unknown channel', binary('client', 255, '\x09'), {}], ['closes nothing', binary('client', 255, ''), {}], ['closes in v4', binary('client', 255, '\0'), { subprotocol: 'v4.channel.k8s.io' }],
  ['sends text', messageOf('client', 'text', Buffer.from('\0ls')), {}], ['begins a message without its channel', frameOf('client', { kind: 'binary', isLast: false }, []), {}],
  ['sends sizes without a terminal', binary('client', 4, '{}'), { tty: false }], ['sends stdin that was not asked for', binary('client', 0, 'ls'), { stdin: false }],
  ['does not mask', messageOf('server', 'binary', Buffer.from('\0ls')), {}],
])('the session ends when the client %s', async (_name, bytes, options) => {
  const { client, upstream, relay } = webSocketPeers(options)
  client.send(bytes)
  expect(await relay.ended).toMatch('the streams were ended')
  expect(upstream.bytes()).toHaveLength(0)
  expect(client.webSocket().at(-1)?.kind).toBe('close')
})

test.each([
  ['writes stdin', binary('server', 0, 'x')], ['writes sizes', binary('server', 4, 'x')], ['sends text', messageOf('server', 'text', Buffer.from(`\x01${secret}`))],
  ['closes a channel', binary('server', 255, '\x01')], ['masks', messageOf('client', 'binary', Buffer.from('\x01x'))],
])('the session ends when the target %s', async (_name, bytes) => {
  const { client, upstream, relay } = webSocketPeers(masks)
  upstream.send(bytes)
  expect(await relay.ended).toMatch('the streams were ended')
  expect(client.bytes().includes(secret)).toBe(false)
})

test('close inside a message of the target: the reason stands in the close frame', async () => {
  const { client, upstream, relay } = webSocketPeers()
  upstream.send(frameOf('server', { kind: 'binary', isLast: false }, [Buffer.from('\x01half')]))
  await settled()
  relay.close('the token has expired')
  await relay.ended
  expect(client.webSocket().map(({ kind }) => kind)).toEqual(['binary', 'close'])
  expect(client.bytes().includes('the token has expired')).toBe(true)
})

test.each([
  ['v1', 'spdy', 'exec', 'channel.k8s.io'], ['v3', 'spdy', 'exec', 'v3.channel.k8s.io'], ['base64', 'websocket', 'exec', 'v4.base64.channel.k8s.io'],
  ['a terminal as a port', 'websocket', 'portforward', 'v4.channel.k8s.io'], ['ports as a terminal', 'spdy', 'exec', 'portforward.k8s.io'],
] as const)('%s is not relayed', (_name, protocol, use, subprotocol) => {
  expect(() => peers({ protocol, use, subprotocol })).toThrow(/is not read here/)
})
