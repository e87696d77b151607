// A session's recording: frames in order, chained by hash, already masked when they are made.
import type { ShadowRef } from './verdict.ts'

export type FrameDirection = 'in' | 'out' | 'control'

export type FrameKind = 'open' | 'command' | 'verdict' | 'refusal' | 'result' | 'output' | 'notice' | 'truncated' | 'close' | 'resize'

export interface Frame {
  /** From 0, without gaps, per session. */
  readonly seq: number
  /** Milliseconds since the epoch, UTC. */
  readonly at: number
  readonly direction: FrameDirection
  readonly kind: FrameKind
  /** Kind-specific JSON (below), or masked protocol bytes for `output`. */
  readonly data: FrameData
  /** Hex SHA-256 of the batch before the one this frame was written in; the session's first batch has 64 zeros. */
  readonly prev: string
}

export type FrameData =
  | { readonly type: 'json'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly type: 'bytes'; readonly base64: string }

/** `open`: who, on what. */
export interface OpenFrameData {
  readonly connection: string
  /** `groups` as they were when the session opened, `claims` of CI only; older recordings have neither. */
  readonly principal: { readonly id: string; readonly email: string | null; readonly kind: string; readonly groups?: readonly string[]; readonly claims?: Readonly<Record<string, unknown>> }
  readonly via: string
  readonly client: string
}

/** `notice` of a renewal after which policy sees another principal: its groups, `claims` of CI only. */
export interface RenewedFrameData {
  readonly text: string
  readonly groups: readonly string[]
  readonly claims?: Readonly<Record<string, unknown>>
}

/** `command`: written before the command goes upstream. */
export interface CommandFrameData {
  readonly command: string
  /** The text with literals that met masked columns replaced. */
  readonly text: string
  /** SHA-256 of the exact text, hex. */
  readonly hash: string
  readonly parameters?: readonly (string | null)[]
}
export interface VerdictFrameData {
  readonly command: string
  readonly effect: string
  readonly rule: string | null
  readonly policy: string | null
  readonly reason: string
  /** Rules of `mode: shadow` that matched: what they would have done. Left out when there is none. */
  readonly shadow?: readonly ShadowRef[]
}
/** `resize`: a terminal's size from here on, in characters. Its input and output are `output` bytes with the direction `in` and `out`. */
export interface ResizeFrameData { readonly command: string; readonly width: number; readonly height: number }
/** `result`: how the command ended upstream; of an exec the status is `exit <code>`. */
export interface ResultFrameData { readonly command: string; readonly status: string; readonly rows: number; readonly bytes: number; readonly ms: number }

/** `resize`: the client's terminal has this size from here on; of a terminal, `output` frames of direction `in` are what was typed. */
export interface ResizeFrameData { readonly command: string; readonly width: number; readonly height: number }

export interface VerifyReport {
  readonly session: string
  readonly ok: boolean
  readonly frames: number
  /** Hex hash of the last whole batch. */
  readonly head: string
  /** The session was closed in the record; false after a crash or while it is open. */
  readonly closed: boolean
  /** What is wrong, one line each; empty when ok. */
  readonly problems: readonly string[]
}
