// How an approval stands, and how long it stays so.
import { memo } from 'react'
import type { ApprovalSummary } from '../../shared/approval.ts'
import { standingOf, timeLeft } from '../lib/approvals.ts'
import { fullTime } from '../lib/format.ts'
import { useNow } from '../lib/use-now.ts'
import { classes } from '../ui/classes.ts'
import styles from './Standing.module.css'

export function Standing({ approval }: { readonly approval: ApprovalSummary }) {
  const now = useNow()
  const { word, tone } = standingOf(approval, now)
  const isCounting = (word === 'open' || word === 'approved')
  return (
    <span className={classes(styles['pill'], styles[tone])}>
      {word}{isCounting && <Countdown until={approval.expiresAt} />}
    </span>
  )
}

/** The last two minutes are said louder. */
const soonMs = 120_000

export function Countdown({ until }: { readonly until: string }) {
  const left = Date.parse(until) - useNow()
  return <time className={classes(styles['left'], left < soonMs && styles['soon'])} dateTime={until} title={`until ${fullTime(until)}`} aria-label={`expires in ${timeLeft(left)}`}>{timeLeft(left)}</time>
}

const levels = { low: 'low risk', medium: 'medium risk', high: 'high risk' } as const

export const RiskBadge = memo(({ level }: { readonly level: ApprovalSummary['riskLevel'] }) => <span className={classes(styles['risk'], styles[level])}>{levels[level]}</span>)
