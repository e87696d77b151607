// What is asked for as a grant is read in the words of the connection's own protocol.
import { expect, test } from 'vitest'
import { someone } from '../policy/testing/build.ts'
import type { ApiContext } from './context.ts'
import { grantHandlers } from './grants.ts'

const connections = [{ name: 'prod', kind: 'kubernetes', labels: {} }, { name: 'shop', kind: 'postgres', labels: {} }] as const

async function asked(connection: string, kinds: readonly string[], on: readonly string[] | null): Promise<string> {
  // Only what requestGrant looks at.
  const context = { approvals: { desk: { requestGrant: () => Promise.resolve('asked') } }, connections, hasAnyRule: () => true } as unknown as ApiContext
  const input = { connection, kinds, on, minutes: 5, purpose: 'INC-1' }
  try {
    return String(await grantHandlers(context).requestGrant(input as never, { principal: someone() } as never))
  } catch (error) {
    return (error as Error).message
  }
}

test.each<readonly [connection: string, kinds: readonly string[], on: readonly string[] | null, answer: string]>([
  ['prod', ['delete', 'exec', 'mint-token', '*'], ['shop/pods', 'shop-*/pods/exec', '-/nodes', '*'], 'asked'],
  ['prod', ['select'], null, '"select" is not a Kubernetes verb'],
  ['prod', ['get'], ['pods'], 'expected namespace/resource'],
  ['prod', ['get'], ['shop/pod'], 'resources are plural, as in the paths of the API: pods'],
  ['prod', ['get'], ['/pods'], 'expected namespace/resource'],
  ['prod', ['get'], ['shop//metrics'], 'is in no place'],
  ['prod', [], null, 'names at least one kind'],
  ['prod', ['get'], [], 'names at least one kind'],
  ['shop', ['delete'], ['public.orders'], 'asked'],
  ['shop', ['exec'], null, '"exec" is not a SQL kind'],
  ['shop', ['delete'], ['shop/pods'], 'expected schema.table'],
])('on %s: %j on %j', async (connection, kinds, on, answer) => expect(await asked(connection, kinds, on)).toContain(answer))
