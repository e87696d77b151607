// The demo as a child of the command line: it stops when we are told to stop, and, by its closed IPC channel, when we are killed.
import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { GatehouseError } from '../shared/errors.ts'

export interface DemoProcess {
  readonly child: ChildProcess
  /** Its exit code; 128 + the signal's number where a signal ended it. */
  readonly exited: Promise<number>
}

const main = join(import.meta.dirname, '..', 'demo', 'main.ts')

/** Its stdout is ours; what its ready line says comes as a message too. */
export function runDemo(args: readonly string[]): DemoProcess {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  const pass = (signal: NodeJS.Signals) => {
    // The terminal sends SIGINT to the whole foreground group: the child has it already, we only wait.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, pass)
  const exited = new Promise<number>((resolve, reject) => {
    child.on('error', (error) => reject(new GatehouseError('not_permitted', `cannot start the demo: ${error.message}`, { cause: error })))
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 1)))
  })
  return { child, exited: exited.finally(() => { for (const signal of signals) process.off(signal, pass) }) }
}
