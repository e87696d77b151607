// Sessions as a table; the whole row leads to the session.
import { useEffect, useState } from 'react'
import type { SessionSummary } from '../../shared/session.ts'
import { duration, fullTime, shortTime } from '../lib/format.ts'
import { paths } from '../lib/routes.ts'
import { visibleText } from '../../shared/visible.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './SessionTable.module.css'

export interface SessionTableProps { readonly sessions: readonly SessionSummary[]; readonly onOpen: (id: string) => void }

export const SessionTable = ({ sessions, onOpen }: SessionTableProps) => (
  <div className={styles['frame']}>
    <table className={styles['table']} aria-label="Sessions">
      <thead><tr><th scope="col">Who</th><th scope="col">Connection</th><th scope="col">Client</th><th scope="col">Opened</th><th scope="col" className={styles['number']}>Lasted</th><th scope="col" className={styles['number']}>Commands</th><th scope="col" className={styles['number']}>Refused</th><th scope="col">State</th></tr></thead>
      <tbody>{sessions.map((session) => <Row key={session.id} session={session} onOpen={() => onOpen(session.id)} />)}</tbody>
    </table>
  </div>
)

export const whoOf = (session: SessionSummary): string => session.principal.email ?? session.principal.id

function Row({ session, onOpen }: { readonly session: SessionSummary; readonly onOpen: () => void }) {
  return (
    // The link in the first cell is the row's keyboard way in.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events jsx-a11y/no-noninteractive-element-interactions
    <tr onClick={onOpen}>
      <td className={styles['who']}><a href={`#${paths.session(session.id)}`} onClick={(event) => event.stopPropagation()} aria-label={`Session of ${visibleText(whoOf(session))} on ${visibleText(session.connection)}`}><Untrusted text={whoOf(session)} /></a>{session.principal.kind !== 'human' && <span className={styles['kind']}>{session.principal.kind}</span>}</td>
      <td><Untrusted text={session.connection} /></td>
      <td className={styles['client']}><span title={visibleText(session.client)}><Untrusted text={session.client.slice(0, 60)} /></span><small>{session.via === 'tunnel' ? 'app tunnel' : 'native'}</small></td>
      <td><time dateTime={session.openedAt} title={fullTime(session.openedAt)}>{shortTime(session.openedAt)}</time></td>
      <td className={styles['number']}>{session.closedAt === null ? <Since time={session.openedAt} /> : duration(Math.max(0, Date.parse(session.closedAt) - Date.parse(session.openedAt)))}</td>
      <td className={styles['number']}>{session.commands}</td>
      <td className={styles['number']}>{session.refusals > 0 ? <span className={styles['refused']}>{session.refusals}</span> : <span className={styles['none']}>–</span>}</td>
      <td><State session={session} /></td>
    </tr>
  )
}

/** An open session's age, kept current. */
function Since({ time }: { readonly time: string }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return duration(Math.max(0, now - Date.parse(time)))
}

const State = ({ session }: { readonly session: SessionSummary }) => (
  session.state === 'open'
    ? <span className={styles['open']}><span aria-hidden="true" />open</span>
    : <span className={styles['closed']} title={session.closeReason === null ? undefined : visibleText(session.closeReason)}>closed</span>
)
