import { expect, test } from 'vitest'
import { fragmentOf, linkIn, parseDeepLink } from './deep-link.ts'

test.each([
  ['gatehouse://connections/shop', { kind: 'connection', name: 'shop' }, '#/connections/shop'],
  ['gatehouse://sessions/se_01abc', { kind: 'session', id: 'se_01abc' }, '#/sessions/se_01abc'],
  ['gatehouse://approvals/ap_01KAH', { kind: 'approval', id: 'ap_01KAH' }, '#/approvals/ap_01KAH'],
  ['gatehouse://approvals', { kind: 'approvals' }, '#/approvals'],
  ['gatehouse://open', { kind: 'home' }, '#/connections'],
] as const)('reads %s', (text, link, fragment) => {
  expect(parseDeepLink(text)).toEqual(link)
  expect(fragmentOf(parseDeepLink(text)!)).toBe(fragment)
})

test.each([
  'https://connections/shop', 'gatehouse://connections/shop?run=drop', 'gatehouse://connections/shop#x', 'gatehouse://user@connections/shop',
  'gatehouse://connections/../../x', 'gatehouse://connections/a/b', 'gatehouse://connections/%2e%2e', 'gatehouse://connections/<script>', 'gatehouse://sessions/shop',
  'gatehouse://approvals/ap_1?decision=approve', 'gatehouse://approvals/ap_1/approve', 'gatehouse://approvals/mine', 'gatehouse://approvals/ap_', 'gatehouse://unknown/x', 'gatehouse://connections', `gatehouse://connections/${'x'.repeat(600)}`, 'javascript:alert(1)', '--inspect', '',
])('drops %s', (text) => {
  expect(parseDeepLink(text)).toBeNull()
})

test('finds the link among the arguments of a second instance', () => {
  expect(linkIn(['/opt/gatehouse', '--flag', 'gatehouse://connections/shop'])).toEqual({ kind: 'connection', name: 'shop' })
  expect(linkIn(['/opt/gatehouse', '.'])).toBeNull()
})
