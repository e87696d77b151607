// The connections this principal has any rule on: found by typing, opened by Enter.
import { Plug, RefreshCw, SquareTerminal } from 'lucide-react'
import { useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useLocation } from 'wouter'
import type { ConnectionSummary } from '../../shared/connection.ts'
import { ConnectionCard } from '../components/ConnectionCard.tsx'
import { PsqlDialog } from '../components/PsqlDialog.tsx'
import { failureOf, failureTitle } from '../lib/failure.ts'
import { plural } from '../lib/format.ts'
import { useConnections } from '../lib/queries.ts'
import { paths } from '../lib/routes.ts'
import { useLogin } from '../stores/login.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import { Empty } from '../ui/Empty.tsx'
import { SearchField } from '../ui/Field.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './Page.module.css'

const matches = (connection: ConnectionSummary, needle: string): boolean =>
  [connection.name, connection.kind, connection.database ?? '', ...Object.entries(connection.labels).map(([key, value]) => `${key}=${value}`)]
    .some((text) => text.toLowerCase().includes(needle))

export function Connections() {
  const connections = useConnections()
  const [filter, setFilter] = useState('')
  const [psql, setPsql] = useState<string | null>(null)
  const [, navigate] = useLocation()
  const list = useRef<HTMLUListElement>(null)
  const shown = useMemo(() => (connections.data ?? []).filter((each) => matches(each, filter.trim().toLowerCase())), [connections.data, filter])
  const open = (name: string) => navigate(paths.sql(name))

  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    const cards = [...(list.current?.querySelectorAll<HTMLElement>('[data-card]') ?? [])]
    const at = cards.indexOf(document.activeElement as HTMLElement)
    event.preventDefault()
    cards[Math.max(0, Math.min(cards.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1)))]?.focus()
  }

  return (
    <section className={styles['page']} aria-label="Connections">
      <header className={styles['head']}>
        <div>
          <h1>Connections</h1>
          <p className={styles['lead']}>{connections.data === undefined ? 'What you may reach through this gateway.' : `${plural(connections.data.length, 'connection')} you may reach through this gateway.`}</p>
        </div>
        <div className={styles['tools']}>
          <SearchField label="Search connections" value={filter} onChange={(event) => setFilter(event.target.value)} autoFocus
            onKeyDown={(event) => { if (event.key === 'Enter' && shown[0] !== undefined) open(shown[0].name); keys(event) }} />
          <IconButton label="Reload connections" icon={<RefreshCw size={16} />} onClick={() => void connections.refetch()} />
        </div>
      </header>
      {connections.isPending && <p role="status" className={styles['quiet']}>Asking the gateway…</p>}
      {connections.error !== null && <Failed error={connections.error} onRetry={() => void connections.refetch()} />}
      {connections.data?.length === 0 && <NoConnections />}
      {connections.data !== undefined && connections.data.length > 0 && shown.length === 0 && <Empty title="Nothing matches" action={<Button onClick={() => setFilter('')}>Clear the search</Button>}><p>No connection has “<Untrusted text={filter} />” in its name, kind, database or labels.</p></Empty>}
      <ul ref={list} className={styles['cards']} aria-label="Connections">
        {shown.map((connection) => <ConnectionCard key={connection.name} connection={connection} onKeys={keys} onOpen={() => open(connection.name)} onPsql={() => setPsql(connection.name)} />)}
      </ul>
      {psql !== null && <PsqlDialog connection={psql} onClose={() => setPsql(null)} />}
    </section>
  )
}

function Failed({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const failure = failureOf(error)
  return <div role="alert"><Empty icon={<Plug size={20} />} title={failureTitle(failure)} action={<Button look="primary" onClick={onRetry}>Try again</Button>}><p><Untrusted text={failure.message} /></p></Empty></div>
}

function NoConnections() {
  const principal = useLogin((login) => login.principal)
  return (
    <Empty icon={<SquareTerminal size={20} />} title="No connections for you yet">
      <p>A connection is listed once any policy rule matches you. You are <b><Untrusted text={principal?.email ?? principal?.id ?? 'unknown'} /></b>, in {principal === null || principal.groups.length === 0 ? 'no group' : <>the groups <b><Untrusted text={principal.groups.join(', ')} /></b></>}.</p>
      <p>Ask the owner of the gateway’s policies for a rule, or sign in as someone else.</p>
    </Empty>
  )
}
