import { expect, test } from 'vitest'
import { bareReason, refusalOf } from './refusal.ts'

const of = (message: string, hint: string | null = null, code = '42501') => refusalOf({ code, message, hint })

test('a deny names rule, policy and reason', () => {
  expect(of('denied by rule never (policy shop): drop is not allowed')).toMatchObject({ rule: 'never', policy: 'shop', reason: 'Drop is not allowed.' })
})

test('an approval names its rule and says what it needs', () => {
  const refusal = of('held by rule engineers-write (policy shop) for on-call: delete on public.orders needs approval; approvals are not available')
  expect(refusal).toMatchObject({ rule: 'engineers-write', policy: 'shop', reason: 'Delete on public.orders needs approval; approvals are not available.' })
  expect(refusal.advice).toMatch(/approver/)
})

test('what has another form is shown whole, nothing is guessed', () => {
  expect(of('no rule allows delete on public.orders')).toMatchObject({ rule: null, policy: null, reason: 'No rule allows delete on public.orders.' })
  expect(of('denied by masking: DO runs code that is not seen', 'Leave the masked columns out.')).toMatchObject({ rule: null, reason: 'DO runs code that is not seen.', advice: 'Leave the masked columns out.' })
})

test('the panel says who refused, and whether a reason would help', () => {
  expect(of('denied by rule never (policy shop): drop is not allowed')).toMatchObject({ title: 'Refused by policy', wantsReason: false })
  expect(of('denied by masking: DO runs code that is not seen').title).toBe('Refused by masking')
  expect(of('the result has more than 10000 rows, the limit of your access', null, '54000').title).toBe('Stopped at a limit')
  expect(of('held by rule ask (policy shop) for on-call: update on public.orders needs approval; nobody was asked, for the rule wants a reason with it')).toMatchObject({ title: 'A reason is wanted', wantsReason: true, rule: 'ask' })
  expect(bareReason('denied by masking: public.customers.email is masked for you')).toBe('public.customers.email is masked for you')
})

test('a name that stands first is written as it is', () => {
  expect(of('denied by masking: public.customers.email is masked for you and may not be used in ORDER BY').reason).toBe('public.customers.email is masked for you and may not be used in ORDER BY.')
  expect(of('denied by masking: pg_read_file() reads files').reason).toBe('pg_read_file() reads files.')
})

test('a row limit does not claim that nothing was sent', () => {
  expect(of('the result has more than 10000 rows, the limit of your access', null, '54000').advice).not.toMatch(/Nothing was sent/)
})

test('a denial by a person, and by silence: rule, policy and the reason stand apart', () => {
  expect(of('denied by demo:otto (approval ap_01ABC, rule fixes (policy shop)): not on a Friday')).toMatchObject({ rule: 'fixes', policy: 'shop', reason: 'Not on a Friday.' })
  expect(of('denied by demo:otto (approval ap_01ABC, rule fixes (policy shop))')).toMatchObject({ rule: 'fixes', reason: 'No reason was given.' })
  expect(of('approval ap_01ABC has expired: nobody decided in time (rule fixes (policy shop))')).toMatchObject({ rule: 'fixes', policy: 'shop', reason: 'Nobody decided in time.' })
  expect(of('approval ap_01ABC was withdrawn: the policy changed (rule fixes (policy shop))')).toMatchObject({ reason: 'The policy changed.' })
})
