import { expect, test } from 'vitest'
import { policyTestSchema } from '../../shared/policy/policy-test.ts'
import { differences, junitOf, principalOf, type TestOutcome } from './test.ts'

const allow: TestOutcome = { kind: 'decided', effect: 'allow', reason: 'allowed by rule a', rule: { policy: 'p', rule: 'a' }, masked: ['email'] }

test.each<readonly [expected: object, outcome: TestOutcome, lines: readonly string[]]>([
  [{ expect: 'allow', rule: 'a', masked: ['email'] }, allow, []],
  [{ expect: 'deny' }, allow, ['expected deny, got allow: allowed by rule a']],
  [{ expect: 'allow', rule: 'b' }, allow, ['expected rule b, got a']],
  [{ expect: 'allow', masked: ['ssn'] }, allow, ['expected ssn masked, got it clear (or no such column)', 'expected email clear, got it masked']],
  [{ expect: 'allow', masked: [] }, allow, ['expected email clear, got it masked']],
  [{ expect: 'allow', masked: ['email'] }, { ...allow, masked: { unknown: 'offline' } }, ['not decidable: which columns are masked: offline']],
  [{ expect: 'deny' }, { kind: 'undecided', why: 'too deep' }, ['not decidable: too deep']],
])('%j', (expected, outcome, lines) => {
  expect(differences(policyTestSchema.parse({ as: {}, run: 'select 1', ...expected }), outcome)).toEqual(lines)
})

test('a test without an id is of nobody whom a rule names', () => {
  expect(principalOf(policyTestSchema.parse({ as: { id: 'corp:ann' }, run: 'x', expect: 'deny' }).as)).toMatchObject({ id: 'corp:ann', provider: 'corp', subject: 'ann' })
})

test('JUnit holds no character that XML cannot', () => {
  const result = { policy: 'p', number: 1, connection: 'shop', run: 'select \'<&">\'\n\u0000\ud800', failures: ['a < b'], note: null }
  expect(junitOf([result, { ...result, number: 2, run: 'x', failures: [] }])).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="1">
  <testsuite name="p" tests="2" failures="1">
    <testcase classname="p.shop" name="1: select '&lt;&amp;&quot;&gt;'&#10;\ufffd\ufffd">
      <failure message="a &lt; b">a &lt; b</failure>
    </testcase>
    <testcase classname="p.shop" name="2: x"/>
  </testsuite>
</testsuites>
`)
})
