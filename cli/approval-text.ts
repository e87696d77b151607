// Approvals as text for a terminal. Everything in them comes from others, so hidden and bidirectional characters are shown.
import type { ApprovalEvent, ApprovalSummary, ApprovalWhole, Person } from '../shared/approval.ts'
import { visibleParts, visibleText } from '../shared/visible.ts'
import { table } from './output.ts'

const nameOf = ({ id, email }: Person): string => visibleText(email ?? id)

export function subjectText({ subject }: Pick<ApprovalSummary, 'subject'>): string {
  return visibleText(subject.kind === 'command' ? subject.recorded : `grant of ${subject.kinds.join(', ')}${subject.on === null ? '' : ` on ${subject.on.join(', ')}`} for ${subject.minutes} min`)
}

export function approvalTable(approvals: readonly ApprovalSummary[]): string {
  const rows = approvals.map((approval) => [approval.id, approval.state, approval.riskLevel, nameOf(approval.requester), approval.connection.name, approval.expiresAt, shortened(subjectText(approval))])
  return table(['approval', 'state', 'risk', 'who', 'connection', 'expires', 'what'], rows)
}

const shortened = (text: string): string => (text.length > 60 ? `${Array.from(text).slice(0, 59).join('')}…` : text)

export function approvalLine({ id, state, closeReason, needs }: ApprovalSummary): string {
  const missing = needs.filter(({ count, have }) => have < count).map(({ groups, users, count, have }) => `${count - have} of ${[...groups, ...users].join(' or ')}`)
  const rest = state === 'open' ? `waits for ${missing.join(' and ')}` : closeReason
  return `${id} ${state}${rest === null ? '' : `: ${visibleText(rest)}`}\n`
}

export function eventLine({ at, kind, by, approval }: ApprovalEvent): string {
  return `${at.slice(11, 19)}  ${kind.padEnd(13)}  ${approval.id}  ${approval.state.padEnd(9)}  ${by === null ? 'gateway' : nameOf(by)}  ${visibleText(approval.connection.name)}  ${shortened(subjectText(approval))}\n`
}

/** All an approver needs, the command last and whole. */
export function approvalPage(approval: ApprovalWhole): string {
  const { requester, connection, exact, purpose, rule } = approval
  const lines = [
    `${approval.id}  ${approval.state}${approval.closeReason === null ? '' : `: ${visibleText(approval.closeReason)}`}`,
    `  asked by    ${nameOf(requester)} (${requester.kind})${requester.delegator === null ? '' : `, for ${visibleText(requester.delegator)}`}${runText(requester.run)}`,
    `  on          ${connection.name}${labelsText(connection.labels)}`,
    `  because     ${visibleText(approval.reason)}${rule === null ? '' : ` (${rule.policy}/${rule.rule})`}`,
    `  purpose     ${purpose === null ? 'not said' : visibleText(purpose)}`,
    `  risk        ${approval.riskLevel}${exact === null ? '' : exact.risk.reasons.map((reason) => `; ${visibleText(reason)}`).join('')}`,
    ...(exact?.risk.estimatedRows == null ? [] : [`  rows        about ${exact.risk.estimatedRows} (an estimate)`]),
    ...(exact?.risk.locks == null ? [] : [`  locks held  ${exact.risk.locks.map(visibleText).join(', ') || 'none'}`]),
    ...approval.needs.map(({ groups, users, count, have, github }) => `  needs       ${count} of ${visibleText([...groups, ...users].join(' or '))}, has ${have}${github === undefined ? '' : `; or a merged pull request of ${visibleText(`${github.repository} (${github.path})`)}`}`),
    ...(approval.pull === undefined ? [] : [`  agreed by   ${visibleText(`${approval.pull.url}, reviewed by ${approval.pull.reviewers.map(({ login }) => login).join(', ')}, merged ${approval.pull.mergedAt}`)}`]),
    ...approval.decisions.map(({ by, decision, reason, at }) => `  ${decision === 'approve' ? 'approved by' : 'denied by  '} ${nameOf(by)} at ${at}${reason === null ? '' : `: ${visibleText(reason)}`}`),
    ...(approval.brokenGlass === null ? [] : [`  break-glass ${visibleText(approval.brokenGlass.incident)}: ${visibleText(approval.brokenGlass.reason)}; ${approval.brokenGlass.review === null ? 'not reviewed yet' : `reviewed by ${nameOf(approval.brokenGlass.review.by)}`}`]),
    `  expires     ${approval.expiresAt}`,
    '', ...commandLines(approval),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function commandLines(approval: ApprovalWhole): readonly string[] {
  if (approval.exact === null) return approval.sealed === null ? [`  ${subjectText(approval)}`] : [`  ${visibleText(approval.sealed)}`, `  ${subjectText(approval)}`]
  const { text, parameters } = approval.exact
  return [
    ...blockText(text).split('\n').map((line) => `  ${line}`),
    ...(parameters.length === 0 ? [] : ['', ...parameters.map((value, index) => `  $${index + 1} = ${value === null ? 'NULL' : visibleText(value)}`)]),
  ]
}

/** Lines stay lines; all else that hides is shown. */
const blockText = (text: string): string => visibleParts(text, 'block').map((part) => (part.kind === 'text' ? part.text : `⟨${part.label}⟩`)).join('')

function runText(run: ApprovalSummary['requester']['run']): string {
  return run === null ? '' : `, run of ${visibleText(run.repository)}${run.url === null ? '' : ` ${run.url}`}`
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}: ${value}`)
  return all.length === 0 ? '' : ` (${visibleText(all.join(', '))})`
}
