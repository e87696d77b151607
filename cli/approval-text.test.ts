import { expect, test } from 'vitest'
import type { ApprovalEvent, ApprovalWhole } from '../shared/approval.ts'
import { approvalLine, approvalPage, approvalTable, eventLine } from './approval-text.ts'

/** Clears the screen, sets the title, writes a line of its own, hides, turns round. */
const evil = '\u001b[2J\u001b]0;pwned\u0007\r\u009b31mAPPROVED\u202e\u200b\u2066\u0000\ud800\nap_fake approved by ada'
const person = { id: `test:${evil}`, email: `${evil}@example.com`, kind: 'human' as const }
const at = '2026-01-02T03:04:05.000Z'

const approval: ApprovalWhole = {
  id: 'ap_1', state: 'withdrawn', subject: { kind: 'command', protocol: 'postgres', recorded: `delete from t /* ${evil} */` },
  requester: { ...person, delegator: evil, run: { repository: evil, url: null } }, connection: { name: 'shop', kind: 'postgres', labels: { env: evil } },
  rule: { policy: 'shop', rule: 'ask' }, reason: evil, purpose: evil, riskLevel: 'high', needs: [{ groups: [evil], users: [evil], count: 1, have: 0 }],
  createdAt: at, expiresAt: at, closedAt: at, closeReason: evil, decisions: [{ by: person, decision: 'deny', reason: evil, at }], viewers: [{ by: person, at }],
  held: [{ session: 'se_1', command: 'c1', since: at, isLive: false }], grant: null,
  brokenGlass: { reason: evil, incident: evil, at, review: { by: person, note: evil, at } },
  permitted: { isRequester: false, decide: evil, deny: evil, withdraw: evil, breakGlass: evil, review: evil },
  exact: { text: `delete from t -- ${evil}`, parameters: [evil, null], risk: { kinds: ['delete'], relations: [evil], maskedColumns: [evil], estimatedRows: 1, locks: [evil], level: 'high', reasons: [evil] } },
  sealed: null, similar: [],
}
const event: ApprovalEvent = { cursor: '1', at, kind: 'opened', by: person, approval, grant: null }

test.each([
  ['show', approvalPage(approval)], ['show, sealed', approvalPage({ ...approval, exact: null, sealed: evil })], ['list', approvalTable([approval])], ['a decision', approvalLine(approval)], ['what is still open', approvalLine({ ...approval, state: 'open' })], ['watch', eventLine(event)],
  ['a grant', approvalPage({ ...approval, exact: null, subject: { kind: 'grant', kinds: [evil], on: [evil], minutes: 5 } })],
])('nothing of others steers the terminal or hides: %s', (_, text) => {
  expect(text.match(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)).toBeNull()
  expect(text).toContain('ESC')
})

test.each([['list', approvalTable([approval])], ['watch', eventLine(event)], ['a decision', approvalLine(approval)]])('what others write begins no line of its own: %s', (_, text) => {
  expect(text.split('\n').filter((line) => line.startsWith('ap_fake'))).toEqual([])
})
