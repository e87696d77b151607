import { afterAll, beforeAll, expect, test } from 'vitest'
import { routes } from '../../shared/api.ts'
import type { Notifications } from '../store/notifications.ts'
import { startApi, type Fixture } from './testing/api-fixture.ts'

let fixture: Fixture
const retried: string[] = []
const notifications = {
  listDead: async () => [{ id: 'nt_1', target: 'ops', approval: 'ap_1', body: 'zz-body', attempts: 12, createdAt: 0, deadAt: 1000, lastError: 'it answered 500' }],
  retry: async (id: string) => { retried.push(id); return id === 'nt_1' },
} satisfies Partial<Notifications> as unknown as Notifications
beforeAll(async () => { fixture = await startApi({ approvals: { notifications } as never }) })
afterAll(() => fixture.close())

test('dead letters are for reviewers, and say nothing of what was in them', async () => {
  const rita = await fixture.signer.sign({ sub: 'rita', groups: [] })
  const { text, json } = await fixture.call('GET', '/v1/notifications/dead', { token: rita })
  expect(routes.deadLetters.output.parse(json).notifications).toEqual([
    { id: 'nt_1', target: 'ops', approval: 'ap_1', attempts: 12, createdAt: '1970-01-01T00:00:00.000Z', deadAt: '1970-01-01T00:00:01.000Z', error: 'it answered 500' },
  ])
  expect(text).not.toContain('zz-body')
  expect((await fixture.call('POST', '/v1/notifications/nt_1/retry', { token: rita })).status).toBe(200)
  expect((await fixture.call('POST', '/v1/notifications/nt_2/retry', { token: rita })).status).toBe(404)
})

test('and for nobody else', async () => {
  const ada = await fixture.signer.sign()
  retried.length = 0
  expect((await fixture.call('GET', '/v1/notifications/dead', { token: ada })).status).toBe(403)
  expect((await fixture.call('POST', '/v1/notifications/nt_1/retry', { token: ada })).status).toBe(403)
  expect(retried).toEqual([])
})
