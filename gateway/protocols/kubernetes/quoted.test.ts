import { expect, test } from 'vitest'
import { hideQuotedOf } from './quoted.ts'

const password = Buffer.from('hunter2-and-more').toString('base64')
const body = { kind: 'Secret', metadata: { name: 'db', namespace: 'shop' }, data: { password }, stringData: { note: 'correct horse', pin: '12' } }
const recorded = JSON.stringify({ ...body, data: { password: 'W21hc2tlZF0=' }, stringData: { note: '[masked]', pin: '[masked]' } })

test('masked values that a reason quotes are hidden, as they stand and decoded; what is recorded may be quoted', () => {
  const hide = hideQuotedOf(body, recorded)
  expect(hide('no: "correct horse" is the old one, and hunter2-and-more is worse; db in shop')).toBe('no: "[masked]" is the old one, and [masked] is worse; db in shop')
  expect(hide(`${password} again`)).toBe('[masked] again')
})
