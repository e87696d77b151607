// Real kubectl through the loopback listener, with tokens of a few seconds: what is open outlives its first token as long as the account has
// fresh ones of the same principal, and no longer.
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { openKubernetesListener, type KubernetesListener } from '../../client/session-proxy/kubernetes-listener.ts'
import type { HeldRequest } from '../../client/session-proxy/kubernetes-pipe.ts'
import type { Pass } from '../../client/login/account.ts'
import { callApi, exchanged } from '../../gateway/testing/api.ts'
import { startClusterGateway, type ClusterGateway } from '../../gateway/testing/cluster-gateway.ts'
import { kubectlHome, newestKubectl, tokenKubeconfig, type KubectlHome } from '../../gateway/testing/kubectl.ts'

vi.setConfig({ testTimeout: 60_000 })

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: look, who: { groups: [engineers, trusted] }, allow: { kubernetes: [get, list, watch], resources: [pods, pods/log, configmaps] } }
  - { id: make, who: { groups: [engineers] }, allow: { kubernetes: [create], resources: [configmaps] } }
  - { id: web, who: { groups: [engineers] }, allow: { kubernetes: [portforward], resources: [pods/portforward] } }
  - { id: terminals, who: { groups: [engineers, trusted] }, allow: { kubernetes: [exec], resources: [pods/exec] } }
  - { id: worker, who: { groups: [engineers] }, approve: { kubernetes: [exec], resources: [pods/exec], names: ["worker-*"] }, by: { groups: [on-call] }, within: 1m }
masks:
  - { id: keys, detect: [aws-access-key], as: redact, except: { groups: [trusted] } }
