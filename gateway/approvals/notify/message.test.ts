// What a block of Slack takes, of texts that others wrote.
import { expect, test } from 'vitest'
import type { ApprovalRecord } from '../../store/approvals.ts'
import { bodyFor } from './message.ts'

const record = (recorded: string) => ({
  id: 'ap_1', expiresAt: 0, purpose: null, brokenGlass: null, state: 'open',
  asked: { requester: { id: 'corp:eve', email: null, kind: 'human' }, connection: { name: 'shop', labels: {} }, riskLevel: 'low', reason: '', need: { groups: [], users: [], count: 1, also: [] }, subject: { kind: 'command', protocol: 'postgres', recorded } },
}) as unknown as ApprovalRecord

test.each([2_898, 2_899, 2_900])('a text of others is cut between characters, never within a pair (%i before it)', (before) => {
  const body = bodyFor({ kind: 'slack', link: 'https://x.example/{id}' }, { id: 'n1', event: { id: 1, at: '', kind: 'opened', approval: 'ap_1', by: null }, record: record(`${'a'.repeat(before)}${'😀'.repeat(20)}`) })
  const { blocks } = JSON.parse(body) as { blocks: { text: { text: string } }[] }
  const { text } = blocks[1]!.text
  expect(text.isWellFormed()).toBe(true)
  expect(text.length).toBeLessThanOrEqual(2_900)
  expect(text.length).toBeGreaterThanOrEqual(2_898)
})
