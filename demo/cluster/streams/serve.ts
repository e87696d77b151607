// The server half of exec, attach and portforward: answers the upgrade and speaks SPDY/3.1 or WebSocket over what is left of the socket,
// as a kubelet does. https://github.com/kubernetes/kubernetes/tree/master/staging/src/k8s.io/kubelet/pkg/cri/streaming
import type { IncomingMessage } from 'node:http'
import { type Duplex, Readable } from 'node:stream'
import { channelNumbers, channelOf, closeChannel, type Channel } from '../../../gateway/protocols/kubernetes/codec/channels.ts'
import { closeCodes, closeFrame, messageOf, payloadOf, WebSocketParser } from '../../../gateway/protocols/kubernetes/codec/websocket.ts'
import { answerUpgrade } from './handshake.ts'
import { give, inputOf, outputOf, socketLink, type Link } from './link.ts'
import { createPorts } from './ports.ts'
import { SpdyServer, type ServerStream } from './spdy-server.ts'
import { runTerminal, type TerminalUse } from './terminal.ts'
import type { StreamUse } from './types.ts'

/** What a framing makes of the bytes of its client. */
interface Served {
  push(chunk: Buffer): void
  /** The client is gone. */
  end(): void
}

/** Resolves when the socket is done with; never throws for what the client did. Refuses (400, 403) an upgrade it cannot speak. */
export async function serveStreams(socket: Duplex, head: Buffer, request: IncomingMessage, use: StreamUse): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', resolve))
  socket.on('error', () => undefined)
  const agreed = answerUpgrade(socket, request, use.kind)
  if (agreed !== null) {
    const gone = new AbortController()
    const served = agreed.protocol === 'spdy'
      ? serveSpdy(socketLink(socket), use, gone.signal, () => void socket.end())
      : use.kind === 'portforward' ? serveTunnel(socket, use, gone.signal) : serveChannels(socket, use, gone.signal)
    const push = (chunk: Buffer) => {
      try {
        served.push(chunk)
      } catch {
        socket.destroy()
      }
    }
    if (head.length > 0) push(head)
    socket.on('data', push)
    socket.once('end', () => void socket.end())
    socket.once('close', () => {
      gone.abort()
      served.end()
    })
  }
  await closed
}

/** `done`: nothing more is said. */
function serveSpdy(link: Link, use: StreamUse, signal: AbortSignal, done: () => void): Served {
  if (use.kind === 'portforward') return new SpdyServer(link, createPorts(use.open))
  const streams = new Map<string, ServerStream>()
  const wanted = wantedChannels(use)
  const server = new SpdyServer(link, (stream) => {
    streams.set(stream.headers.get('streamtype') ?? '', stream)
    if (streams.size === wanted.length && wanted.every((channel) => streams.has(channel))) void run()
  })
  async function run(): Promise<void> {
    const none = outputOf((_data, written) => written())
    const status = await runTerminal(use as TerminalUse, {
      stdin: streams.get('stdin')?.input ?? Readable.from([]), stdout: streams.get('stdout')?.output ?? none,
      stderr: streams.get('stderr')?.output ?? none, resize: streams.get('resize')?.input ?? Readable.from([]),
    }, signal)
    streams.get('error')!.output.end(status, () => server.goaway(done))
  }
  return server
}

function wantedChannels({ stdin, stdout, stderr, tty }: TerminalUse): readonly Channel[] {
  const wanted: readonly (readonly [Channel, boolean])[] = [['error', true], ['stdin', stdin], ['stdout', stdout], ['stderr', stderr && !tty], ['resize', tty]]
  return wanted.filter(([, isWanted]) => isWanted).map(([channel]) => channel)
}

function serveTunnel(socket: Duplex, use: StreamUse, signal: AbortSignal): Served {
  const outer = socketLink(socket)
  const spdy = serveSpdy({ ...outer, send: (bytes, done) => outer.send(messageOf('server', 'binary', bytes), done) }, use, signal, () => undefined)
  return webSocketServed(socket, { data: (payload) => spdy.push(payload), end: () => spdy.end() })
}

function serveChannels(socket: Duplex, use: TerminalUse, signal: AbortSignal): Served {
  const link = socketLink(socket)
  const send = (channel: Channel) => (data: Buffer, done?: () => void) => link.send(messageOf('server', 'binary', Buffer.from([channelNumbers[channel]]), data), done)
  const inputs: Partial<Record<Channel, Readable>> = { stdin: use.stdin ? inputOf(link) : Readable.from([]), resize: inputOf(link) }
  let current: Channel | null = null
  const output = (channel: 'stdout' | 'stderr') => (use[channel] ? outputOf(send(channel)) : outputOf((_data, written) => written()))
  void runTerminal(use, { stdin: inputs.stdin!, stdout: output('stdout'), stderr: output('stderr'), resize: inputs.resize! }, signal).then((status) => {
    send('error')(Buffer.from(status))
    link.send(closeFrame('server', closeCodes.normal), () => socket.end())
  })
  // So a client knows that the container runs before it writes.
  send(use.stdout ? 'stdout' : use.stderr ? 'stderr' : 'error')(Buffer.alloc(0))
  return webSocketServed(socket, {
    data(payload, isStart) {
      if (isStart && payload[0] === closeChannel) return void inputs[channelOf(payload[1] ?? 0) ?? 'stdin']?.push(null)
      if (isStart) current = channelOf(payload[0] ?? closeChannel)
      const input = current === null ? undefined : inputs[current]
      if (input !== undefined && use.stdin || current === 'resize') give(input!, payload.subarray(isStart ? 1 : 0), link)
    },
    end() {
      for (const input of Object.values(inputs)) if (!input.readableEnded && !input.destroyed) input.push(null)
    },
  })
}

function webSocketServed(socket: Duplex, { data, end }: { readonly data: (payload: Buffer, isStart: boolean) => void; readonly end: () => void }): Served {
  const parser = new WebSocketParser('client')
  return {
    push(chunk) {
      for (const frame of parser.push(chunk)) {
        if (frame.kind === 'ping') socket.write(messageOf('server', 'pong', payloadOf(frame)))
        else if (frame.kind === 'close') socket.end(closeFrame('server', closeCodes.normal))
        else if (frame.kind !== 'pong') data(payloadOf(frame), frame.kind !== 'continuation')
      }
    },
    end,
  }
}
