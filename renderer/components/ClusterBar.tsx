// Which namespace, as who, and that it is recorded: above the terminal, where no program in it can write, in the environment's colour
// (its name stands in the top bar, right above). The namespace is that of the tab in view, and changed here.
import { Circle, KeyRound, UserRound } from 'lucide-react'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { TerminalInfo } from '../../shared/ipc.ts'
import { classOf } from '../lib/approvals.ts'
import { environmentOf } from '../lib/environment.ts'
import { useGrants } from '../lib/queries.ts'
import { useNow } from '../lib/use-now.ts'
import { useLogin } from '../stores/login.ts'
import { Tip } from '../ui/Tip.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './ClusterBar.module.css'
import { KindIcon } from './KindIcon.tsx'
import { NamespacePicker } from './NamespacePicker.tsx'
import { Countdown } from './Standing.tsx'
import { TerminalReason } from './TerminalReason.tsx'

export interface ClusterBarProps {
  readonly connection: ConnectionSummary
  readonly namespace: NamespaceChoice
  /** The terminal in view, while it has a session. */
  readonly terminal: TerminalInfo | null
}

export interface NamespaceChoice {
  /** Null: all of them, or (`isUnknown`) nobody can tell. */
  readonly value: string | null
  readonly isUnknown?: boolean
  readonly canBeAll: boolean
  readonly onPick: (namespace: string | null) => void
  /** Why it cannot be changed now. */
  readonly disabledReason: string | null
}

export function ClusterBar({ connection, namespace, terminal }: ClusterBarProps) {
  const principal = useLogin((login) => login.principal)
  return (
    <section className={styles['bar']} data-tone={environmentOf(connection.labels).tone} aria-label="Cluster">
      <span className={styles['where']}><KindIcon kind={connection.kind} size={14} /><b><Untrusted text={connection.name} /></b></span>
      <NamespacePicker connection={connection.name} choice={namespace} />
      {terminal !== null && <TerminalReason key={terminal.terminal} terminal={terminal} />}
      <span className={styles['end']}>
        <Access connection={connection.name} />
        <span className={styles['who']} title={principal?.id}><UserRound size={13} aria-hidden="true" /><span className="visually-hidden">You are </span><span><Untrusted text={principal?.email ?? principal?.id ?? 'nobody'} /></span></span>
        <Tip text="What goes to the cluster is recorded by the gateway: each request, and exec and attach as a terminal. What else you run in this shell is not.">
          <button type="button" className={styles['rec']}><Circle size={8} fill="currentColor" aria-hidden="true" />REC<span className="visually-hidden">: requests to the cluster are recorded</span></button>
        </Tip>
      </span>
    </section>
  )
}

/** Access that was opened for a while: what ends first, first. */
function Access({ connection }: { readonly connection: string }) {
  const grants = useGrants()
  const principal = useLogin((login) => login.principal?.id)
  const now = useNow()
  const [first, ...rest] = (grants.data ?? [])
    .filter((grant) => grant.connection === connection && grant.principal.id === principal && grant.state === 'active' && Date.parse(grant.expiresAt) > now)
    .toSorted((one, other) => one.expiresAt.localeCompare(other.expiresAt))
  if (first === undefined) return null
  const what = classOf(first)
  return (
    <span className={styles['grant']} title={what}>
      <KeyRound size={13} aria-hidden="true" /><span className={styles['what']}><Untrusted text={what} /></span><Countdown until={first.expiresAt} />{rest.length > 0 && <span>+{rest.length}</span>}
    </span>
  )
}
