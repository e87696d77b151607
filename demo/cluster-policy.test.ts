// The demo's cluster behind the demo's own policy: its tests pass, nothing in it is of no use, and real kubectl meets what it says.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startClusterGateway, type ClusterGateway } from '../gateway/testing/cluster-gateway.ts'
import { newestKubectl, runKubectl, type KubectlOutcome } from '../gateway/testing/kubectl.ts'
import { clusterPolicy } from './cluster-policy.ts'
import { hasCluster, writeGatewayConfig } from './gateway-config.ts'

let world: ClusterGateway
beforeAll(async () => { world = await startClusterGateway({ policies: { cluster: clusterPolicy } }) })
afterAll(() => world.stop())

async function kubectl(group: string, ...args: readonly string[]): Promise<KubectlOutcome> {
  return runKubectl(await newestKubectl(), await world.kubeconfig({ sub: group, groups: [group], namespace: 'shop' }), args)
}

const written = () => world.cluster.requests().filter(({ method }) => method !== 'GET').map(({ method, target }) => `${method} ${target.split('?')[0]}`)

test('the file passes its own tests and the check; the config of a first start has the cluster, and follows its port', async () => {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-demo-config-'))
  try {
    const facts = { data, issuer: 'http://127.0.0.1:1', postgresPort: 1, clusterUrl: 'https://127.0.0.1:20001', apiPort: 20002, nativePort: 20003 }
    const file = writeGatewayConfig(facts)
    expect(hasCluster(file)).toBe(true)
    const { output } = await gatehouse('policy', 'test', '--config', file, '--offline')
    expect(output).not.toMatch(/on cluster/)
    expect(output).toMatch(/^2\d passed/m)
    const check = await gatehouse('policy', 'check', '--config', file)
    expect(check).toEqual({ code: 0, output: expect.not.stringMatching(/warning/i) as string })
    writeGatewayConfig({ ...facts, clusterUrl: 'https://127.0.0.1:20009' })
    expect(readFileSync(file, 'utf8')).toContain('server: https://127.0.0.1:20009\n')
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}, 60_000)

test('analysts see what runs, no Secrets, no variables, and no keys or people in logs', async () => {
  expect((await kubectl('analysts', 'get', 'pods')).stdout).toContain('postgres-0')
  expect((await kubectl('analysts', 'get', 'secrets', '-A')).stderr).toContain('denied by rule no-secrets')
  expect((await kubectl('analysts', 'get', 'deployment', 'api', '-o', 'yaml')).stdout).not.toContain('ft-2931')
  const logs = (await kubectl('analysts', 'logs', 'deployment/worker')).stdout
  expect(logs).toContain('job done')
  expect(logs).not.toMatch(/AKIA|lena\.fischer/)
}, 60_000)

test('engineers apply in shop and nowhere else; what is denied never reaches the cluster', async () => {
  const secret = (await kubectl('engineers', 'get', 'secret', 'shop-database', '-o', 'yaml')).stdout
  expect(secret).not.toContain(Buffer.from('correct-horse-battery-staple').toString('base64'))
  world.cluster.forgetRequests()
  expect((await kubectl('engineers', 'scale', 'deployment/web', '--replicas=4')).code).toBe(0)
  expect((await kubectl('engineers', 'scale', 'deployment/gateway', '-n', 'payments', '--replicas=0')).code).not.toBe(0)
  expect((await kubectl('engineers', 'delete', 'configmap', 'coredns', '-n', 'kube-system')).stderr).toContain('not-in-kube-system')
  expect((await kubectl('engineers', 'create', 'token', 'default')).stderr).toContain('mint-token')
  expect((await kubectl('engineers', 'port-forward', 'postgres-0', ':5432')).stderr).toContain('no-port-forward')
  expect(written()).toEqual(['PATCH /apis/apps/v1/namespaces/shop/deployments/web/scale'])
}, 60_000)

test('privacy sees Secrets as they are', async () => {
  const { stdout } = await kubectl('privacy', 'get', 'secret', 'shop-database', '-o', 'jsonpath={.data.password}')
  expect(Buffer.from(stdout, 'base64').toString()).toBe('correct-horse-battery-staple')
}, 60_000)

function gatehouse(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, '../bin/gatehouse'), ...args], (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }))
  })
}
