import { expect, test, vi } from 'vitest'
import { GatehouseError } from '../../shared/errors.ts'
import type { Principal } from '../../shared/principal.ts'
import { createLog } from '../log.ts'
import { exchangesPerMinute, loginFailuresAuditedPerMinute } from '../limits.ts'
import type { Caller } from './context.ts'
import { createRate } from '../pipeline/rate.ts'
import { createFailureAudit, tokenHandlers } from './tokens.ts'

const metrics = { login: vi.fn(), request: vi.fn(), contentType: '', text: async () => '' }

test('a rate counts each key by itself, and begins anew with the minute', () => {
  let time = 0
  const rate = createRate(2, () => time)
  expect([rate.take('a'), rate.take('a'), rate.take('a'), rate.take('b')]).toEqual([true, true, false, true])
  time += 60_000
  expect(rate.take('a')).toBe(true)
})

test('failures beyond the rate are counted into the next event that is written', () => {
  let time = 0
  const audit = vi.fn(async () => undefined)
  const failures = createFailureAudit({ audit, log: createLog('silent'), metrics }, () => time)
  const refused = new GatehouseError('token_invalid', 'no')
  for (let i = 0; i < loginFailuresAuditedPerMinute + 7; i++) failures.failed(refused, '/v1/tokens')
  expect(audit).toHaveBeenCalledTimes(loginFailuresAuditedPerMinute)
  time += 60_000
  failures.failed(refused, '/v1/tokens')
  expect(audit).toHaveBeenLastCalledWith(expect.objectContaining({ detail: expect.objectContaining({ unwritten: 7 }) as object }))
})

test('what is no refused token is no failed login', () => {
  const audit = vi.fn(async () => undefined)
  const failures = createFailureAudit({ audit, log: createLog('silent'), metrics })
  for (const error of [new GatehouseError('token_missing', 'none'), new GatehouseError('store_unavailable', 'down'), new Error('x')]) failures.failed(error, '/')
  expect(audit).not.toHaveBeenCalled()
})

test('an audit log that fails is said in the log, and changes no answer', async () => {
  const log = createLog('silent')
  const error = vi.spyOn(log, 'error')
  createFailureAudit({ audit: () => Promise.reject(new Error('disk full')), log, metrics }).failed(new GatehouseError('token_expired', 'old'), '/')
  await vi.waitFor(() => { expect(error).toHaveBeenCalled() })
})

test('one principal cannot fill the store with tokens; another is not held up by it', async () => {
  const exchange = vi.fn(async () => ({ token: 'gh_x', expiresAt: 1, principal: principalOf('ada') }))
  const identity = { exchange, revoke: vi.fn(), authenticate: vi.fn() }
  const { exchangeToken } = tokenHandlers({ identity, metrics, audit: async () => undefined }, () => 0)
  const callerOf = (subject: string): Caller => ({ token: 't', principal: principalOf(subject), lease: { principal: principalOf(subject), expiresAt: 1, key: 'k', onEnd: () => () => undefined, onRenew: () => () => undefined, renew: vi.fn(), dispose: vi.fn() } })
  for (let i = 0; i < exchangesPerMinute; i++) await exchangeToken({}, callerOf('ada'))
  await expect(exchangeToken({}, callerOf('ada'))).rejects.toMatchObject({ code: 'limit_exceeded' })
  expect(exchange).toHaveBeenCalledTimes(exchangesPerMinute)
  expect(await exchangeToken({}, callerOf('bob'))).toMatchObject({ token: 'gh_x' })
})

function principalOf(subject: string): Principal {
  return { id: `corp:${subject}`, provider: 'corp', subject, kind: 'human', email: null, groups: [], claims: {} }
}
