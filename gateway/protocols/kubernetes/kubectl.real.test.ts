// Real kubectl through the gateway (HTTP/2 to the cluster): the whole table with the newest and the oldest, a short one with every other version.
import { afterAll, beforeAll, describe } from 'vitest'
import { kubectls, someKubectls, tokenKubeconfig } from '../../testing/kubectl.ts'
import type { Way } from './testing/kubectl-ground.ts'
import { suitePolicy } from './testing/kubectl-policy.ts'
import { allCases, describeKubectl, shortCases } from './testing/kubectl-suite.ts'
import { startKubectlWorld, type KubectlWorld } from './testing/kubectl-world.ts'

const straight: Way = {
  name: 'gateway',
  kubeconfig: ({ gateway }, person) => Promise.resolve({ text: tokenKubeconfig({ ...person, server: `${gateway.api}/k8s/cluster`, ca: gateway.ca }), dispose: () => Promise.resolve() }),
}

const [all, some] = [await kubectls(), await someKubectls()]
describe('with a token', () => {
  let world: KubectlWorld
  beforeAll(async () => { world = await startKubectlWorld({ policy: suitePolicy }) })
  afterAll(() => world?.stop())
  for (const kubectl of all) describeKubectl(kubectl, straight, { world: () => world, cases: some.includes(kubectl) ? allCases : shortCases })
})
