// Starts `gatehouse demo` once for all specs, in a folder of its own, as a user would; its ready line goes to the specs by
// environment, and what was started is stopped at the end.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DemoReady } from './demo.ts'

const root = join(import.meta.dirname, '..')
const startMs = 180_000

export default async function startDemo(): Promise<() => Promise<void>> {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'))
  const child = spawn(process.execPath, [join(root, 'bin', 'gatehouse'), 'demo', '--json', '--data', data], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  child.stderr!.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const ready = await readyLine(child, said)
  process.env['GATEHOUSE_E2E'] = JSON.stringify(ready)
  process.env['GATEHOUSE_E2E_DATA'] = data
  return async () => {
    const gone = new Promise<void>((resolve) => { child.once('exit', () => resolve()) })
    child.kill('SIGTERM')
    await gone
    rmSync(data, { recursive: true, force: true })
  }
}

function readyLine(child: ChildProcess, said: readonly string[]): Promise<DemoReady> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the demo was not ready in ${startMs / 1000} s:\n${said.join('')}`)), startMs)
    let text = ''
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const line = text.split('\n').find((one) => one.includes('"ready":true'))
      if (line === undefined) return
      clearTimeout(timer)
      resolve(JSON.parse(line) as DemoReady)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the demo ended with ${code}:\n${said.join('')}`))
    })
  })
}
