// What the streams of Kubernetes say to each other, whichever framing carries them: the names and numbers of channels, a terminal's size,
// how a command ended. https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
import { streamMessageBytesMax } from '../../../limits-kubernetes.ts'

export type StreamUseName = 'exec' | 'attach' | 'portforward'

/** Streams of an exec: SPDY names them in the header `streamtype`, WebSocket by the first byte of each message. */
export const channelNumbers = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const
export type Channel = keyof typeof channelNumbers
export const channels = Object.keys(channelNumbers) as readonly Channel[]

export const isChannel = (name: string): name is Channel => Object.hasOwn(channelNumbers, name)
export const channelOf = (number: number): Channel | null => channels[number] ?? null

/** v5: a message of this channel ends the one whose number follows. */
export const closeChannel = 255

export const subprotocols = {
  v4: 'v4.channel.k8s.io',
  v5: 'v5.channel.k8s.io',
  portforward: 'portforward.k8s.io',
  /** SPDY/3.1 in binary WebSocket messages. */
  tunnel: 'SPDY/3.1+portforward.k8s.io',
} as const

/** Of what a client offers, what both of us speak, best first; null: nothing. */
export function chooseSubprotocol(use: StreamUseName, protocol: 'spdy' | 'websocket', offered: readonly string[]): string | null {
  return spokenSubprotocols(use, protocol).find((name) => offered.includes(name)) ?? null
}

/** v1 to v3 of SPDY end without an exit status that can be read; base64 channels are for browsers. Every server since 1.4 has v4. */
export function spokenSubprotocols(use: StreamUseName, protocol: 'spdy' | 'websocket'): readonly string[] {
  if (protocol === 'spdy') return use === 'portforward' ? [subprotocols.portforward] : [subprotocols.v4]
  return use === 'portforward' ? [subprotocols.tunnel] : [subprotocols.v5, subprotocols.v4]
}

export interface WindowSize { readonly width: number; readonly height: number }

/** Sizes in what came on a resize channel, which may cut them anywhere. What is no size is passed over: the kubelet does the same. */
export class ResizeReader {
  #text = ''

  push(bytes: Buffer): WindowSize[] {
    this.#text = (this.#text + bytes.toString('latin1')).slice(-streamMessageBytesMax)
    const sizes: WindowSize[] = []
    for (let end = this.#text.indexOf('}'); end >= 0; end = this.#text.indexOf('}')) {
      const size = sizeIn(this.#text.slice(0, end + 1))
      if (size !== null) sizes.push(size)
      this.#text = this.#text.slice(end + 1)
    }
    return sizes
  }
}

function sizeIn(text: string): WindowSize | null {
  const value = jsonOf(text)
  const { Width: width, Height: height } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const isSize = (number: unknown): number is number => Number.isInteger(number) && (number as number) >= 0 && (number as number) <= 65_535
  return isSize(width) && isSize(height) ? { width, height } : null
}

export const resizeText = ({ width, height }: WindowSize): string => `${JSON.stringify({ Width: width, Height: height })}\n`

/** How a command ended, as its error channel says it. */
export interface ExitStatus {
  /** Null: it did not end by itself; `message` says why. */
  readonly code: number | null
  readonly message: string
}

/** Null: not a whole Status. https://github.com/kubernetes/apimachinery/blob/master/pkg/util/remotecommand/constants.go */
export function readStatus(bytes: Buffer): ExitStatus | null {
  const value = jsonOf(bytes.toString('utf8')) as { status?: unknown; message?: unknown; reason?: unknown; details?: { causes?: unknown } } | null
  if (typeof value !== 'object' || value === null) return null
  if (value.status === 'Success') return { code: 0, message: '' }
  if (value.status !== 'Failure') return null
  return { code: value.reason === 'NonZeroExitCode' ? exitCodeIn(value.details?.causes) : null, message: typeof value.message === 'string' ? value.message : '' }
}

function exitCodeIn(causes: unknown): number | null {
  const cause: unknown = Array.isArray(causes) ? causes.find((each: { reason?: unknown } | null) => each?.reason === 'ExitCode') : null
  const code = Number((cause as { message?: unknown } | null)?.message)
  return Number.isInteger(code) ? code : null
}

export const successStatus = (): string => JSON.stringify({ metadata: {}, status: 'Success' })

export function exitStatus(code: number): string {
  if (code === 0) return successStatus()
  return JSON.stringify({
    metadata: {}, status: 'Failure', message: `command terminated with non-zero exit code: exit status ${code}`, reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  })
}

export function failureStatus(message: string, reason: string, code: number): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
