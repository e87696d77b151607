// Beside the statement: who asks, by which rule, whom it needs, how risky and why, what happened so far, and what was decided of its like.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { ApprovalWhole, PullAgreed } from '../../shared/approval.ts'
import { decidersOf, nameOf, pullName, timeAgo } from '../lib/approvals.ts'
import { call } from '../lib/current-desktop.ts'
import { about, fullTime } from '../lib/format.ts'
import { useAppInfo } from '../lib/queries.ts'
import { bareReason } from '../lib/refusal.ts'
import { paths } from '../lib/routes.ts'
import { useNow } from '../lib/use-now.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './ApprovalFacts.module.css'
import { RiskBadge } from './Standing.tsx'

export function ApprovalFacts({ approval }: { readonly approval: ApprovalWhole }) {
  const { exact, needs, rule, reason, similar } = approval
  return (
    <aside className={styles['facts']} aria-label="Facts">
      <Part title="Risk"><RiskBadge level={approval.riskLevel} />{exact !== null && <Risk risk={exact.risk} isSql={approval.connection.kind === 'postgres'} />}</Part>
      <Part title="Asked by"><Requester approval={approval} /></Part>
      <Part title="Needs">
        <ul>{needs.map((need, at) => <li key={at} className={styles['need']} data-met={need.have >= need.count || undefined}><span><Untrusted text={decidersOf(need)} />{need.github !== undefined && <span className={styles['quiet']}>, or a merged pull request of <Untrusted text={`${need.github.repository}, ${need.github.path}`} /></span>}</span><b>{need.have} of {need.count}</b></li>)}</ul>
      </Part>
      {approval.pull !== undefined && <Part title="Agreed by"><Pull id={approval.id} pull={approval.pull} /></Part>}
      <Part title="Because"><p><Untrusted text={bareReason(reason)} /></p>{rule !== null && <p className={styles['quiet']}>rule <code><Untrusted text={rule.rule} /></code>, policy <code><Untrusted text={rule.policy} /></code></p>}</Part>
      <Part title="History"><History approval={approval} /></Part>
      {similar.length > 0 && <Part title="Similar, lately"><Similar similar={similar} /></Part>}
    </aside>
  )
}

const Part = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => <section><h2>{title}</h2>{children}</section>

function Risk({ risk, isSql }: { readonly risk: NonNullable<ApprovalWhole['exact']>['risk']; readonly isSql: boolean }) {
  const { reasons, relations, maskedColumns, estimatedRows, locks } = risk
  return (
    <>
      <ul className={styles['reasons']}>{reasons.map((reason) => <li key={reason}><Untrusted text={reason} /></li>)}</ul>
      <dl className={styles['list']}>
        <dt>{isSql ? 'Tables' : 'Does'}</dt><dd>{relations.length === 0 ? 'none' : relations.map((relation) => <code key={relation}><Untrusted text={relation} /></code>)}</dd>
        {isSql && <><dt>Rows</dt><dd>{estimatedRows === null ? 'not known' : `about ${about(estimatedRows)}, by the planner`}</dd></>}
        {maskedColumns.length > 0 && <><dt>Masked</dt><dd>{maskedColumns.map((column) => <code key={column}><Untrusted text={column} /></code>)}</dd></>}
        {locks !== null && <><dt>Holds</dt><dd>{locks.length === 0 ? 'an open transaction, no locks' : locks.map((lock) => <code key={lock}><Untrusted text={lock} /></code>)}</dd></>}
      </dl>
    </>
  )
}

const kinds = { human: 'a person', ci: 'a CI job', agent: 'an agent' } as const

function Requester({ approval }: { readonly approval: ApprovalWhole }) {
  const { requester, held } = approval
  return (
    <>
      <p><b><Untrusted text={nameOf(requester)} /></b>, {kinds[requester.kind]}</p>
      {requester.delegator !== null && <p>on behalf of <b><Untrusted text={requester.delegator} /></b></p>}
      {requester.kind === 'agent' && requester.delegator === null && <p className={styles['warn']}>Its token does not say for whom.</p>}
      {requester.run !== null && <Run id={approval.id} run={requester.run} />}
      {requester.email !== null && <p className={styles['quiet']}><Untrusted text={requester.id} /></p>}
      {held.length > 0 && <p className={styles['quiet']}>{held.some(({ isLive }) => isLive) ? 'Waits in an open session.' : 'The session that waited is gone; running it again joins this approval.'}</p>}
    </>
  )
}

