// While a program of the user's runs that cannot say it itself: which of the caller's commands on a connection wait for approval,
// and what became of them, as lines on stderr. The program learns the end by its own protocol.
import type { ApprovalEvent, ApprovalSummary } from '../shared/approval.ts'
import { visibleText } from '../shared/visible.ts'
import { openEventStream } from '../client/events/event-stream.ts'
import type { Account } from '../client/login/account.ts'
import { say } from './output.ts'

export interface HeldNotices { close(): void }

/** Also those of the caller's other programs on that connection: which of them runs a command, nobody tells. */
export function tellHeld(account: Account, connection: string): HeldNotices {
  const waiting = new Set<string>()
  const isOurs = (approval: ApprovalSummary) => approval.permitted.isRequester && approval.connection.name === connection && approval.subject.kind === 'command'

  function tell(approval: ApprovalSummary): void {
    if (approval.state === 'open') {
      if (waiting.has(approval.id)) return
      waiting.add(approval.id)
      say(waitingLine(approval))
    } else if (waiting.delete(approval.id)) say(endLine(approval))
  }

  // What was opened before the stream was live, and is still held.
  async function catchUp(): Promise<void> {
    const { approvals } = await account.call('approvals', { filter: 'mine', limit: 20 })
    for (const approval of approvals) if (isOurs(approval) && (waiting.has(approval.id) || isHeld(approval))) tell(approval)
  }

  const stream = openEventStream({
    account,
    onEvent: ({ kind, approval }: ApprovalEvent) => { if (isOurs(approval) && (waiting.has(approval.id) || kind === 'opened' || kind === 'joined')) tell(approval) },
    // The program is told how its command ends in any case; this is only word of it.
    onFresh: () => { catchUp().catch(() => undefined) },
  })
  return { close: () => stream.close() }
}

const isHeld = ({ state, held }: ApprovalSummary): boolean => state === 'open' && held.some(({ isLive }) => isLive)

export function waitingLine({ id, needs, expiresAt }: Pick<ApprovalSummary, 'id' | 'needs' | 'expiresAt'>): string {
  const by = needs.filter(({ count, have }) => have < count).map(({ groups, users, count, have }) => `${count - have > 1 ? `${count - have} of ` : ''}${[...groups, ...users].map(visibleText).join(' or ')}`)
  return `waiting for approval ${id} by ${by.join(' and ')}, expires ${timeOf(expiresAt)}`
}

export function endLine({ id, state, decisions, closeReason, brokenGlass }: ApprovalSummary): string {
  if (brokenGlass !== null) return `approval ${id}: passed by break-glass`
  const agreed = decisions.filter(({ decision }) => decision === 'approve').map(({ by }) => visibleText(by.email ?? by.id))
  if (state === 'approved' || state === 'used') return `approval ${id}: approved${agreed.length === 0 ? '' : ` by ${agreed.join(', ')}`}`
  return `approval ${id}: ${state}${closeReason === null ? '' : `: ${visibleText(closeReason)}`}`
}

const timeOf = (iso: string): string => new Date(iso).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
