// One terminal: a shell under a pty, a loopback listener of its own, and the kubeconfig that joins them. They live and die together:
// what is copied out of the kubeconfig is of no use once the tab is closed.
import type { IPty } from '@lydell/node-pty'
import type { TerminalInfo } from '../../../shared/ipc.ts'
import { terminalEndMs } from '../../limits.ts'
import { OutputFlow } from './output-flow.ts'

/** The little of a pty that is needed; tests give their own. */
export interface Pty {
  readonly pid: number
  onData(listener: (output: Buffer) => void): void
  onExit(listener: (how: { readonly exitCode: number; readonly signal: number }) => void): void
  write(input: Buffer): void
  resize(cols: number, rows: number): void
  pause(): void
  resume(): void
  kill(signal: 'SIGHUP' | 'SIGKILL'): void
}

export interface PtyOptions {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly cols: number
  readonly rows: number
}

export type StartPty = (options: PtyOptions) => Promise<Pty>

/** Loaded with the first terminal: where there is no build of it for this machine, the rest of the app works. */
export const startPty: StartPty = async ({ file, args, env, cwd, cols, rows }) => {
  const { spawn } = await import('@lydell/node-pty')
  // Bytes, not text: what arrives may end inside a character.
  const pty = spawn(file, [...args], { name: env['TERM'] ?? 'xterm-256color', cols, rows, cwd, env: { ...env }, encoding: null })
  return adapt(pty)
}

/** With `encoding: null` data comes as Buffers, and Buffers can be written: the package's types know text only. */
function adapt(pty: IPty): Pty {
  return {
    pid: pty.pid,
    onData: (listener) => void pty.onData((data) => listener(data as unknown as Buffer)),
    onExit: (listener) => void pty.onExit(({ exitCode, signal = 0 }) => listener({ exitCode, signal })),
    write: (input) => pty.write(input as unknown as string),
    resize: (cols, rows) => pty.resize(cols, rows),
    pause: () => pty.pause(),
    resume: () => pty.resume(),
    kill: (signal) => (process.platform === 'win32' ? pty.kill() : pty.kill(signal)),
  }
}

export interface TerminalOptions {
  readonly info: TerminalInfo
  readonly pty: Pty
  readonly onOutput: (output: Buffer) => void
  readonly onExit: (code: number | null, reason: string) => void
  /** Closes the listener and removes the kubeconfig. */
  readonly release: () => Promise<void>
}

export class Terminal {
  info: TerminalInfo
  readonly #pty: Pty
  readonly #flow: OutputFlow
  readonly #release: () => Promise<void>
  readonly #exited: Promise<void>
  #isOver = false
  #releasing: Promise<void> | undefined

  constructor({ info, pty, onOutput, onExit, release }: TerminalOptions) {
    this.info = info
    this.#pty = pty
    this.#flow = new OutputFlow(pty, onOutput)
    this.#release = release
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#exited = promise
    pty.onData((output) => this.#flow.take(output))
    pty.onExit(({ exitCode, signal }) => {
      this.#flow.flush()
      this.#isOver = true
      resolve()
      // Nobody types into it any more, so nothing may reach the cluster by it.
      this.#releaseOnce().catch(() => undefined)
      onExit(signal > 0 ? null : exitCode, signal > 0 ? `the shell was ended by signal ${signal}` : `the shell ended with code ${exitCode}`)
    })
  }

  write(input: Buffer): void {
    if (!this.#isOver) this.#pty.write(input)
  }

  resize(cols: number, rows: number): void {
    if (!this.#isOver) this.#pty.resize(cols, rows)
  }

  acknowledge(bytes: number): void {
    if (!this.#isOver) this.#flow.acknowledge(bytes)
  }

  /** Hangs up, as a terminal that is closed does; what does not listen is killed. */
  async dispose(): Promise<void> {
    if (!this.#isOver) {
      this.#kill('SIGHUP')
      // A paused pty never says that it has ended.
      this.#pty.resume()
      const late = setTimeout(() => this.#kill('SIGKILL'), terminalEndMs)
      await Promise.race([this.#exited, new Promise((resolve) => { setTimeout(resolve, terminalEndMs * 2).unref() })])
      clearTimeout(late)
    }
    this.#flow.dispose()
    await this.#releaseOnce()
  }

  #releaseOnce(): Promise<void> {
    return this.#releasing ??= this.#release()
  }

  #kill(signal: 'SIGHUP' | 'SIGKILL'): void {
    try {
      this.#pty.kill(signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}
