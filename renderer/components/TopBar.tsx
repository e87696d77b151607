// The top bar: where one is, in which environment, and the way to everything (the palette).
import { Menu as Bars, Search } from 'lucide-react'
import type { ConnectionSummary } from '../../shared/connection.ts'
import { connectionOf, paths } from '../lib/routes.ts'
import { layout, useLayout } from '../stores/layout.ts'
import { IconButton } from '../ui/Button.tsx'
import { Keys } from '../ui/Keys.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import { EnvironmentBadge } from './EnvironmentBadge.tsx'
import styles from './TopBar.module.css'

export function TopBar({ connection, path }: { readonly connection: ConnectionSummary | null; readonly path: string }) {
  const name = connectionOf(path)
  return (
    <header className={styles['bar']}>
      <span className={styles['menu']}><IconButton label="Menu" icon={<Bars size={16} />} onClick={() => useLayout.setState(({ isMenuOpen }) => ({ isMenuOpen: !isMenuOpen }))} /></span>
      <p className={styles['where']}>
        {name !== null && <><span className={styles['parent']}>{path.startsWith(paths.sessions) ? 'Sessions' : 'Connections'}</span><span aria-hidden="true" className={styles['slash']}>/</span><b><Untrusted text={name} /></b></>}
      </p>
      {connection !== null && <EnvironmentBadge labels={connection.labels} />}
      {connection?.database !== undefined && <span className={styles['database']}>database <Untrusted text={connection.database} /></span>}
      <button type="button" className={styles['search']} onClick={layout.openPalette} aria-label="Open the command palette">
        <Search size={14} aria-hidden="true" /><span>Search or run…</span><Keys keys="Mod+K" />
      </button>
    </header>
  )
}
