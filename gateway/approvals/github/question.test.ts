// Which approvals a pull request may agree to, by the rules that ask and by what is held; what a hash is of.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { ApprovalNeed, ApprovalState } from '../../../shared/approval.ts'
import type { ApprovalRecord } from '../../store/approvals.ts'
import { githubOf, needKeys, reviewersNeeded } from '../rules.ts'
import { createSeal } from '../seal.ts'
import { held, onCall } from '../testing/people.ts'
import { questionOf } from './question.ts'
import { holdsHash, statementHash, statementText } from './statement-hash.ts'

const github = { repository: 'acme/shop', path: 'migrations/**' }
const need: ApprovalNeed = { ...onCall, github }
const { also: _, ...part } = need
const { also: __, ...plain } = onCall

const needs: readonly (readonly [string, ApprovalNeed, boolean])[] = [
  ['one rule that takes pull requests', need, true],
  ['two that say the very same', { ...need, also: [{ ...part, count: 2 }] }, true],
  ['one that takes none', onCall, false],
  ['two for the same people, of which one takes none', { ...need, also: [plain] }, false],
  ['the same the other way round', { ...onCall, also: [part] }, false],
  ['two for the same people and other paths', { ...need, also: [{ ...part, github: { ...github, path: '**' } }] }, false],
  ['two for the same people and other repositories', { ...need, also: [{ ...part, github: { ...github, repository: 'acme/x' } }] }, false],
  ['two for other people, who may be the reviewers', { ...need, also: [{ ...part, groups: ['dba'] }] }, false],
]
test.each(needs)('of %s', (_name, asked, counts) => {
  expect(githubOf(asked)).toEqual(counts ? github : null)
})

test('of rules that say the same the larger number of reviewers is needed', () => {
  expect(reviewersNeeded({ ...need, also: [{ ...part, count: 3 }] })).toBe(3)
})

test('a policy that takes other pull requests, or none any more, asks others', () => {
  expect(needKeys(need)).toEqual(needKeys({ ...need }))
  for (const other of [onCall, { ...need, github: { ...github, path: '**' } }, { ...need, github: { ...github, repository: 'acme/x' } }]) expect(needKeys(other)).not.toEqual(needKeys(need))
})

const seal = createSeal('k'.repeat(64))
const command = held()
function record(over: { readonly [K in keyof ApprovalRecord]?: ApprovalRecord[K] } = {}, asked: Partial<ApprovalRecord['asked']> = {}, parameters: readonly (string | null)[] = []): ApprovalRecord {
  const base = {
    id: 'ap_1', kind: 'command', state: 'open' as ApprovalState, intent: 'i', likeness: 'l', purpose: null, createdAt: 0, expiresAt: 1_000, closedAt: null, closeReason: null, brokenGlass: null, review: null, grant: null, pull: null,
    decisions: [], viewers: [], holds: [], sealed: seal.close('ap_1', { text: command.text, parameters: [...parameters], risk: command.risk }),
    asked: {
      requester: { id: 'ci:run', email: null, kind: 'ci', delegator: null, run: null }, selves: ['id:ci:run', 'github:9'], connection: { name: 'shop', kind: 'postgres', labels: {} },
      subject: { kind: 'command', protocol: 'postgres', recorded: '' }, rule: command.rule, reason: '', riskLevel: 'low', need, snapshot: 'p', isPlain: true, ...asked,
    },
  } satisfies ApprovalRecord
  return { ...base, ...over }
}
const questionFor = (one: ApprovalRecord) => questionOf(one, { seal, github: { repositories: ['acme/shop'], branch: 'main' }, now: 500 })

test('an open command of CI is looked for by connection and text', () => {
  expect(questionFor(record())).toEqual({
    approval: 'ap_1', ...github, branch: 'main', count: 1, selves: ['id:ci:run', 'github:9'], text: command.text, hash: statementHash('shop', command.text),
  })
})

const requester = record().asked.requester
const never: readonly (readonly [string, ApprovalRecord])[] = [
  ['a human', record({}, { requester: { ...requester, kind: 'human' } })],
  ['an agent', record({}, { requester: { ...requester, kind: 'agent' } })],
  ['a session that has set something', record({}, { isPlain: false })],
  ['a session of which it is not known', record({ asked: Object.fromEntries(Object.entries(record().asked).filter(([key]) => key !== 'isPlain')) as ApprovalRecord['asked'] })],
  ['a command with a parameter, were it NULL', record({}, {}, [null])],
  ['a grant', record({ kind: 'grant' })],
  ['what is approved already', record({ state: 'approved' })],
  ['what was denied', record({ state: 'denied' })],
  ['what has expired', record({ expiresAt: 500 })],
  ['what was sealed under another key', record({ sealed: createSeal('x'.repeat(64)).close('ap_1', { text: 'x', parameters: [], risk: command.risk }) })],
  ['what was moved from another approval', record({ id: 'ap_2' })],
  ['a text that was removed with age', record({ sealed: null })],
  ['a repository that gateway.yaml does not name', record({}, { need: { ...need, github: { ...github, repository: 'mallory/shop' } } })],
]
test.each(never)('of %s no pull request is looked for', (_name, one) => {
  expect(questionFor(one)).toBeNull()
})

test('the hash is of connection and text, without what stands around it', () => {
  const expected = createHash('sha256').update('gatehouse statement 1\nshop\nselect 1').digest('hex')
  for (const text of ['select 1', 'select 1\n', '\r\n\t select 1  \n']) expect(statementHash('shop', text)).toBe(expected)
  for (const text of ['select  1', 'select 1;', '\u00a0select 1', '\ufeffselect 1', 'select 1\0']) expect(statementHash('shop', text)).not.toBe(expected)
  expect(statementHash('shop2', 'select 1')).not.toBe(expected)
  expect(statementText(' \n ')).toBe('')
  expect([`${expected}`, `-- gatehouse: ${expected}\n`].every((content) => holdsHash(content, expected))).toBe(true)
  expect([`${expected}0`, `f${expected}`, expected.slice(1), expected.toUpperCase()].some((content) => holdsHash(content, expected))).toBe(false)
})
