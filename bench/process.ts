// Processes the bench starts: detached, so that Ctrl-C reaches the bench, which then ends them.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The first line of either output that matches; rejects with the last lines when the process ends before. */
export function lineOf(child: ChildProcess, wanted: RegExp): Promise<string> {
  const said: string[] = []
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface(stream).on('line', (text) => {
        if (said.push(text) > 5) said.shift()
        if (wanted.test(text)) resolve(text)
      })
    }
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`it ended with ${code}: ${said.join(' | ')}`)))
  })
}

export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}
