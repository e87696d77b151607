// Asks what would become of a text while it is typed: after a pause, one question at a time, the newest only. What is shown is always of the
// text as it is now: at the first key a verdict is gone, and none is made up before the gateway has answered.
import type { PreflightStatement } from '../../shared/preflight.ts'
import { preflightCharactersMax } from '../../shared/limits.ts'

export type Preflight =
  | { readonly kind: 'none' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'known'; readonly statements: readonly PreflightStatement[]; /** Why nothing is known of its statements. */ readonly problem: string | null }
  | { readonly kind: 'failed'; readonly message: string }

export interface Asker {
  typed(text: string): void
  /** What is allowed may have changed. */
  again(): void
  stop(): void
}

export interface AskerOptions {
  readonly ask: (text: string) => Promise<{ readonly statements: readonly PreflightStatement[]; readonly problem: string | null }>
  readonly onChange: (now: Preflight) => void
  readonly delayMs: number
}

export function createAsker({ ask, onChange, delayMs }: AskerOptions): Asker {
  let text = ''
  /** Grows with every change: an answer of before is none. */
  let version = 0
  let isAsking = false
  let isStopped = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function later(): void {
    version++
    clearTimeout(timer)
    if (text.trim() === '') return onChange({ kind: 'none' })
    if (text.length > preflightCharactersMax) return onChange({ kind: 'failed', message: `the text is longer than ${preflightCharactersMax} characters` })
    onChange({ kind: 'asking' })
    timer = setTimeout(() => void send(), delayMs)
  }

  async function send(): Promise<void> {
    // The one under way asks for what is newest when it is back.
    if (isAsking) return
    isAsking = true
    const mine = version
    try {
      const { statements, problem } = await ask(text)
      if (mine === version && !isStopped) onChange({ kind: 'known', statements, problem })
    } catch (reason) {
      if (mine === version && !isStopped) onChange({ kind: 'failed', message: (reason as { readonly message?: string }).message ?? 'the gateway did not answer' })
    } finally {
      isAsking = false
      if (mine !== version && !isStopped && text.trim() !== '' && text.length <= preflightCharactersMax) later()
    }
  }

  return {
    typed(now) {
      if (now === text) return
      text = now
      later()
    },
    again: later,
    stop() {
      isStopped = true
      version++
      clearTimeout(timer)
    },
  }
}
