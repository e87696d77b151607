// One approval in the inbox: what, who, where, how risky, how long. The statement as it is recorded; the exact one is on its page.
import { Link } from 'wouter'
import type { ApprovalSummary } from '../../shared/approval.ts'
import { visibleText } from '../../shared/visible.ts'
import { askedFor, decidersOf, nameOf, pullName, timeAgo } from '../lib/approvals.ts'
import { fullTime } from '../lib/format.ts'
import { paths } from '../lib/routes.ts'
import { useNow } from '../lib/use-now.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './ApprovalRow.module.css'
import { EnvironmentBadge } from './EnvironmentBadge.tsx'
import { RiskBadge, Standing } from './Standing.tsx'

const kinds = { human: null, ci: 'CI', agent: 'agent' } as const

export function ApprovalRow({ approval }: { readonly approval: ApprovalSummary }) {
  const now = useNow()
  const { requester, connection, purpose, riskLevel, needs, createdAt, subject } = approval
  const kind = kinds[requester.kind]
  return (
    <li className={styles['row']} data-risk={riskLevel}>
      <div className={styles['text']}>
        <Link href={paths.approval(approval.id)} className={styles['what']} data-row aria-label={`${visibleText(askedFor(approval))}, by ${visibleText(nameOf(requester))} on ${visibleText(connection.name)}`}>
          {subject.kind === 'grant' && <span className={styles['grant']}>Access</span>}<Untrusted text={askedFor(approval)} />
        </Link>
        <p className={styles['sub']}>
          <b><Untrusted text={nameOf(requester)} /></b>{kind !== null && <span className={styles['kind']}>{kind}</span>}
          <span>on <Untrusted text={connection.name} /></span><EnvironmentBadge labels={connection.labels} />
          <time dateTime={createdAt} title={fullTime(createdAt)}>{timeAgo(now - Date.parse(createdAt))}</time>
          {approval.pull !== undefined && <span>agreed by <Untrusted text={pullName(approval.pull)} /></span>}
          {approval.permitted.isRequester && approval.pull === undefined && <span>asks <Untrusted text={needs.map(decidersOf).join(', and ')} /></span>}
        </p>
        {purpose !== null && <p className={styles['purpose']}><Untrusted text={purpose} /></p>}
      </div>
      <div className={styles['end']}><Standing approval={approval} /><RiskBadge level={riskLevel} /></div>
    </li>
  )
}
