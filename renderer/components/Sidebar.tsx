// The sidebar: where one can go, what is open, and who one is. In a narrow window it is a drawer.
import { ChevronsUpDown, CheckCheck, History, Keyboard, LogOut, Plug, Settings as Gear } from 'lucide-react'
import { useId } from 'react'
import { Link, useLocation } from 'wouter'
import type { ConnectionSummary } from '../../shared/connection.ts'
import { environmentOf } from '../lib/environment.ts'
import { useConnections } from '../lib/queries.ts'
import { paths } from '../lib/routes.ts'
import { useCounts } from '../lib/use-approvals.ts'
import { visibleText } from '../../shared/visible.ts'
import { layout, useLayout } from '../stores/layout.ts'
import { signIn, useLogin } from '../stores/login.ts'
import { Logo } from '../ui/Logo.tsx'
import { Menu } from '../ui/Menu.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import { KindIcon } from './KindIcon.tsx'
import styles from './Sidebar.module.css'

const places = [
  { path: paths.connections, label: 'Connections', icon: <Plug size={16} aria-hidden="true" />, isHere: (path: string) => path === paths.connections || path === '/' },
  { path: paths.approvals, label: 'Approvals', icon: <CheckCheck size={16} aria-hidden="true" />, isHere: (path: string) => path.startsWith(paths.approvals) },
  { path: paths.sessions, label: 'Sessions', icon: <History size={16} aria-hidden="true" />, isHere: (path: string) => path.startsWith(paths.sessions) },
  { path: paths.settings, label: 'Settings', icon: <Gear size={16} aria-hidden="true" />, isHere: (path: string) => path === paths.settings },
] as const

/** More would push the rest out of sight; the connections page and the palette have them all. */
const connectionsShownMax = 12

export function Sidebar() {
  const [path] = useLocation()
  const isOpen = useLayout((store) => store.isMenuOpen)
  const connections = useConnections().data ?? []
  return (
    <nav className={styles['sidebar']} aria-label="Main" data-open={isOpen || undefined}>
      <div className={styles['brand']}><Logo size={22} /><span>Gatehouse</span></div>
      <ul className={styles['list']}>
        {places.map(({ path: to, label, icon, isHere }) => (
          <li key={to}><Link href={to} className={styles['item']} aria-current={isHere(path) ? 'page' : undefined}>{icon}<span className={styles['name']}>{label}</span>{to === paths.approvals && <Waiting />}</Link></li>
        ))}
      </ul>
      <Places title="Databases" path={path} connections={connections.filter(({ kind }) => kind === 'postgres')} />
      <Places title="Clusters" path={path} connections={connections.filter(({ kind }) => kind === 'kubernetes')} />
      <Identity />
    </nav>
  )
}

function Places({ title, path, connections }: { readonly title: string; readonly path: string; readonly connections: readonly ConnectionSummary[] }) {
  const id = useId()
  if (connections.length === 0) return null
  return (
    <>
      <h2 className={styles['heading']} id={id}>{title}</h2>
      <ul className={styles['list']} aria-labelledby={id}>
        {connections.slice(0, connectionsShownMax).map((connection) => (
          <li key={connection.name}>
            <Link href={paths.sql(connection.name)} className={styles['item']} aria-current={path === paths.sql(connection.name) ? 'page' : undefined}>
              <KindIcon kind={connection.kind} /><span className={styles['name']}><Untrusted text={connection.name} /></span>
              <span className={styles['tone']} data-tone={environmentOf(connection.labels).tone} title={environmentOf(connection.labels).name ?? undefined} />
            </Link>
          </li>
        ))}
      </ul>
    </>
  )
}

function Waiting() {
  const { open, reviews } = useCounts()
  const count = open + reviews
  return count === 0 ? null : <span className={styles['count']} aria-label={`${count} waiting`}>{count > 99 ? '99+' : count}</span>
}

function Identity() {
  const principal = useLogin((login) => login.principal)
  const gateway = useLogin((login) => login.state?.gateway ?? '')
  const [, navigate] = useLocation()
  if (principal === null) return null
  const who = principal.email ?? principal.id
  return (
    <div className={styles['foot']}>
      <Menu
        side="top"
        trigger={(
          <button type="button" className={styles['identity']} aria-label={`Account of ${visibleText(who)}`}>
            <span className={styles['initial']} aria-hidden="true">{who.charAt(0).toUpperCase()}</span>
            <span className={styles['who']}><b><Untrusted text={who} /></b><small><Untrusted text={principal.groups.join(', ') || 'no groups'} /></small></span>
            <ChevronsUpDown size={14} aria-hidden="true" />
          </button>
        )}
        entries={[
          { kind: 'note', content: <><b><Untrusted text={who} /></b><br />by <Untrusted text={principal.provider} /> at <Untrusted text={gateway} /><br />Groups: <Untrusted text={principal.groups.join(', ') || 'none'} /></> },
          { kind: 'separator' },
          { kind: 'item', label: 'Settings', icon: <Gear size={14} />, keys: 'Mod+,', onSelect: () => navigate(paths.settings) },
          { kind: 'item', label: 'Keyboard shortcuts', icon: <Keyboard size={14} />, keys: '?', onSelect: layout.openShortcuts },
          { kind: 'separator' },
          { kind: 'item', label: 'Sign out', icon: <LogOut size={14} />, onSelect: () => void signIn.out() },
        ]}
      />
    </div>
  )
}
