// What is being started and how long it took, on stderr: a live line on a terminal, plain lines elsewhere.
import type { WriteStream } from 'node:tty'

export interface Progress {
  /** Runs `work` under a label; `note` may add to the finished line. */
  step<T>(label: string, work: () => Promise<T>, note?: (result: T) => string): Promise<T>
}

export const silent: Progress = { step: (_label, work) => work() }

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const frameMs = 80

export function createProgress(stream: WriteStream = process.stderr): Progress {
  return stream.isTTY ? live(stream) : plain(stream)
}

function plain(stream: WriteStream): Progress {
  return {
    async step(label, work, note) {
      stream.write(`${label} …\n`)
      const startedAt = performance.now()
      const result = await work()
      stream.write(`${label}: ${[note?.(result), seconds(startedAt)].filter(Boolean).join(', ')}\n`)
      return result
    },
  }
}

function live(stream: WriteStream): Progress {
  const paint = process.env['NO_COLOR'] ? (_code: number, text: string) => text : (code: number, text: string) => `\x1b[${code}m${text}\x1b[0m`
  const line = (mark: string, label: string, rest: string) => stream.write(`\r\x1b[2K  ${mark} ${label.padEnd(34)}${paint(2, rest)}`)
  return {
    async step(label, work, note) {
      const startedAt = performance.now()
      let frame = 0
      const draw = () => line(paint(36, frames[frame++ % frames.length]!), label, performance.now() - startedAt > 1_000 ? seconds(startedAt) : '')
      draw()
      const timer = setInterval(draw, frameMs)
      try {
        const result = await work()
        line(paint(32, '✓'), label, `${seconds(startedAt)}  ${note?.(result) ?? ''}\n`)
        return result
      } catch (error) {
        line(paint(31, '✗'), label, '\n')
        throw error
      } finally {
        clearInterval(timer)
      }
    },
  }
}

const seconds = (startedAt: number) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
