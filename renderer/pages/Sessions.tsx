// Sessions, newest first: one's own, or everyone's for a reviewer.
import { History, RefreshCw } from 'lucide-react'
import { useLocation } from 'wouter'
import { SessionTable } from '../components/SessionTable.tsx'
import { failureOf, failureTitle } from '../lib/failure.ts'
import { useConnections, useSessions } from '../lib/queries.ts'
import { paths } from '../lib/routes.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import { Empty } from '../ui/Empty.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './Page.module.css'
import own from './Sessions.module.css'

export function Sessions({ connection }: { readonly connection: string | null }) {
  const sessions = useSessions(connection)
  const connections = useConnections()
  const [, navigate] = useLocation()
  const rows = sessions.data?.pages.flatMap((page) => page.sessions) ?? []
  const names = new Set([...(connections.data ?? []).map(({ name }) => name), ...(connection === null ? [] : [connection])])
  return (
    <div className={styles['page']}>
      <header className={styles['head']}>
        <div>
          <h1>Sessions</h1>
          <p className={styles['lead']}>Every command and what came of it, recorded masked and chained.</p>
        </div>
        <div className={own['tools']}>
          <label className={own['filter']}>
            <span>Connection</span>
            <select value={connection ?? ''} onChange={(event) => navigate(event.target.value === '' ? paths.sessions : paths.sessionsOf(event.target.value))}>
              <option value="">All</option>
              {[...names].map((name) => <option key={name} value={name}>{name}</option>)}
            </select>
          </label>
          <IconButton label="Reload sessions" icon={<RefreshCw size={16} />} onClick={() => void sessions.refetch()} />
        </div>
      </header>
      {sessions.isPending && <p role="status" className={styles['quiet']}>Asking the gateway…</p>}
      {sessions.error !== null && <Failed error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {sessions.data !== undefined && rows.length === 0 && (
        <Empty icon={<History size={20} />} title="No sessions yet" action={<Button look="primary" onClick={() => navigate(paths.connections)}>Open a connection</Button>}>
          <p>{connection === null ? 'Run a statement and its session appears here.' : <>Nobody you may see has used <b><Untrusted text={connection} /></b> yet.</>}</p>
        </Empty>
      )}
      {rows.length > 0 && <SessionTable sessions={rows} onOpen={(id) => navigate(paths.session(id))} />}
      {sessions.hasNextPage && <div className={styles['more']}><Button onClick={() => void sessions.fetchNextPage()}>{sessions.isFetchingNextPage ? 'Loading…' : 'Show older sessions'}</Button></div>}
    </div>
  )
}

function Failed({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const failure = failureOf(error)
  return <div role="alert"><Empty title={failureTitle(failure)} action={<Button look="primary" onClick={onRetry}>Try again</Button>}><p><Untrusted text={failure.message} /></p></Empty></div>
}