function Run({ id, run }: { readonly id: string; readonly run: NonNullable<ApprovalWhole['requester']['run']> }) {
  return (
    <>
      <p>Repository <code><Untrusted text={run.repository} /></code></p>
      <WebPage id={id} page="run" url={run.url} />
    </>
  )
}

/** In the place of deciders: what was merged, who wrote it, and who reviewed the very commit. */
function Pull({ id, pull }: { readonly id: string; readonly pull: PullAgreed }) {
  const now = useNow()
  return (
    <>
      <p>Pull request <b><Untrusted text={pullName(pull)} /></b> of <Untrusted text={pull.author} /></p>
      <p>reviewed by <b><Untrusted text={pull.reviewers.map(({ login }) => login).join(', ')} /></b></p>
      <p className={styles['quiet']}>commit <code><Untrusted text={pull.commit.slice(0, 12)} /></code>, merged <time dateTime={pull.mergedAt} title={fullTime(pull.mergedAt)}>{timeAgo(now - Date.parse(pull.mergedAt))}</time></p>
      <WebPage id={id} page="pull" url={pull.url} />
    </>
  )
}

function WebPage({ id, page, url }: { readonly id: string; readonly page: 'run' | 'pull'; readonly url: string | null }) {
  const isWindow = useAppInfo().data?.host === 'electron'
  if (url === null || !URL.canParse(url) || new URL(url).protocol !== 'https:') return null
  // A window of ours opens no pages: its host does, where the gateway names the page (approvals.openRun).
  const open = (event: { preventDefault(): void }) => {
    if (!isWindow) return
    event.preventDefault()
    void call('approvals.openRun', { id, page })
  }
  return <p><a href={url} target="_blank" rel="noopener noreferrer" onClick={open}><Untrusted text={url} /></a></p>
}

interface Happened { readonly at: string; readonly what: ReactNode; readonly note: string | null }

function History({ approval }: { readonly approval: ApprovalWhole }) {
  const now = useNow()
  const { requester, createdAt, viewers, decisions, brokenGlass, closedAt, closeReason, state, pull } = approval
  const named = (by: { readonly id: string; readonly email: string | null }, did: string) => <><b><Untrusted text={nameOf(by)} /></b> {did}</>
  const all: readonly Happened[] = [
    { at: createdAt, what: named(requester, 'asked'), note: null },
    ...viewers.map(({ by, at }) => ({ at, what: named(by, 'looked'), note: null })),
    ...decisions.map(({ by, at, decision, reason }) => ({ at, what: named(by, decision === 'approve' ? 'approved' : 'denied'), note: reason })),
    ...(pull === undefined ? [] : [{ at: pull.mergedAt, what: <>Pull request <b><Untrusted text={pullName(pull)} /></b> of <Untrusted text={pull.author} /> was merged</>, note: `reviewed by ${pull.reviewers.map(({ login }) => login).join(', ')}` }]),
    ...(brokenGlass === null ? [] : [{ at: brokenGlass.at, what: named(requester, `broke the glass (${brokenGlass.incident})`), note: brokenGlass.reason }]),
    ...(brokenGlass?.review == null ? [] : [{ at: brokenGlass.review.at, what: named(brokenGlass.review.by, 'reviewed it'), note: brokenGlass.review.note }]),
    ...(closedAt !== null && (state === 'withdrawn' || state === 'expired' || state === 'used') ? [{ at: closedAt, what: state === 'used' ? 'It was used' : `It is ${state}`, note: closeReason }] : []),
  ].toSorted((one, other) => one.at.localeCompare(other.at))
  return (
    <ol className={styles['history']}>
      {all.map(({ at, what, note }, place) => <li key={place}><p>{what} <time dateTime={at} title={fullTime(at)}>{timeAgo(now - Date.parse(at))}</time></p>{note !== null && <p className={styles['note']}><Untrusted text={note} as="block" /></p>}</li>)}
    </ol>
  )
}

function Similar({ similar }: { readonly similar: ApprovalWhole['similar'] }) {
  const now = useNow()
  return <ul>{similar.map(({ id, state, requester, createdAt }) => <li key={id} className={styles['need']}><Link href={paths.approval(id)}><Untrusted text={nameOf(requester)} /></Link><span className={styles['quiet']}>{state === 'used' ? 'approved' : state}, {timeAgo(now - Date.parse(createdAt))}</span></li>)}</ul>
}
