// Recorded Kubernetes requests judged anew: what a draft changes, and what nobody can tell any more. SQL: cli/commands/policy-replay.test.ts.
import { expect, test } from 'vitest'
import { inGroup, snapshotOf } from '../policy/testing/build.ts'
import { prod } from '../policy/testing/kubernetes.ts'
import { factsOfRecorded } from '../protocols/kubernetes/run-text.ts'
import type { Lineages } from '../sql/lineages.ts'
import { Replay, type Outcome } from './policy-replay.ts'

const inForce = 'policy: p\nconnections: [prod]\nrules:\n  - { id: look, who: everyone, allow: { kubernetes: [get, list, exec, delete] } }'
const never = (): never => { throw new Error('of a cluster nothing of SQL is asked') }

function judge(text: string, draft = inForce): Promise<Outcome> {
  const replay = new Replay({ current: snapshotOf(inForce), draft: snapshotOf(draft), connections: [prod], analyze: never, lineages: {} as Lineages, requestOf: factsOfRecorded, catalogOf: never })
  return replay.judge({ session: 's', connection: 'prod', principal: inGroup('dev'), hasGroups: true, hasClaims: true, text, at: 0, effect: 'allow', reason: '' })
}

const stricter = `${inForce}\n  - { id: d, who: everyone, deny: { kubernetes: [get, list], resources: [secrets] } }\n  - { id: e, who: everyone, approve: { kubernetes: [exec] }, by: { groups: [x] } }`

test.each<readonly [text: string, change: string | null]>([
  ['GET /api/v1/namespaces/shop/pods', null],
  ['GET /api/v1/secrets?limit=500', 'newly denied'],
  ['GET /api/v1/namespaces/shop/pods/web/exec?command=ls', 'newly held'],
  ['POST /api/v1/namespaces/shop/pods/web/exec?command=ls', 'newly held'],
  ['DELETE /api/v1/namespaces/shop/pods/web', null],
])('%s', async (text, change) => {
  const outcome = await judge(text, stricter)
  expect(outcome.kind === 'changed' ? outcome.changes.map((one) => one.change) : outcome).toEqual(change === null ? { kind: 'same' } : [change])
})

test.each<{ readonly text: string; readonly why: RegExp; readonly draft?: string }>([
  { text: 'PATCH /api/v1/namespaces/shop/configmaps/a', why: /writes an object/ },
  { text: 'GET /api/v1/namespaces/shop/pods/web/exec?command=[masked:jwt]', why: /is masked/ },
  { text: 'GET /api//v1', why: /cannot be read/ }, { text: '', why: /cannot be read/ }, { text: 'select 1', why: /cannot be read/ },
  { text: 'DELETE /api/v1/namespaces/shop/pods/web', why: /count deletes/, draft: `${inForce}\n  - { id: m, who: everyone, deny: { kubernetes: [mass-delete] } }` },
])('$text is not judged', async ({ text, why, draft }) => {
  const outcome = await judge(text, draft)
  expect(outcome.kind === 'unjudged' ? outcome.why : outcome.kind).toMatch(why)
})
