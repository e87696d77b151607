// The frame of every signed-in page: sidebar, top bar with the environment of the open connection, banners, palette, shortcut sheet.
import { useEffect, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import { environmentOf } from '../lib/environment.ts'
import { isMac, isMod } from '../lib/platform.ts'
import { useConnection } from '../lib/queries.ts'
import { connectionOf, paths } from '../lib/routes.ts'
import { isTyping } from '../lib/use-page-keys.ts'
import { useHost } from '../stores/host.ts'
import { layout, useLayout } from '../stores/layout.ts'
import { signIn, useLogin } from '../stores/login.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { ErrorBoundary } from '../ui/ErrorBoundary.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import { CommandPalette } from './CommandPalette.tsx'
import { NewsStack } from './NewsStack.tsx'
import styles from './Shell.module.css'
import { ShortcutSheet } from './ShortcutSheet.tsx'
import { Sidebar } from './Sidebar.tsx'
import { TopBar } from './TopBar.tsx'

export function Shell({ children }: { readonly children: ReactNode }) {
  const [path] = useLocation()
  const connection = useConnection(connectionOf(path))
  const isMenuOpen = useLayout((store) => store.isMenuOpen)
  useShellKeys()
  useEffect(() => { layout.closeDrawers() }, [path])
  const { tone } = environmentOf(connection?.labels ?? {})
  return (
    <div className={styles['shell']} data-tone={path.startsWith('/connections/') ? tone : 'plain'}>
      <a href="#main" className={styles['skip']} onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus() }}>Skip to the page</a>
      {isMenuOpen && <button type="button" className={styles['scrim']} aria-label="Close the menu" onClick={layout.closeDrawers} />}
      <Sidebar />
      <div className={styles['side']}>
        <TopBar connection={connection} path={path} />
        <Links />
        <main id="main" tabIndex={-1} className={styles['main']}><ErrorBoundary key={path}>{children}</ErrorBoundary></main>
      </div>
      <NewsStack />
      <CommandPalette />
      <ShortcutSheet />
    </div>
  )
}

/** What is wrong between here and the gateway. */
function Links() {
  const state = useLogin((login) => login.state)
  const link = useHost((host) => host.link)
  if (link.kind === 'lost') return <Banner tone="danger" isFlat action={<Button size="small" onClick={() => location.reload()}>Reload</Button>}>{link.message}</Banner>
  if (link.kind === 'relinking') return <Banner tone="warn" isFlat>The link to Gatehouse on this computer broke off; linking again…</Banner>
  if (state?.kind !== 'unreachable') return null
  return <Banner tone="danger" isFlat action={<Button size="small" onClick={() => void signIn.point(state.gateway)}>Try again now</Button>}>The gateway does not answer: <Untrusted text={state.message} /> Your queries are kept.</Banner>
}

const isInTerminal = (target: EventTarget | null): boolean => target instanceof Element && target.closest('.xterm') !== null

function useShellKeys(): void {
  const [, navigate] = useLocation()
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isMod(event) && event.key.toLowerCase() === 'k' && (isMac || event.shiftKey || !isInTerminal(event.target))) { event.preventDefault(); return layout.openPalette() }
      if (isMod(event) && event.key === ',') { event.preventDefault(); return navigate(paths.settings) }
      if (event.key === '?' && !isTyping(event.target)) { event.preventDefault(); layout.openShortcuts() }
    }
    // Before Monaco, which has a chord on Ctrl+K. In a terminal Ctrl+K is the shell's (delete to the end of the line): there it takes Shift.
    window.addEventListener('keydown', onKey, { capture: true })
    return () => window.removeEventListener('keydown', onKey, { capture: true })
  }, [navigate])
}
