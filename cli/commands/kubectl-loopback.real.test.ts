// The table of real kubectl again, the oldest and the newest, through the loopback proxy, and to a cluster that speaks HTTP/1.1 only.
import { afterAll, beforeAll, describe } from 'vitest'
import { openKubernetesListener } from '../../client/session-proxy/kubernetes-listener.ts'
import type { Way } from '../../gateway/protocols/kubernetes/testing/kubectl-ground.ts'
import { suitePolicy } from '../../gateway/protocols/kubernetes/testing/kubectl-policy.ts'
import { allCases, describeKubectl } from '../../gateway/protocols/kubernetes/testing/kubectl-suite.ts'
import { startKubectlWorld, type KubectlWorld } from '../../gateway/protocols/kubernetes/testing/kubectl-world.ts'
import { someKubectls, tokenKubeconfig } from '../../gateway/testing/kubectl.ts'

const loopback: Way = {
  name: 'loopback',
  async kubeconfig({ gateway }, { token, namespace }) {
    const pass = () => Promise.resolve({ address: { url: gateway.api, ca: gateway.caFile }, token, expiresAt: new Date(Date.now() + 3_600_000).toISOString() })
    const listener = await openKubernetesListener({ connection: 'cluster', account: { pass, onToken: () => () => undefined } })
    return { text: tokenKubeconfig({ server: listener.url, ca: listener.caPem, token: listener.secret, namespace }), dispose: () => listener.close() }
  },
}

const some = await someKubectls()
describe('through the loopback proxy', () => {
  let world: KubectlWorld
  beforeAll(async () => { world = await startKubectlWorld({ policy: suitePolicy, isHttp1: true }) })
  afterAll(() => world?.stop())
  for (const kubectl of some) describeKubectl(kubectl, loopback, { world: () => world, cases: allCases })
})
