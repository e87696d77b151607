// The verdicts of the text in the editor, asked for while it is typed and again when what is allowed may have changed.
import { useEffect, useRef, useState } from 'react'
import { call, desktop } from './current-desktop.ts'
import { createAsker, type Asker, type Preflight } from './preflight.ts'

const delayMs = 350
/** Policies change: what was said a while ago is asked again when the window is looked at. */
const oldMs = 60_000

export function usePreflight(connection: string, text: string): Preflight {
  const [now, setNow] = useState<{ readonly of: string; readonly preflight: Preflight }>({ of: '', preflight: { kind: 'none' } })
  const newest = useRef(text)
  const asker = useRef<Asker | null>(null)
  useEffect(() => {
    let saidAt = 0
    const made = createAsker({ ask: (asked) => call('sql.preflight', { connection, text: asked }), delayMs, onChange: (preflight) => { saidAt = Date.now(); setNow({ of: newest.current, preflight }) } })
    asker.current = made
    const onFocus = () => { if (Date.now() - saidAt > oldMs) made.again() }
    const stop = desktop().on('approvals.event', ({ kind }) => { if (kind === 'grant-opened' || kind === 'grant-revoked') made.again() })
    window.addEventListener('focus', onFocus)
    return () => {
      stop()
      window.removeEventListener('focus', onFocus)
      made.stop()
    }
  }, [connection])
  useEffect(() => {
    newest.current = text
    asker.current?.typed(text)
  }, [text, connection])
  // Another tab comes into view with another text: what was said of the one before is not said of it.
  return now.of === text ? now.preflight : { kind: 'asking' }
}
