// The recording of an exec or attach as asciicast v3, which every player of asciinema shows: a header, then one event a line.
// https://docs.asciinema.org/manual/asciicast/v3/
//
//   {"version":3,"term":{"cols":80,"rows":24},"timestamp":…,"command":…,"title":…}
//   [seconds since the event before, "o" output | "i" input | "r" size | "x" exit status | "m" what Gatehouse did, text]
//
// Masked as the recording is. What it is not: a proof; `sessions export` without a format is.
import { GatehouseError } from '../../shared/errors.ts'
import type { Frame } from '../../shared/recording.ts'

/** What a terminal has that never said its size, or said it after its first output. */
const usualSize = { cols: 80, rows: 24 }

interface Terminal { readonly argv: readonly string[]; readonly target: string; readonly isTty: boolean }
type Json = Readonly<Record<string, unknown>>

/** Lines without their newline. Throws GatehouseError input_invalid for a recording that is not of a terminal. */
export async function* asciicast(session: string, frames: AsyncIterable<Frame>): AsyncGenerator<string> {
  const writer = new CastWriter()
  for await (const frame of frames) yield* writer.frame(frame)
  yield* writer.end(session)
}

class CastWriter {
  #terminal: Terminal | null = null
  /** Frames before the first output: the size may come among them, and the header has to begin with it. */
  #waiting: Frame[] | null = []
  #startedAt = 0
  #lastAt = 0
  #hasExit = false
  readonly #decoders = { in: new TextDecoder(), out: new TextDecoder() }
  #lastOutput = ''

  #line(at: number, code: 'o' | 'i' | 'r' | 'x' | 'm', text: string): string {
    // A clock that was put back must not run backwards in a player.
    const seconds = Math.max(0, at - this.#lastAt) / 1_000
    this.#lastAt = Math.max(at, this.#lastAt)
    return JSON.stringify([seconds, code, text])
  }

  *frame(frame: Frame): Generator<string> {
    if (this.#startedAt === 0) this.#lastAt = this.#startedAt = frame.at
    if (frame.kind === 'command' && frame.data.type === 'json') this.#terminal ??= terminalOf(frame.data.value)
    if (this.#waiting === null) return yield* this.#event(frame)
    this.#waiting.push(frame)
    if (this.#terminal !== null && (frame.kind === 'output' || frame.kind === 'close' || frame.kind === 'result')) yield* this.#begin(this.#terminal)
  }

  *end(session: string): Generator<string> {
    if (this.#terminal === null) throw new GatehouseError('input_invalid', `${session} is not the recording of a terminal; asciicast is for exec and attach`, { side: 'client' })
    if (this.#waiting !== null) yield* this.#begin(this.#terminal)
    const rest = this.#decoders.out.decode()
    if (rest !== '') yield this.#line(this.#lastAt, 'o', rest)
  }

  *#begin(terminal: Terminal): Generator<string> {
    const waiting = this.#waiting ?? []
    this.#waiting = null
    const sized = waiting.find(({ kind }) => kind === 'resize')
    yield JSON.stringify({
      version: 3, term: sized === undefined ? usualSize : sizeOf(sized), timestamp: Math.floor(this.#startedAt / 1_000),
      ...(terminal.argv.length > 0 && { command: terminal.argv.join(' ') }), title: terminal.target,
    })
    for (const frame of waiting) if (frame !== sized) yield* this.#event(frame)
  }

  *#event({ at, kind, direction, data }: Frame): Generator<string> {
    if (data.type === 'bytes') return yield* this.#bytes(at, direction === 'in' ? 'in' : 'out', Buffer.from(data.base64, 'base64'))
    const { value } = data
    if (kind === 'resize') {
      const { cols, rows } = sizeOf({ data })
      return yield this.#line(at, 'r', `${cols}x${rows}`)
    }
    if (kind === 'result') {
      const code = /^exit (-?[0-9]+)$/.exec(String(value['status']))?.[1]
      this.#hasExit ||= code !== undefined
      return yield code === undefined ? this.#line(at, 'm', `ended: ${String(value['status'])}`) : this.#line(at, 'x', code)
    }
    const said = saidBy(kind, value)
    if (said !== null && !(kind === 'close' && this.#hasExit)) yield this.#line(at, 'm', said)
  }

  *#bytes(at: number, direction: 'in' | 'out', bytes: Buffer): Generator<string> {
    const text = this.#decoders[direction].decode(bytes, { stream: true })
    if (text === '') return
    yield this.#line(at, direction === 'in' ? 'i' : 'o', direction === 'out' && this.#terminal?.isTty !== true ? this.#withReturns(text) : text)
  }

  /** What no terminal wrote has bare line feeds, which a player shows as stairs. */
  #withReturns(text: string): string {
    const shown = (this.#lastOutput + text).replaceAll(/(?<!\r)\n/g, '\r\n').slice(this.#lastOutput.length)
    this.#lastOutput = text.endsWith('\r') ? '\r' : ''
    return shown
  }
}

/** Null: a command of another sort. Its text is the request line, as gateway/protocols/kubernetes records it. */
function terminalOf(value: Json): Terminal | null {
  const match = /^(?:GET|POST) (\S+\/pods\/[^/?\s]+\/(?:exec|attach))(?:\?(\S*))?(?:\s|$)/.exec(String(value['text']))
  if (match === null) return null
  const query = new URLSearchParams(match[2] ?? '')
  return { target: match[1]!, argv: query.getAll('command'), isTty: ['true', '1'].includes(query.get('tty') ?? '') }
}

function sizeOf({ data }: Pick<Frame, 'data'>): { readonly cols: number; readonly rows: number } {
  const { width, height } = (data.type === 'json' ? data.value : {}) as { readonly width?: unknown; readonly height?: unknown }
  const known = (number: unknown, usual: number) => (typeof number === 'number' && number > 0 ? number : usual)
  return { cols: known(width, usualSize.cols), rows: known(height, usualSize.rows) }
}

function saidBy(kind: Frame['kind'], value: Json): string | null {
  switch (kind) {
    case 'verdict': return value['effect'] === 'allow' ? null : `${String(value['effect'])}: ${String(value['reason'])}`
    case 'refusal': return `refused: ${String(value['message'])}`
    case 'notice': return typeof value['text'] === 'string' ? value['text'] : null
    case 'truncated': return 'more was written than the recording keeps'
    case 'close': return `closed: ${String(value['reason'])}`
    default: return null
  }
}
