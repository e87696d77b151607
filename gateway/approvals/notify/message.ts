// What a notification says: who, what, where, how risky, and a link to the app, where the whole of it is shown and decided. Never
// the exact text, whose literals and parameters are for approvers alone; nothing is decided from outside. Pure.
import type { ApprovalEventKind, Person } from '../../../shared/approval.ts'
import { visibleText } from '../../../shared/visible.ts'
import type { EventRow } from '../../store/approval-events.ts'
import type { ApprovalRecord } from '../../store/approvals.ts'
import type { NotifyTarget } from './target.ts'

export interface Notified { readonly id: string; readonly event: EventRow; readonly record: ApprovalRecord }

/** The request's body. */
export function bodyFor({ kind, link }: Pick<NotifyTarget, 'kind' | 'link'>, notified: Notified): string {
  const url = link.replaceAll('{id}', encodeURIComponent(notified.record.id))
  return JSON.stringify(kind === 'slack' ? slackMessage(notified, url) : webhookMessage(notified, url))
}

function webhookMessage({ id, event, record }: Notified, url: string) {
  const { asked } = record
  return {
    id, type: `approval.${event.kind}`, at: event.at, by: event.by,
    approval: {
      id: record.id, state: record.state, url, what: whatOf(record), requester: personOf(asked.requester), connection: asked.connection.name, labels: asked.connection.labels,
      risk: asked.riskLevel, reason: visibleText(asked.reason), purpose: record.purpose === null ? null : visibleText(record.purpose),
      asks: [asked.need, ...asked.need.also].map(({ groups, users, count }) => ({ groups, users, count })), expiresAt: new Date(record.expiresAt).toISOString(),
      ...(record.brokenGlass !== null && { incident: visibleText(record.brokenGlass.incident), why: visibleText(record.brokenGlass.reason) }),
    },
  }
}

const personOf = ({ id, email, kind }: Person): Person => ({ id, email, kind })

function whatOf({ asked: { subject } }: ApprovalRecord): string {
  if (subject.kind === 'command') return visibleText(subject.recorded)
  return `grant of ${subject.kinds.join(', ')}${subject.on === null ? '' : ` on ${visibleText(subject.on.join(', '))}`} for ${subject.minutes} minutes`
}

const words: Partial<Record<ApprovalEventKind, string>> = { opened: 'asks for approval', 'broke-glass': 'broke the glass', decided: 'was decided', closed: 'was closed' }

/** https://docs.slack.dev/messaging/formatting-message-text: three characters are escaped, and text of others is never mrkdwn. */
function slackMessage({ event, record }: Notified, url: string) {
  const { requester, connection, riskLevel } = record.asked
  const who = visibleText(requester.email ?? requester.id)
  const title = `${who} ${words[event.kind] ?? event.kind} on ${connection.name} (risk ${riskLevel})`
  const incident = record.brokenGlass === null ? [] : [plain(`${record.brokenGlass.incident}: ${record.brokenGlass.reason}`)]
  return {
    text: escaped(title),
    blocks: [
      { type: 'section', text: plain(title) },
      { type: 'section', text: plain(whatOf(record)) },
      ...incident.map((text) => ({ type: 'section', text })),
      { type: 'context', elements: [plain(`${record.id}, expires ${new Date(record.expiresAt).toISOString()}`), { type: 'mrkdwn', text: `<${escaped(url)}|Open in Gatehouse>` }] },
    ],
  }
}

/** A block takes at most 3,000 characters; half of a pair is not text, and Slack refuses the whole message for it. */
const plain = (text: string) => ({ type: 'plain_text', text: visibleText(text).slice(0, blockCharactersMax).replace(/[\uD800-\uDBFF]$/, ''), emoji: false })
const blockCharactersMax = 2_900
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