`
const kubectl = await newestKubectl()
let world: ClusterGateway
let [api, worker] = ['', '']
const open: (() => Promise<void>)[] = []

beforeAll(async () => {
  world = await startClusterGateway({ policies: { cluster: policy } })
  const home = kubectlHome(kubectl, await world.kubeconfig({ sub: 'finder', groups: ['engineers'], namespace: 'shop' }))
  const names = (await home.run(['get', 'pods', '-o', 'name'])).stdout.split('\n').map((name) => name.replace('pod/', ''))
  await home.dispose()
  api = names.find((name) => name.startsWith('api-'))!
  worker = names.find((name) => name.startsWith('worker-'))!
})
afterAll(() => world?.stop())
afterEach(async () => { for (const close of open.splice(0).toReversed()) await close() })

interface Person {
  readonly home: KubectlHome
  readonly held: readonly HeldRequest[]
  readonly listener: KubernetesListener
  readonly token: () => string
  /** A fresh token, and word of it to the listener. */
  fresh(seconds: number, who?: { readonly sub?: string; readonly groups?: readonly string[] }): Promise<void>
}

/** Somebody with a listener, whose account says of fresh tokens only by `fresh`. */
async function person(sub: string, seconds: number, groups: readonly string[] = ['engineers']): Promise<Person> {
  const address = { api: world.api, ca: world.caFile }
  const passOf = async (life: number, who: { readonly sub: string; readonly groups: readonly string[] }): Promise<Pass> =>
    ({ address: { url: world.api, ca: world.caFile }, token: await exchanged(address, await world.token({ ...who, email: `${who.sub}@example.com`, expiresInSeconds: life })), expiresAt: '' })
  let pass = await passOf(seconds, { sub, groups })
  const told = new Set<(pass: Pass) => void>()
  const held: HeldRequest[] = []
  const listener = await openKubernetesListener({
    connection: 'cluster', onHeld: (one) => held.push(one),
    account: { pass: () => Promise.resolve(pass), onToken: (one) => { told.add(one); return () => told.delete(one) } },
  })
  const home = kubectlHome(kubectl, tokenKubeconfig({ server: listener.url, ca: listener.caPem, token: listener.secret, namespace: 'shop' }))
  open.push(() => listener.close(), () => home.dispose())
  return {
    home, held, listener, token: () => pass.token,
    async fresh(life, who = {}) {
      pass = await passOf(life, { sub, groups, ...who })
      for (const one of told) one(pass)
    },
  }
}

const shell = (home: KubectlHome, pod: string, line: string, env: Record<string, string> = {}) => home.start(['exec', pod, '--', 'sh', '-c', line], { env })

describe.each([['WebSocket', 'true'], ['SPDY', 'false']] as const)('over %s', (name, isWebSocket) => {
  const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: isWebSocket, KUBECTL_PORT_FORWARD_WEBSOCKETS: isWebSocket }

  test('a terminal, a watch, a log and a forwarded port outlive their first two tokens', async () => {
    const { home, fresh } = await person(`ana-${name}`, 5)
    const exec = shell(home, api, 'echo begun; sleep 11; echo alive', env)
    const watch = home.start(['get', 'configmaps', '-w', '-o', 'name'])
    const log = home.start(['logs', '-f', '--tail=1', api])
    const ports = home.start(['port-forward', api, ':8080'], { env })
    const lines = () => log.stdout.split('\n').length
    await expect.poll(() => [exec.stdout.includes('begun'), watch.stdout !== '', lines() > 1, /:\d+ ->/.test(ports.stdout)], { timeout: 4_000 }).toEqual([true, true, true, true])
    await fresh(8)
    await sleep(4_500)
    await fresh(20)
    await sleep(4_500)
    const [made, before] = [`kept-${isWebSocket}`, lines()]
    expect(await home.run(['create', 'configmap', made])).toMatchObject({ code: 0 })
    await expect.poll(() => watch.stdout, { timeout: 5_000 }).toContain(made)
    await expect.poll(lines, { timeout: 5_000 }).toBeGreaterThan(before)
    expect(await get(Number(/:(\d+) ->/.exec(ports.stdout)![1]))).toContain('port 8080')
    expect(await exec.ended).toMatchObject({ code: 0, stdout: 'begun\nalive\n' })
  })

  test('nobody renews, or another principal does: they end with their own token', async () => {
    const { home, fresh } = await person(`ben-${name}`, 5)
    const exec = shell(home, api, 'echo begun; sleep 30; echo alive', env)
    const watch = home.start(['get', 'pods', '-w', '-o', 'name'])
    await expect.poll(() => [exec.stdout.includes('begun'), watch.stdout !== ''], { timeout: 4_000 }).toEqual([true, true])
    await fresh(60, { sub: `eve-${name}` })
    const begin = Date.now()
    const ends = await Promise.all([exec.ended, watch.ended])
    expect(Date.now() - begin).toBeLessThan(7_000)
    expect(ends[0]).toMatchObject({ stdout: 'begun\n', stderr: expect.stringMatching(/token|session/) as string })
    expect(ends[0]!.code).not.toBe(0)
  })

  test('revocation of the newest token ends them within seconds', async () => {
    const { home, fresh, token } = await person(`cora-${name}`, 20)
    const exec = shell(home, api, 'echo begun; sleep 40', env)
    await expect.poll(() => exec.stdout, { timeout: 8_000 }).toContain('begun')
    await fresh(60)
    await sleep(500)
    await callApi({ api: world.api, ca: world.caFile }, 'DELETE', '/v1/tokens/current', token())
    const begin = Date.now()
    const { code, stderr } = await exec.ended
    expect(Date.now() - begin).toBeLessThan(3_000)
    expect(code).not.toBe(0)
    expect(stderr).toContain('revoked')
  })

  test('a terminal that waits for approval is told by its id, outlives its first token, and runs when it is approved', async () => {
    const { home, fresh, held } = await person(`dora-${name}`, 5)
    const exec = shell(home, worker, 'echo ran', env)
    await expect.poll(() => held.length, { timeout: 4_000 }).toBe(1)
    await fresh(60)
    await sleep(5_500)
    const address = { api: world.api, ca: world.caFile }
    const otto = await exchanged(address, await world.token({ sub: 'otto', groups: ['on-call'], email: 'otto@example.com' }))
    expect((await callApi(address, 'POST', `/v1/approvals/${held[0]!.approval}/decision`, otto, { decision: 'approve' })).status).toBe(200)
    expect(await exec.ended).toMatchObject({ code: 0, stdout: 'ran\n' })
  })

  test('who may see less by the new token is not shown the rest of a terminal', async () => {
    const { home, fresh } = await person(`finn-${name}`, 30, ['trusted'])
    const exec = shell(home, api, 'echo AKIAIOSFODNN7EXAMPLE; sleep 20; echo AKIAIOSFODNN7EXAMPLE', env)
    await expect.poll(() => exec.stdout, { timeout: 8_000 }).toContain('AKIAIOSFODNN7EXAMPLE')
    await fresh(60, { groups: ['engineers'] })
    const { code, stderr } = await exec.ended
    expect(code).not.toBe(0)
    expect(stderr).toContain('what is masked has changed')
  })
})

function get(port: number): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/x', agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => resolve(text))
    })
    asked.on('error', (error) => resolve(String(error))).end()
  })
}
