// One exec or attach, whatever framing carries it: runs the shell and tells how it ended.
import type { Readable, Writable } from 'node:stream'
import { exitStatus, failureStatus, ResizeReader } from '../../../gateway/protocols/kubernetes/codec/channels.ts'
import type { StreamUse, TerminalSize } from './types.ts'

/** How long a terminal waits to hear its size before it begins. */
const sizeMs = 200

export type TerminalUse = Extract<StreamUse, { kind: 'exec' | 'attach' }>

export interface TerminalStreams {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly resize: Readable
}

/** Gives the status of its error stream, once everything the shell wrote is on its way. */
export async function runTerminal(use: TerminalUse, { stdin, stdout, stderr, resize }: TerminalStreams, signal: AbortSignal): Promise<string> {
  const listeners: ((size: TerminalSize) => void)[] = []
  const reader = new ResizeReader()
  let size: TerminalSize | null = null
  resize.on('data', (chunk: Buffer) => {
    for (const next of reader.push(chunk)) {
      size = next
      for (const listener of listeners) listener(next)
    }
  })
  try {
    if (use.tty) await firstSize(resize, signal)
    const code = await use.run({ argv: use.argv, tty: use.tty, stdin, stdout, stderr, signal, size: () => size, onResize: (listener) => void listeners.push(listener) })
    return exitStatus(code)
  } catch (error) {
    return failureStatus(error instanceof Error ? error.message : String(error), 'InternalError', 500)
  } finally {
    await Promise.all([ended(stdout), ended(stderr)])
  }
}

/** Real containers take their time to start; kubectl complains of a terminal that is over before it could say its size. */
function firstSize(resize: Readable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(done, sizeMs)
    resize.once('data', done).once('end', done)
    signal.addEventListener('abort', done, { once: true })
  })
}

function ended(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve()
    else stream.once('close', resolve).end(() => resolve())
  })
}
