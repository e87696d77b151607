// docs/policy.md is what people copy from: its examples load, and it names every word the language has.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { detectorNames } from '../../shared/policy/detectors.ts'
import { maskKinds } from '../../shared/policy/mask-form.ts'
import { sqlKindNames } from '../../shared/policy/sql-kinds.ts'
import { conditionFacts } from './condition.ts'
import { momentMethods } from './moment.ts'
import { snapshotOf } from './testing/build.ts'

const text = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8')
const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml ?? '')

test('every example of docs/policy.md loads', () => {
  expect(examples.length).toBeGreaterThan(1)
  expect(snapshotOf(...examples).policies.map(({ policy }) => policy)).toEqual(
    ['shop', 'column-examples', 'condition-examples', 'estimate-examples', 'shadow-examples', 'who-examples', 'mask-examples'])
})

test('docs/policy.md names every kind, detector, form of mask and key of who', () => {
  const words = [...sqlKindNames, ...Object.keys(detectorNames), ...maskKinds, 'groups', 'users', 'email-domain', 'kind', 'ci', 'claims', 'except',
    'columns', 'functions', 'when', 'rows-over', 'mode', 'at', 'rows', ...Object.keys(conditionFacts)]
  expect(words.filter((word) => !text.includes(`\`${word}\``))).toEqual([])
  expect(Object.keys(momentMethods).filter((method) => !text.includes(`\`${method}`))).toEqual([])
})
