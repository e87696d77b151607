// What the streams of the demo cluster ask of whoever writes its shell and its ports. Streams are Node's: bytes, no encoding set.
import type { Readable, Writable } from 'node:stream'

export interface TerminalSize { readonly width: number; readonly height: number }

/** One exec or attach. With `tty` everything goes to `stdout`, and line endings are the shell's to write as `\r\n`. */
export interface ShellRun {
  /** Empty of attach. */
  readonly argv: readonly string[]
  readonly tty: boolean
  /** Ends when the client closes its stdin; empty and ended where the client asked for none. */
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** As it is now; null until the client has said one, and always without a tty. */
  readonly size: () => TerminalSize | null
  readonly onResize: (listener: (size: TerminalSize) => void) => void
  /** Aborted when the client went away: stop, whatever the exit code. */
  readonly signal: AbortSignal
}

/** Gives the exit code; a throw is told the client as an internal error. */
export type RunShell = (run: ShellRun) => Promise<number>

/** What listens behind a port of a pod; null: nothing does, and the client hears "connection refused". */
export type OpenPort = (port: number) => PortHandler | null
/** Bytes of one forwarded connection: reads what the client sends, writes what it gets, ends when both are done. */
export type PortHandler = (connection: { readonly input: Readable; readonly output: Writable }) => Promise<void>

/** What a stream request is for, as the path and query said it. */
export type StreamUse =
  | { readonly kind: 'exec' | 'attach'; readonly argv: readonly string[]; readonly tty: boolean; readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean; readonly run: RunShell }
  /** `ports`: of the query, for the plain WebSocket form; kubectl names them per stream. */
  | { readonly kind: 'portforward'; readonly ports: readonly number[]; readonly open: OpenPort }
