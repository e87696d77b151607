import { expect, test } from 'vitest'
import { formText, maskKinds, type MaskForm } from '../../shared/policy/mask-form.ts'
import { maskForm } from './mask-words.ts'

const forms: readonly MaskForm[] = ['redact', 'null', 'hash', 'email', 'date-year', { partial: { first: 0, last: 4 } }, { range: 1000 }]

test('every form the gateway sends has words', () => {
  expect(forms.length).toBe(maskKinds.length)
  for (const form of forms) expect(maskForm({ as: formText(form) })).not.toBe(formText(form))
})

test.each([
  ['partial: { first: 0, last: 4 }', 'hidden but for the last 4 characters'],
  ['partial: { first: 1, last: 2 }', 'hidden but for the first 1 character and the last 2 characters'],
  ['range: 10000', 'rounded down to steps of 10000'],
  ['$.card: redact, $..mail: email', 'only these members of the document: $.card: redact, $..mail: email'],
  ['a form of tomorrow', 'a form of tomorrow'],
  ['constructor', 'constructor'],
])('%s: %s', (as, words) => expect(maskForm({ as })).toBe(words))
