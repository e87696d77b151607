// The recording of an exec or attach as what a player needs: output and sizes on a time line, and what was typed, by lines. Frames are
// data from a file: every field is checked before it is used. What is masked was masked before it was written.
import type { Frame } from '../../shared/recording.ts'
import { bytesOfBase64 } from './base64.ts'
import type { Size } from './terminal-screen.ts'

export type ReplayStep = { /** Milliseconds from the first frame. */ readonly at: number } & (
  | { readonly kind: 'output'; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly size: Size }
)

export interface TypedLine { readonly at: number; readonly text: string }

export interface Replay {
  /** `/api/v1/namespaces/…/pods/…/exec`. */
  readonly target: string
  /** Of exec; empty of attach. */
  readonly argv: readonly string[]
  readonly size: Size
  readonly steps: readonly ReplayStep[]
  readonly typed: readonly TypedLine[]
  readonly ms: number
  /** More was written than the recording keeps. */
  readonly isCut: boolean
}

/** What a terminal has that never said its size. */
const usualSize: Size = { cols: 80, rows: 24 }
const sizeMax: Size = { cols: 1_000, rows: 500 }
/** What is typed after so long begins another line, ended or not. */
const typedPauseMs = 4_000

const request = /^(?:GET|POST) (\S+\/pods\/[^/?\s]+\/(?:exec|attach))(?:\?(\S*))?(?:\s|$)/

/** Null: it is not of a terminal. */
export function readReplay(frames: readonly Frame[]): Replay | null {
  const first = frames[0]
  const asked = frames.map(askedBy).find((found) => found !== null)
  if (first === undefined || asked === undefined || asked === null) return null
  const fill = asked.isTty ? (bytes: Uint8Array) => bytes : returnsFilled()
  let last = first.at
  const steps: ReplayStep[] = []
  const typed: TypedLine[] = []
  const keys = typedLines((line) => typed.push(line))
  for (const frame of frames) {
    // A clock that was put back must not run backwards here.
    last = Math.max(last, frame.at)
    const at = last - first.at
    if (frame.kind === 'resize') steps.push({ at, kind: 'resize', size: sizeOf(frame) })
    if (frame.data.type !== 'bytes') continue
    const bytes = bytesOfBase64(frame.data.base64)
    if (frame.direction === 'in') keys.take(at, bytes)
    else steps.push({ at, kind: 'output', bytes: fill(bytes) })
  }
  keys.end()
  const sized = steps.find(({ kind }) => kind === 'resize')
  return { target: asked.target, argv: asked.argv, size: sized?.kind === 'resize' ? sized.size : usualSize, steps, typed, ms: last - first.at, isCut: frames.some(({ kind }) => kind === 'truncated') }
}

function askedBy({ kind, data }: Frame): { readonly target: string; readonly argv: readonly string[]; readonly isTty: boolean } | null {
  const text = kind === 'command' && data.type === 'json' ? data.value['text'] : null
  const match = typeof text === 'string' ? request.exec(text) : null
  if (match === null) return null
  const query = new URLSearchParams(match[2] ?? '')
  return { target: match[1]!, argv: query.getAll('command'), isTty: ['true', '1'].includes(query.get('tty') ?? '') }
}

function sizeOf({ data }: Frame): Size {
  const { width, height } = data.type === 'json' ? data.value : {}
  const known = (number: unknown, usual: number, max: number) => (typeof number === 'number' && Number.isInteger(number) && number > 0 ? Math.min(number, max) : usual)
  return { cols: known(width, usualSize.cols, sizeMax.cols), rows: known(height, usualSize.rows, sizeMax.rows) }
}

/** What no terminal wrote has bare line feeds, which a terminal shows as stairs. */
function returnsFilled(): (bytes: Uint8Array) => Uint8Array {
  let before = 0
  return (bytes) => {
    const filled: number[] = []
    for (const byte of bytes) {
      if (byte === 0x0a && before !== 0x0d) filled.push(0x0d)
      filled.push(byte)
      before = byte
    }
    return Uint8Array.from(filled)
  }
}

function typedLines(say: (line: TypedLine) => void) {
  const decoder = new TextDecoder()
  let held = ''
  let since = 0
  let last = 0
  const end = () => {
    if (held !== '') say({ at: since, text: held })
    held = ''
  }
  return {
    end,
    take(at: number, bytes: Uint8Array) {
      if (at - last > typedPauseMs) end()
      last = at
      for (const character of decoder.decode(bytes, { stream: true })) {
        if (held === '') since = at
        if (character !== '\r' && character !== '\n') held += character
        else end()
      }
    },
  }
}

/** Pauses longer than this are shortened to it, where one wants that. */
const pauseMsMax = 1_500

/** When each step is played: as it was, or without the long pauses. Ends with how long it all takes. */
export function playTimes(replay: Pick<Replay, 'steps' | 'ms'>, skipsPauses: boolean): { readonly times: readonly number[]; readonly ms: number } {
  let [at, before] = [0, 0]
  const played = (real: number) => {
    const gap = real - before
    before = real
    return (at += skipsPauses ? Math.min(gap, pauseMsMax) : gap)
  }
  const times = replay.steps.map((step) => played(step.at))
  return { times, ms: played(replay.ms) }
}

/** Where a moment of the recording lies in what is played. */
export function playTimeOf(real: number, { steps }: Pick<Replay, 'steps'>, times: readonly number[]): number {
  const next = steps.findIndex(({ at }) => at >= real)
  return next === -1 ? (times.at(-1) ?? 0) : times[next]!
}
