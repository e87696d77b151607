// The seam of gateway/recording. Frames are appended in the turn they happen; the journal writes all sessions' frames of a turn
// with one writeSync; what must not happen before its record (sending a command upstream) goes into `afterFlush`.
import type { FrameDirection, FrameKind } from '../../shared/recording.ts'

export interface Recorder {
  readonly session: string
  /** JSON frame; `value` must be masked already. Throws GatehouseError recorder_failed once the journal has failed. */
  json(direction: FrameDirection, kind: FrameKind, value: Readonly<Record<string, unknown>>): void
  /** The same for what is JSON already: frames of the hot path are put together from parts that seldom change. */
  jsonText(direction: FrameDirection, kind: FrameKind, text: string): void
  /** Byte frame of masked protocol bytes; the chunks are copied before it returns. */
  bytes(direction: FrameDirection, kind: 'output', chunks: readonly Uint8Array[]): void
  /** Appends the `close` frame, and lets go of the session. Never throws. */
  close(reason: string): void
}

export interface Journal {
  recorder(session: string): Recorder
  /** Runs `action` once everything appended so far is with the kernel (same turn, no timer); `failed` instead when it cannot be written. */
  afterFlush(action: () => void, failed: (error: Error) => void): void
  /** Calls back once, when the journal cannot be written any more: every session must end. */
  onFailure(listener: (error: Error) => void): () => void
  dispose(): Promise<void>
}
