// Says which versions of kubectl the suites of this run met; and that none of them can see the developer's clusters.
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createTestCa } from './certificates.ts'
import { kubectlHome, kubectls, newestKubectl, runKubectl, tokenKubeconfig } from './kubectl.ts'

const nowhere = JSON.stringify({ apiVersion: 'v1', kind: 'Config' })

test('every kubectl of the machine is found, once a minor version, oldest first', async () => {
  const all = await kubectls()
  process.stdout.write(`kubectl under test: ${all.map(({ version }) => version).join(', ')}\n`)
  expect(all.length, 'kubectl is not installed: apt-get install kubernetes-client').toBeGreaterThan(0)
  expect(all.map(({ minor }) => minor)).toEqual([...new Set(all.map(({ minor }) => minor))].toSorted((a, b) => a - b))
})

test('it runs with a kubeconfig of its own and nothing of the environment', async () => {
  process.env['KUBERNETES_SERVICE_HOST'] = '127.0.0.1'
  try {
    for (const kubectl of await kubectls()) {
      const { code, stdout } = await runKubectl(kubectl, nowhere, ['config', 'view', '-o', 'json'])
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ clusters: null, users: null, contexts: null })
      expect(await runKubectl(kubectl, nowhere, ['get', 'pods', '--request-timeout=1s'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/localhost:8080|127\.0\.0\.1:8080|\[::1\]:8080/) as string })
    }
  } finally {
    delete process.env['KUBERNETES_SERVICE_HOST']
  }
})

test('it reaches the server of its kubeconfig with the token, over TLS that it checks', async () => {
  const ca = createTestCa()
  const { cert, key } = ca.issue(['127.0.0.1'])
  const kubectl = await newestKubectl()
  const seen: string[] = []
  const server = createServer({ cert, key }, (request, response) => {
    seen.push(`${request.method} ${request.url?.split('?')[0]} ${request.headers.authorization}`)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ major: '1', minor: String(kubectl.minor), gitVersion: `v${kubectl.version}` }))
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/k8s/prod`
  try {
    const { code, stdout, stderr } = await runKubectl(kubectl, tokenKubeconfig({ server: url, ca: ca.cert, token: 'secret' }), ['version', '-o', 'json'])
    expect([code, stderr, seen]).toEqual([0, '', ['GET /k8s/prod/version Bearer secret']])
    expect(JSON.parse(stdout)).toMatchObject({ serverVersion: { gitVersion: `v${kubectl.version}` } })
    const stranger = await runKubectl(kubectl, tokenKubeconfig({ server: url, ca: createTestCa().cert, token: 'secret' }), ['version'])
    expect([stranger.code, seen.length]).toEqual([1, 1])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('a terminal, a deadline, and an end of what still runs', async () => {
  const home = kubectlHome(await newestKubectl(), nowhere)
  expect(await home.run(['version', '--client'], { tty: true })).toMatchObject({ code: 0, stdout: expect.stringContaining('\r\n') as string })
  const proxy = ['proxy', '--port=0']
  expect(await home.run(proxy, { timeoutMs: 300 })).toMatchObject({ code: -1, stderr: expect.stringContaining('it ran for 300 ms') as string })
  const running = home.start(proxy)
  await expect.poll(() => running.stdout).toContain('Starting to serve')
  await home.dispose()
  expect(await running.ended).toMatchObject({ code: -1 })
})
