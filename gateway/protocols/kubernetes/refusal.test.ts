import { describe, expect, test } from 'vitest'
import type { RefusalKind } from '../../pipeline/refusal.ts'
import { refusalOf, refused, statusOf, statusOfRefused, warningHeader } from './refusal.ts'

const facts = { group: 'apps', resource: 'deployments', name: 'web' }
const parsed = (answer: { readonly body: Buffer }) => JSON.parse(answer.body.toString()) as unknown

test('a denial is a Status that kubectl prints in one line', () => {
  const answer = statusOf({ kind: 'denied', message: 'denied by rule never (policy shop): delete is not allowed', hint: 'Ask on-call\nfor a grant.' }, facts)
  expect(answer).toMatchObject({ code: 403, contentType: 'application/json' })
  expect(parsed(answer)).toEqual({
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403,
    message: 'denied by rule never (policy shop): delete is not allowed. Ask on-call for a grant.', details: { name: 'web', group: 'apps', kind: 'deployments' },
  })
})

describe('every kind of refusal has its reason', () => {
  const cases: readonly (readonly [RefusalKind, number, string])[] = [
    ['denied', 403, 'Forbidden'], ['needs-approval', 403, 'Forbidden'], ['limit', 429, 'TooManyRequests'], ['invalid', 400, 'BadRequest'],
    ['unsupported', 405, 'MethodNotAllowed'], ['cancelled', 504, 'Timeout'], ['unavailable', 503, 'ServiceUnavailable'], ['unrecorded', 503, 'ServiceUnavailable'],
  ]
  test.each(cases)('%s is %d %s', (kind, code, reason) => {
    const answer = statusOf({ kind, message: 'm' }, null)
    expect(answer.code).toBe(code)
    expect(parsed(answer)).toMatchObject({ reason, code, message: 'm' })
    expect(parsed(answer)).not.toHaveProperty('details')
  })
})

test('what could not be read says its own reason, and goes to the pipeline as a kind', () => {
  const why = refused('the body is too large', 'Send less.', 'RequestEntityTooLarge')
  expect(statusOfRefused(why)).toMatchObject({ code: 413 })
  expect(refusalOf(why)).toEqual({ kind: 'limit', message: 'the body is too large', hint: 'Send less.' })
  expect(refusalOf(refused('m', 'h')).kind).toBe('invalid')
  expect(statusOf({ kind: 'denied', message: 'm' }, null, 'Unauthorized').code).toBe(401)
})

test('a warning cannot leave its header', () => {
  expect(warningHeader('waiting for approval ap_1')).toBe('299 gatehouse "waiting for approval ap_1"')
  expect(warningHeader('a"b\\c\r\nX: y\u00e9')).toBe('299 gatehouse "a\\"b\\\\c X: y "')
  expect(warningHeader('"'.repeat(600))).toMatch(/^299 gatehouse "(\\")*"$/)
})
