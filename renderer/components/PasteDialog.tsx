// A paste of several lines, shown before the shell gets it: each line end can run what stands before it.
import { useRef } from 'react'
import { plural } from '../lib/format.ts'
import type { Paste } from '../lib/paste.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './PasteDialog.module.css'

/** More is cut on screen, and said to be. */
const shownCharactersMax = 20_000

export function PasteDialog({ paste, onPaste, onClose }: { readonly paste: Paste; readonly onPaste: () => void; readonly onClose: () => void }) {
  const { text, lines, removed, hasEnds } = paste
  const isPasting = useRef(false)
  return (
    <Dialog isOpen onClose={onClose} width="wide" title={lines > 1 ? `Paste ${plural(lines, 'line')}?` : 'Paste this?'} description={hasEnds ? (lines > 1 ? 'The shell may run each line as it comes.' : 'It ends its line: the shell may run it at once.') : 'It holds what no keyboard types.'}>
      <div className={styles['body']}>
        <pre className={styles['text']} tabIndex={0}><Untrusted text={text.slice(0, shownCharactersMax)} as="block" />{text.length > shownCharactersMax && '\n…'}</pre>
        {removed > 0 && <p className={styles['removed']}>{plural(removed, 'control character')} that no keyboard types {removed === 1 ? 'is' : 'are'} left out.</p>}
        <div className={styles['buttons']}>
          <Button onClick={onClose}>Cancel</Button>
          {/* Once: a second Enter would paste twice. */}
          <Button look="primary" onClick={() => { if (!isPasting.current) { isPasting.current = true; onPaste() } }} autoFocus>Paste</Button>
        </div>
      </div>
    </Dialog>
  )
}
