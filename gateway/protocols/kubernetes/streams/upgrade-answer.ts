// An upstream's answer to an upgrade, read from the socket that is to carry the streams: the 101 of what was asked for, or anything else.
// Strict, for a byte taken for a header here and for data there would be data that nobody judged. RFC 9112 4, 5; RFC 9110 7.8
import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { GatehouseError } from '../../../../shared/errors.ts'
import { upgradeAnswerMs, upgradeHeadBytesMax } from '../../../limits-kubernetes.ts'
import type { Upgrade } from '../upgrade.ts'

export type UpgradeAnswer =
  | {
    readonly kind: 'upgraded'
    readonly subprotocol: string
    /** What came behind the answer: the streams' first bytes. */
    readonly head: Buffer
    /** The answer as the client gets it: of the upstream's headers only those of the upgrade. */
    readonly forClient: Buffer
  }
  | {
    /** Anything else, a 101 to something that was not asked for among it. The socket must not be used for anything but the answer's body. */
    readonly kind: 'refused'
    /** At least 200: of an answer below that, which is none to an upgrade, 502. */
    readonly status: number
    /** In lower case; of several of a name the values joined by commas. */
    readonly headers: ReadonlyMap<string, string>
    /** What of its body came already. */
    readonly head: Buffer
  }

interface Head { readonly status: number; readonly headers: ReadonlyMap<string, string> }

/** `own`: header lines for the client, of ours. Leaves the socket paused, without listeners of ours. Rejects with upstream_lost, or protocol_violation for what is no HTTP/1.1 answer. */
export async function readUpgradeAnswer(upstream: Duplex, { upgrade, deadlineMs = upgradeAnswerMs, own = [] }: { readonly upgrade: Upgrade; readonly deadlineMs?: number; readonly own?: readonly string[] }): Promise<UpgradeAnswer> {
  const { text, rest } = await readHead(upstream, deadlineMs)
  const { status, headers } = parseHead(text)
  const subprotocol = status === 101 ? agreedOn(headers, upgrade) : null
  if (subprotocol === null) return { kind: 'refused', status: status < 200 ? 502 : status, headers, head: rest }
  return { kind: 'upgraded', subprotocol, head: rest, forClient: answerFor(upgrade, subprotocol, own) }
}

/** Null: it is not what was asked for. */
function agreedOn(headers: Head['headers'], upgrade: Upgrade): string | null {
  const isWebSocket = upgrade.protocol === 'websocket'
  const connection = (headers.get('connection') ?? '').toLowerCase().split(',').map((each) => each.trim())
  if (!connection.includes('upgrade') || headers.get('upgrade')?.toLowerCase() !== (isWebSocket ? 'websocket' : 'spdy/3.1')) return null
  // A body would lie where the streams begin.
  if (headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0') return null
  if (isWebSocket && (headers.get('sec-websocket-accept') !== acceptFor(upgrade) || headers.has('sec-websocket-extensions'))) return null
  const chosen = headers.get(isWebSocket ? 'sec-websocket-protocol' : 'x-stream-protocol-version') ?? null
  return chosen !== null && upgrade.subprotocols.includes(chosen) ? chosen : null
}

/** RFC 6455 4.2.2. */
function acceptFor(upgrade: Upgrade): string {
  const key = upgrade.headers.find(([name]) => name.toLowerCase() === 'sec-websocket-key')?.[1] ?? ''
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

function answerFor(upgrade: Upgrade, subprotocol: string, own: readonly string[]): Buffer {
  const agreed = upgrade.protocol === 'websocket'
    ? ['Upgrade: websocket', `Sec-WebSocket-Accept: ${acceptFor(upgrade)}`, `Sec-WebSocket-Protocol: ${subprotocol}`]
    : ['Upgrade: SPDY/3.1', `X-Stream-Protocol-Version: ${subprotocol}`]
  return Buffer.from(['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', ...agreed, ...own, '', ''].join('\r\n'), 'latin1')
}

function readHead(upstream: Duplex, deadlineMs: number): Promise<{ readonly text: string; readonly rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    const done = (settle: () => void) => {
      clearTimeout(timer)
      upstream.off('data', take).off('end', lost).off('close', lost).off('error', broken).pause()
      settle()
    }
    const fail = (code: 'upstream_lost' | 'protocol_violation', message: string, cause?: unknown) => done(() => reject(new GatehouseError(code, message, { side: 'upstream', cause })))
    const lost = () => fail('upstream_lost', 'the API server closed the connection instead of answering the upgrade')
    const broken = (cause: Error) => fail('upstream_lost', `the connection to the API server broke: ${cause.message}`, cause)
    const timer = setTimeout(() => fail('upstream_lost', `the API server did not answer the upgrade within ${deadlineMs / 1_000} s`), deadlineMs)
    const take = (chunk: Buffer) => {
      const from = Math.max(0, bytes.length - 3)
      bytes = Buffer.concat([bytes, chunk])
      const end = bytes.indexOf('\r\n\r\n', from)
      if (end > upgradeHeadBytesMax || (end < 0 && bytes.length > upgradeHeadBytesMax)) fail('protocol_violation', `the API server's answer to the upgrade has more than ${upgradeHeadBytesMax} bytes of headers`)
      else if (end >= 0) done(() => resolve({ text: bytes.toString('latin1', 0, end), rest: bytes.subarray(end + 4) }))
    }
    upstream.on('data', take).on('end', lost).on('close', lost).on('error', broken)
    if (upstream.destroyed || upstream.readableEnded) lost()
  })
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

function parseHead(text: string): Head {
  const [line = '', ...fields] = text.split('\r\n')
  const status = /^HTTP\/1\.1 ([1-5][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(line)?.[1]
  if (status === undefined) throw malformed('its first line is no status of HTTP/1.1')
  const headers = new Map<string, string>()
  for (const field of fields) {
    const colon = field.indexOf(':')
    const name = field.slice(0, Math.max(0, colon)).toLowerCase()
    const value = field.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')
    if (!token.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) throw malformed('a header is malformed')
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return { status: Number(status), headers }
}

function malformed(why: string): GatehouseError {
  return new GatehouseError('protocol_violation', `the API server's answer to the upgrade cannot be read: ${why}`, { side: 'upstream' })
}
