// One approval, with everything one needs to decide it. What is decided is what is shown: the exact statement, whole, nothing of it hidden.
import { ArrowLeft } from 'lucide-react'
import { useEffect } from 'react'
import { Link, useLocation } from 'wouter'
import type { ApprovalWhole } from '../../shared/approval.ts'
import { ApprovalActions } from '../components/ApprovalActions.tsx'
import { ApprovalFacts } from '../components/ApprovalFacts.tsx'
import { EnvironmentBadge } from '../components/EnvironmentBadge.tsx'
import { ExactText } from '../components/ExactText.tsx'
import { KubernetesAsked } from '../components/KubernetesAsked.tsx'
import { SqlText } from '../components/SqlText.tsx'
import { Standing } from '../components/Standing.tsx'
import { askedFor, nameOf } from '../lib/approvals.ts'
import { call } from '../lib/current-desktop.ts'
import { environmentOf } from '../lib/environment.ts'
import { failureOf, failureTitle } from '../lib/failure.ts'
import { count, fullTime, plural } from '../lib/format.ts'
import { useApproval } from '../lib/queries.ts'
import { paths } from '../lib/routes.ts'
import { useList } from '../lib/use-approvals.ts'
import { usePageKeys } from '../lib/use-page-keys.ts'
import { dismissNewsOf } from '../stores/news.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Empty } from '../ui/Empty.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import { classes } from '../ui/classes.ts'
import own from './Approval.module.css'
import styles from './Page.module.css'

export function Approval({ id }: { readonly id: string }) {
  const approval = useApproval(id)
  useNeighbours(id)
  useEffect(() => dismissNewsOf(id), [id])
  if (approval.error !== null) {
    const failure = failureOf(approval.error)
    return <div className={styles['page']} role="alert"><Empty title={failure.code === 'approval_unknown' ? 'No such approval' : failureTitle(failure)} action={<Button look="primary" onClick={() => void approval.refetch()}>Try again</Button>}><p><Untrusted text={failure.message} /></p></Empty></div>
  }
  return approval.data === undefined ? <p role="status" className={own['wait']}>Asking the gateway…</p> : <Whole approval={approval.data} />
}

/** j and k go along what is to be decided; u goes back to it. */
function useNeighbours(id: string): void {
  const [, navigate] = useLocation()
  const open = useList('open')
  usePageKeys((event) => {
    const at = open.findIndex((each) => each.id === id)
    const to = event.key === 'j' ? open[at + 1] : event.key === 'k' ? open[at - 1] : undefined
    if (to !== undefined) navigate(paths.approval(to.id))
    else if (event.key === 'u' || event.key === 'Escape') navigate(paths.approvals)
  })
}

function Whole({ approval }: { readonly approval: ApprovalWhole }) {
  const { id, requester, connection, permitted, subject } = approval
  const isDecider = permitted.decide === null
  // The requester sees that somebody looked: when it is on the screen, not when it is listed.
  useEffect(() => { if (isDecider) void call('approvals.view', { id }).catch(() => undefined) }, [id, isDecider])
  return (
    <article className={classes(styles['page'], own['page'])} aria-label="Approval">
      <header className={own['head']} data-tone={environmentOf(connection.labels).tone}>
        <Link href={paths.approvals} className={own['back']}><ArrowLeft size={14} aria-hidden="true" />Approvals</Link>
        <div className={own['title']}>
          <h1><Untrusted text={nameOf(requester)} /> asks {subject.kind === 'grant' ? 'for access to' : 'to run this on'} <Untrusted text={connection.name} /></h1>
          <EnvironmentBadge labels={connection.labels} /><Standing approval={approval} />
        </div>
        <p className={own['sub']}><time dateTime={approval.createdAt}>{fullTime(approval.createdAt)}</time>{connection.database !== undefined && <> · database <Untrusted text={connection.database} /></>} · <code><Untrusted text={id} /></code></p>
      </header>
      <div className={own['columns']}>
        <div className={own['main']}>
          <section className={own['purpose']} aria-label="What it is for">{approval.purpose === null ? <p className={own['quiet']}>No reason was given.</p> : <p><Untrusted text={approval.purpose} as="block" /></p>}</section>
          <Asked approval={approval} />
        </div>
        <ApprovalFacts approval={approval} />
      </div>
      <ApprovalActions approval={approval} />
    </article>
  )
}

function Asked({ approval }: { readonly approval: ApprovalWhole }) {
  const { exact, sealed, subject } = approval
  const isSql = approval.connection.kind === 'postgres'
  if (subject.kind === 'grant') return <section aria-label="Access"><h2 className={own['label']}>Access</h2><p className={own['access']}><Untrusted text={askedFor(approval)} /></p><p className={own['quiet']}>It answers for {isSql ? 'statements' : 'requests'} of this sort that would need approval; what is denied stays denied.</p></section>
  if (exact === null) return <section><Banner tone="warn">The exact {isSql ? 'statement' : 'request'} cannot be shown: <Untrusted text={sealed ?? 'no reason was given'} />. As it is recorded:</Banner>{isSql ? <SqlText text={subject.recorded} label="Statement as recorded" /> : <ExactText text={subject.recorded} label="Request as recorded" />}</section>
  if (!isSql) return <KubernetesAsked exact={exact} />
  return (
    <>
      <section aria-label="Statement">
        <h2 className={own['label']}>Statement <span>{plural(exact.text.split(/\r\n|\r|\n/).length, 'line')}, {count(exact.text.length)} characters, all shown</span></h2>
        <SqlText text={exact.text} label="SQL" />
      </section>
      {exact.parameters.length > 0 && (
        <section aria-label="Parameters">
          <h2 className={own['label']}>Parameters</h2>
          <dl className={own['parameters']}>{exact.parameters.map((value, at) => <div key={at}><dt>${at + 1}</dt><dd>{value === null ? <i>NULL</i> : <Untrusted text={value} as="block" />}</dd></div>)}</dl>
        </section>
      )}
    </>
  )
}
