import { expect, test } from 'vitest'
import type { GatewayContext, KubernetesConnection } from '../../pipeline/context.ts'
import type { Lease } from '../../identity/authenticate.ts'
import { snapshotOf } from '../../policy/testing/build.ts'
import { KubernetesSession, type Memory } from './kubernetes-session.ts'

const snapshot = snapshotOf('policy: p\nconnections: [cluster]\nrules:\n  - { id: all, who: everyone, allow: { kubernetes: [get] } }\n')
const principal = { id: 'test:eli', email: null, groups: [], kind: 'human', claims: {} } as const

test('a token that ends while its session is opened gives a refusal, not a fault', async () => {
  const kept: string[] = []
  let isClosed = false
  const context = {
    journal: { recorder: () => ({ json: (_: string, kind: string) => { kept.push(kind) }, close: (reason: string) => { kept.push(reason) } }) },
    registry: { open: () => Promise.resolve(), closed: () => undefined },
    policies: { current: snapshot, onChange: () => () => undefined },
  } as unknown as GatewayContext
  const lease = {
    principal, expiresAt: 0, key: 'k', dispose: () => undefined, onRenew: () => () => undefined, renew: () => Promise.reject(new Error('no')),
    onEnd: (listener: (reason: string) => void) => { queueMicrotask(() => listener('the token has expired')); return () => undefined },
  } as unknown as Lease
  const connection = { target: { summary: { name: 'cluster', kind: 'kubernetes', labels: {} } } } as unknown as KubernetesConnection
  const opening = KubernetesSession.open({ context, memory: {} as Memory, connection, lease, client: 'kubectl', idleMs: null, onClosed: () => { isClosed = true } })
  await expect(opening).rejects.toMatchObject({ code: 'token_expired', message: 'the session was ended: the token has expired' })
  expect([kept, isClosed]).toEqual([['open', 'the token has expired'], true])
})
