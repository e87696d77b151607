// A recording's frames joined into what people read: a command with its verdict and its result; outputs decoded; the rest as it is.
// Frames are data from a file: every field is checked before it is shown.
import type { Frame } from '../../shared/recording.ts'
import { bytesOf, decodeBackend, type PgOutput } from './pg-messages.ts'

export type FrameEntry = { readonly seq: number; readonly at: number } & (
  | { readonly kind: 'command'; readonly text: string; readonly parameters: readonly (string | null)[]; readonly verdict: FrameVerdict | null; readonly result: FrameResult | null }
  | { readonly kind: 'output'; readonly output: PgOutput; readonly bytes: number }
  | { readonly kind: 'other'; readonly name: Frame['kind']; readonly facts: readonly (readonly [string, string])[] }
)

export interface FrameVerdict { readonly effect: string; readonly rule: string | null; readonly policy: string | null; readonly reason: string }
export interface FrameResult { readonly status: string; readonly rows: number | null; readonly bytes: number | null; readonly ms: number | null }

type Json = Readonly<Record<string, unknown>>

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const number = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)

function verdictOf(value: Json): FrameVerdict {
  return { effect: text(value['effect']) ?? 'unknown', rule: text(value['rule']), policy: text(value['policy']), reason: text(value['reason']) ?? '' }
}

function resultOf(value: Json): FrameResult {
  return { status: text(value['status']) ?? '', rows: number(value['rows']), bytes: number(value['bytes']), ms: number(value['ms']) }
}

function factsOf(value: Json): readonly (readonly [string, string])[] {
  return Object.entries(value).filter(([, each]) => each !== null && each !== '').map(([key, each]) => [key, factText(each)])
}

function factText(value: unknown): string {
  if (typeof value === 'string') return value
  // A principal: people know it by its email.
  if (typeof value === 'object' && value !== null && 'id' in value) return text((value as Json)['email']) ?? text(value.id) ?? ''
  return JSON.stringify(value)
}

function parametersOf(value: unknown): readonly (string | null)[] {
  return Array.isArray(value) ? value.map((each: unknown) => (each === null ? null : String(each))) : []
}

export function readFrames(frames: readonly Frame[]): readonly FrameEntry[] {
  const verdicts = new Map<string, FrameVerdict>()
  const results = new Map<string, FrameResult>()
  const commands = new Set<string>()
  for (const frame of frames) {
    if (frame.data.type !== 'json') continue
    const id = text(frame.data.value['command'])
    if (id === null) continue
    if (frame.kind === 'command') commands.add(id)
    if (frame.kind === 'verdict') verdicts.set(id, verdictOf(frame.data.value))
    if (frame.kind === 'result') results.set(id, resultOf(frame.data.value))
  }
  return frames.flatMap((frame): readonly FrameEntry[] => {
    const base = { seq: frame.seq, at: frame.at }
    if (frame.data.type === 'bytes') {
      const bytes = bytesOf(frame.data.base64)
      return [{ ...base, kind: 'output', output: decodeBackend(bytes), bytes: bytes.length }]
    }
    const { value } = frame.data
    const id = text(value['command'])
    if (frame.kind === 'command') return [{ ...base, kind: 'command', text: text(value['text']) ?? '', parameters: parametersOf(value['parameters']), verdict: verdicts.get(id ?? '') ?? null, result: results.get(id ?? '') ?? null }]
    // Shown with their command, unless that stands on a page not yet loaded.
    if ((frame.kind === 'verdict' || frame.kind === 'result') && id !== null && commands.has(id)) return []
    return [{ ...base, kind: 'other', name: frame.kind, facts: factsOf(value) }]
  })
}
