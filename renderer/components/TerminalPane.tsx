// The terminal of one tab: its screen in place, what is said around it (never in it), search, and the way on when its shell has ended.
import { ChevronDown, ChevronUp, RotateCcw, X } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { terminals, useTerminals, type TerminalTab } from '../stores/terminals.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button, IconButton } from '../ui/Button.tsx'
import { SearchField } from '../ui/Field.tsx'
import { Spinner } from '../ui/Spinner.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import { NoKubectl } from './NoKubectl.tsx'
import { PasteDialog } from './PasteDialog.tsx'
import styles from './TerminalPane.module.css'

export function TerminalPane({ tab }: { readonly tab: TerminalTab }) {
  const host = useRef<HTMLDivElement>(null)
  const { screen, id, status, info } = tab
  const isFinding = useTerminals((store) => store.finding === id)
  const asked = useTerminals((store) => store.asked)
  useEffect(() => {
    const place = host.current
    if (place === null) return undefined
    screen.mount(place)
    const fit = () => {
      screen.fit()
      void terminals.start(id, screen.size)
    }
    // Once a frame: a window that is dragged has hundreds of sizes.
    let frame = 0
    const observer = new ResizeObserver(() => { cancelAnimationFrame(frame); frame = requestAnimationFrame(fit) })
    observer.observe(place)
    screen.focus()
    return () => {
      observer.disconnect()
      cancelAnimationFrame(frame)
      screen.element.remove()
    }
  }, [screen, id])
  return (
    <div className={styles['pane']}>
      {isFinding && <Find tab={tab} />}
      {info?.kubectl === 'missing' && status.kind === 'open' && <NoKubectl tab={tab} />}
      <div ref={host} className={styles['screen']} role="group" aria-label={`Terminal ${tab.number}`} aria-describedby="terminal-keys" />
      <p id="terminal-keys" className="visually-hidden">Tab goes to the shell. Control, Shift and arrow up leave the terminal to its tabs; arrow down on its tab goes back in.</p>
      <Over status={status} onRestart={() => terminals.restart(id)} />
      {asked?.tab === id && <PasteDialog paste={asked.paste} onClose={() => { useTerminals.setState({ asked: null }); screen.focus() }} onPaste={() => { useTerminals.setState({ asked: null }); asked.go() }} />}
    </div>
  )
}

function Over({ status, onRestart }: { readonly status: TerminalTab['status']; readonly onRestart: () => void }): ReactNode {
  const again = <Button size="small" icon={<RotateCcw size={12} />} onClick={onRestart}>Start a new session</Button>
  switch (status.kind) {
    case 'new': case 'opening': return <p role="status" className={styles['opening']}><Spinner /> Starting your shell…</p>
    case 'open': return null
    case 'ended': return <div className={styles['foot']}><Banner tone="info" isFlat action={again}>This session is over: <Untrusted text={status.reason} />. Its kubeconfig is removed.</Banner></div>
    case 'failed': return <div className={styles['foot']}><Banner tone="danger" isFlat action={again}>No terminal was opened: <Untrusted text={status.message} /></Banner></div>
  }
}

function Find({ tab: { screen } }: { readonly tab: TerminalTab }) {
  const [text, setText] = useState('')
  const [isFound, setFound] = useState(true)
  const find = (what: string, direction: 'next' | 'previous') => setFound(what === '' || screen.find(what, direction))
  const close = () => { screen.endFind(); useTerminals.setState({ finding: null }); screen.focus() }
  return (
    <search className={styles['find']}>
      <SearchField
        label="Find in the terminal" placeholder="Find…" value={text} autoFocus onChange={(event) => { setText(event.target.value); find(event.target.value, 'previous') }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') { event.stopPropagation(); close() }
          if (event.key === 'Enter') find(text, event.shiftKey ? 'next' : 'previous')
        }}
      />
      <span role="status" className={styles['none']}>{isFound ? '' : 'Not found'}</span>
      <IconButton label="Further up" size="small" icon={<ChevronUp size={14} />} onClick={() => find(text, 'previous')} />
      <IconButton label="Further down" size="small" icon={<ChevronDown size={14} />} onClick={() => find(text, 'next')} />
      <IconButton label="Close search" size="small" icon={<X size={14} />} onClick={close} />
    </search>
  )
}
