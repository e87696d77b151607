// The toy shell on a terminal: a prompt, an echo of what is typed, backspace, ctrl-c, ctrl-d, ctrl-l, the last lines by arrow up.
import { PassThrough, type Readable } from 'node:stream'
import { Exit, type Context } from './context.ts'
import { runLine } from './shell.ts'

const linesKept = 100

/** Reads lines until ctrl-d, exit or the end of stdin; gives the code. */
export async function runTerminalShell(context: Context): Promise<number> {
  const keys = new Keyboard(context)
  const history: string[] = []
  try {
    while (!context.signal.aborted) {
      context.out(`${context.container.hostname}:${context.state.folder}# `)
      const line = await keys.line(history)
      if (line === null) break
      if (line.trim() === '') continue
      history.unshift(line)
      history.length = Math.min(history.length, linesKept)
      await keys.during((stdin, signal) => runLine({ ...context, stdin, signal: AbortSignal.any([context.signal, signal]) }, line))
    }
  } catch (error) {
    if (error instanceof Exit) return error.code
    throw error
  }
  return context.state.lastCode
}

/** A command of its own on a terminal: ctrl-c ends it, what is typed is its stdin. */
export async function runOnTerminal(context: Context, run: (context: Context) => Promise<number>): Promise<number> {
  return new Keyboard(context).during((stdin, signal) => run({ ...context, stdin, signal: AbortSignal.any([context.signal, signal]) }))
}

class Keyboard {
  readonly #context: Context
  #unread = ''
  #isEnded = false
  #wake: () => void = () => undefined

  constructor(context: Context) {
    this.#context = context
    const stdin: Readable = context.stdin
    stdin.on('data', (chunk: Buffer) => { this.#unread += Buffer.from(chunk).toString(); this.#wake() })
    stdin.once('end', () => { this.#isEnded = true; this.#wake() })
    context.signal.addEventListener('abort', () => { this.#isEnded = true; this.#wake() }, { once: true })
  }

  /** Null: there is no more. */
  async line(history: readonly string[]): Promise<string | null> {
    let [text, back] = ['', -1]
    const show = (next: string) => { this.#context.out(`${'\b \b'.repeat(text.length)}${next}`); text = next }
    for (;;) {
      const key = await this.#key()
      if (key === null || (key === '\x04' && text === '')) return null
      if (key === '\r' || key === '\n') { this.#context.out('\n'); return text }
      if (key === '\x03') { this.#context.out('^C\n'); this.#context.state.lastCode = 130; return '' }
      if (key === '\x7f' || key === '\b') { if (text !== '') show(text.slice(0, -1)) }
      else if (key === '\x0c') this.#context.out(`\x1b[H\x1b[2J${this.#context.container.hostname}:${this.#context.state.folder}# ${text}`)
      else if (key === '\x1b[A' || key === '\x1b[B') { back = Math.max(-1, Math.min(history.length - 1, back + (key === '\x1b[A' ? 1 : -1))); show(history[back] ?? '') }
      else if (key >= ' ' && !key.startsWith('\x1b')) { text += key; this.#context.out(key) }
    }
  }

  /** While a command runs its stdin is what is typed, and ctrl-c ends it. */
  async during(run: (stdin: Readable, signal: AbortSignal) => Promise<number>): Promise<number> {
    const [stdin, stopped, done] = [new PassThrough(), new AbortController(), new AbortController()]
    const pump = async () => {
      while (!done.signal.aborted) {
        const key = await this.#key(done.signal)
        if (done.signal.aborted) { this.#unread = (key ?? '') + this.#unread; return }
        if (key === null || key === '\x04') { stdin.end(); if (key === null) return }
        else if (key === '\x03') { this.#context.out('^C\n'); stdin.end(); stopped.abort(); return }
        else { const typed = key === '\r' ? '\n' : key; this.#context.out(typed); stdin.write(typed) }
      }
    }
    const pumping = pump()
    try {
      const code = await run(stdin, stopped.signal)
      this.#context.state.lastCode = stopped.signal.aborted ? 130 : code
      return this.#context.state.lastCode
    } finally {
      done.abort()
      this.#wake()
      await pumping
    }
  }

  /** One key, or one escape sequence. */
  async #key(signal?: AbortSignal): Promise<string | null> {
    while (this.#unread === '') {
      if (this.#isEnded || signal?.aborted) return null
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
    // oxlint-disable-next-line no-control-regex -- an escape sequence of a terminal begins with escape
    const key = /^(?:\x1b\[[0-9;]*[A-Za-z~]|[\s\S])/u.exec(this.#unread)![0]
    this.#unread = this.#unread.slice(key.length)
    return key
  }
}
