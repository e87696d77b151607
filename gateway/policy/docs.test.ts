// docs/policy.md is what people copy from: its examples load, and it names every word the language has.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { detectorNames } from '../../shared/policy/detectors.ts'
import { kubernetesShape } from '../../shared/policy/kubernetes-body.ts'
import { kubernetesWords } from '../../shared/policy/kubernetes-words.ts'
import { maskKinds } from '../../shared/policy/mask-form.ts'
import { sqlKindNames } from '../../shared/policy/sql-kinds.ts'
import { factsOfRun } from '../protocols/kubernetes/run-text.ts'
import { evaluate } from './evaluate.ts'
import { conditionFacts } from './condition.ts'
import { momentMethods } from './moment.ts'
import { snapshotOf } from './testing/build.ts'
import { prod } from './testing/kubernetes.ts'
import { differences, principalOf } from './test.ts'

const text = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8')
const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml ?? '')

test('every example of docs/policy.md loads', () => {
  expect(examples.length).toBeGreaterThan(1)
  expect(snapshotOf(...examples).policies.map(({ policy }) => policy)).toEqual(
    ['shop', 'column-examples', 'condition-examples', 'estimate-examples', 'shadow-examples', 'who-examples', 'mask-examples', 'kubernetes-examples', 'kubernetes-masks'])
})

test('docs/policy.md names every kind, detector, form of mask and key of who', () => {
  const words = [...sqlKindNames, ...Object.keys(detectorNames), ...maskKinds, 'groups', 'users', 'email-domain', 'kind', 'ci', 'claims', 'except',
    'columns', 'functions', 'when', 'rows-over', 'mode', 'at', 'rows', 
    ...Object.values(conditionFacts).flatMap((facts) => Object.keys(facts)), ...kubernetesWords, ...Object.keys(kubernetesShape), 'except-types']
  expect(words.filter((word) => !text.includes(`\`${word}\``))).toEqual([])
  expect(Object.keys(momentMethods).filter((method) => !text.includes(`\`${method}`))).toEqual([])
})

const cluster = snapshotOf(...examples).policies.find(({ policy }) => policy === 'kubernetes-examples')!
test.each(cluster.tests.map((one) => [one.run, one] as const))('docs/policy.md is right about: %s', (run, one) => {
  const read = factsOfRun(run)
  if (read.kind === 'problem') throw new Error(read.message)
  const { effect, reason, rule } = evaluate({ hash: '', policies: [cluster] }, principalOf(one.as), prod, read.facts, 0)
  expect(differences(one, { kind: 'decided', effect, reason, rule, masked: [] })).toEqual([])
})

test('every rule of the Kubernetes example decides some test of it', () => {
  const decided = new Set(cluster.tests.map(({ rule }) => rule))
  expect(cluster.rules.map(({ id }) => id).filter((id) => !decided.has(id) && id !== 'our-images')).toEqual([])
})
