// The whole way: the CLI, real kubectl, the gateway, the demo's cluster; straight and through the loopback listener.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApiClient } from '../../client/api-client.ts'
import { startClusterGateway, type ClusterGateway } from '../../gateway/testing/cluster-gateway.ts'
import { kubectlHome, kubectls, newestKubectl, someKubectls } from '../../gateway/testing/kubectl.ts'

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'gatehouse')
const policies = {
  cluster: `
policy: cluster
connections: [cluster]
rules:
  - { id: look, who: { groups: [engineers] }, allow: { kubernetes: [get, list, watch], resources: ["*"] } }
  - { id: terminals, who: { groups: [engineers] }, allow: { kubernetes: [exec, portforward], resources: [pods/exec, pods/portforward] } }
  - { id: ask, who: { groups: [engineers] }, approve: { kubernetes: [delete], resources: [pods] }, by: { groups: [on-call] }, within: 5m }
`,
}
const all = await kubectls()
let world: ClusterGateway
let folder: string
let env: NodeJS.ProcessEnv
let children: ChildProcess[]

beforeAll(async () => { world = await startClusterGateway({ policies }) })
afterAll(() => world.stop())
beforeEach(async () => {
  children = []
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'))
  const programs = join(folder, 'programs')
  mkdirSync(programs)
  symlinkSync((await newestKubectl()).path, join(programs, 'kubectl'))
  writeFileSync(join(folder, 'ca.pem'), world.ca)
  env = { PATH: [programs, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter), HOME: folder, TMPDIR: folder, XDG_CONFIG_HOME: join(folder, 'config'), GATEHOUSE_URL: world.api, GATEHOUSE_CA: join(folder, 'ca.pem'), GATEHOUSE_TOKEN: await sessionToken('eli', ['engineers']) }
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, maxRetries: 3 })
})

async function sessionToken(sub: string, groups: readonly string[], expiresInSeconds = 600): Promise<string> {
  const file = join(folder, `${sub}.ca.pem`)
  writeFileSync(file, world.ca)
  const api = createApiClient({ url: world.api, ca: file })
  const { token } = await api.call('exchangeToken', {}, await world.token({ sub, groups, expiresInSeconds }))
  api.dispose()
  return token
}

interface Outcome { readonly code: number; readonly stdout: string; readonly stderr: string }
const run = (words: readonly string[], changes: NodeJS.ProcessEnv = {}) => new Promise<Outcome>((resolve) => {
  execFile(process.execPath, [launcher, ...words], { env: { ...env, ...changes }, timeout: 25_000 }, (failure, stdout, stderr) => {
    resolve({ code: failure === null ? 0 : typeof failure.code === 'number' ? failure.code : -1, stdout, stderr })
  })
})
function start(...words: readonly string[]) {
  const child = spawn(process.execPath, [launcher, ...words], { env })
  children.push(child)
  const said = { out: '', err: '', child, ended: new Promise<number | null>((resolve) => { child.once('close', resolve) }) }
  child.stdout.on('data', (chunk: Buffer) => { said.out += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { said.err += chunk.toString() })
  return said
}

test.each(all)('kubectl $version reads the cluster through the gateway with the exec plugin', async (kubectl) => {
  const api = kubectl.minor < 22 ? 'v1beta1' : 'v1'
  const written = await run(['kubeconfig', 'cluster', '--output', '-', '--exec-api', api])
  const home = kubectlHome(kubectl, written.stdout)
  try {
    const plugin = { env: { GATEHOUSE_TOKEN: env['GATEHOUSE_TOKEN']!, PATH: env['PATH']! } }
    const pods = await home.run(['get', 'pods', '-A', '--no-headers'], plugin)
    expect(pods).toMatchObject({ code: 0, stderr: '' })
    expect(pods.stdout.trim().split('\n').length).toBeGreaterThan(3)
    const refused = await home.run(['run', 'mine', '--image=mine'], plugin)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/\(Forbidden\): .*no rule/i)
  } finally {
    await home.dispose()
  }
})

test('and through the loopback listener', async () => {
  const connected = start('connect', 'cluster', '--json')
  await expect.poll(() => connected.out.endsWith('}\n'), { timeout: 10_000 }).toBe(true)
  const { kubeconfig } = JSON.parse(connected.out) as { kubeconfig: string }
  for (const kubectl of await someKubectls()) {
    const home = kubectlHome(kubectl, readFileSync(kubeconfig, 'utf8'))
    expect(await home.run(['get', 'pods', '-A', '--no-headers'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/Running/) as string, stderr: '' })
    const watch = home.start(['get', 'pods', '-A', '-w', '-o', 'name'])
    await expect.poll(() => watch.stdout, { timeout: 10_000 }).toMatch(/pod\//)
    await home.dispose()
  }
})

test.each(all)('kubectl $version has terminals, stdin and logs through the loopback listener', async (kubectl) => {
  const connected = start('connect', 'cluster', '--json')
  await expect.poll(() => connected.out.endsWith('}\n'), { timeout: 10_000 }).toBe(true)
  const { kubeconfig } = JSON.parse(connected.out) as { kubeconfig: string }
  const home = kubectlHome(kubectl, readFileSync(kubeconfig, 'utf8'))
  const pod = ['-n', 'shop', 'postgres-0']
  try {
    expect(await home.run(['exec', ...pod, '--', 'echo', 'hello'])).toMatchObject({ code: 0, stdout: 'hello\n' })
    expect(await home.run(['exec', '-i', ...pod, '--', 'cat'], { input: 'typed\n' })).toMatchObject({ code: 0, stdout: 'typed\n' })
    expect(await home.run(['exec', ...pod, '--', 'sh', '-c', 'exit 3'])).toMatchObject({ code: 3 })
    const logs = home.start(['logs', '-f', ...pod])
    await expect.poll(() => logs.stdout, { timeout: 10_000 }).not.toBe('')
    const terminal = home.start(['exec', '-it', ...pod, '--', 'sh'], { tty: true })
    await expect.poll(() => terminal.stdout, { timeout: 10_000 }).toMatch(/[$#] ?$/)
    terminal.child.stdin!.write('hostname\r')
    await expect.poll(() => terminal.stdout).toMatch(/postgres-0\r\n/)
    terminal.child.stdin!.write('exit\r')
    expect((await terminal.ended).code).toBe(0)
  } finally {
    await home.dispose()
  }
})

test('what waits behind the loopback listener is said by connect, and cancelled by leaving', async () => {
  const connected = start('connect', 'cluster', '--json')
  await expect.poll(() => connected.out.endsWith('}\n'), { timeout: 10_000 }).toBe(true)
  const { kubeconfig } = JSON.parse(connected.out) as { kubeconfig: string }
  const home = kubectlHome(await newestKubectl(), readFileSync(kubeconfig, 'utf8'))
  try {
    const held = home.start(['delete', 'pod', '-n', 'shop', 'postgres-0', '--wait=false'])
    await expect.poll(() => connected.err, { timeout: 10_000 }).toMatch(/\nwaiting for approval ap_\w+ by on-call, expires \d\d:\d\d\n/)
    const id = /ap_\w+/.exec(connected.err)![0]
    const isLive = async () => (JSON.parse((await run(['approvals', 'show', id, '--json'])).stdout) as { held: { isLive: boolean }[] }).held.some((each) => each.isLive)
    expect(await isLive()).toBe(true)
    held.child.kill('SIGINT')
    await held.ended
    await expect.poll(isLive, { timeout: 10_000 }).toBe(false)
  } finally {
    await home.dispose()
  }
})

test('gatehouse kubectl: a delete waits, says so, and goes on when it is approved', async () => {
  const pods = await run(['kubectl', 'cluster', '--', 'get', 'pods', '-A', '-o', 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}'])
  const [namespace, name] = pods.stdout.split('\n')[0]!.split('/') as [string, string]
  const held = start('kubectl', 'cluster', '-n', namespace, '--', 'delete', 'pod', name, '--wait=false')
  await expect.poll(() => held.err, { timeout: 20_000 }).toMatch(/^waiting for approval ap_\w+ by on-call, expires \d\d:\d\d\n$/)
  const [approval] = /ap_\w+/.exec(held.err)!
  const decided = await run(['approvals', 'approve', approval], { GATEHOUSE_TOKEN: await sessionToken('otto', ['on-call']) })
  expect(decided.stderr).toContain(name)
  expect([await held.ended, held.out]).toEqual([0, `pod "${name}" deleted\n`])
  expect(held.err).toContain(`approval ${approval}: approved by test:otto\n`)
})

/** The caller's token ends in a few seconds, and cannot be renewed. */
const soon = async () => { env['GATEHOUSE_TOKEN'] = await sessionToken('eli', ['engineers'], 6) }

test('the end of the token ends a watch, and kubectl ends with it', async () => {
  await soon()
  const watching = start('kubectl', 'cluster', '--', 'get', 'pods', '-A', '-w', '-o', 'name')
  await expect.poll(() => watching.out, { timeout: 6_000 }).toContain('pod/')
  const startedAt = Date.now()
  // kubectl takes the end of a watch for a good one, whatever the reason that comes with it.
  expect([await watching.ended, watching.err]).toEqual([0, ''])
  expect(Date.now() - startedAt).toBeLessThan(9_000)
})

test('the end of the token ends a watch through the loopback listener too, and what comes then is told to sign in', async () => {
  await soon()
  const connected = start('connect', 'cluster', '--json')
  await expect.poll(() => connected.out.endsWith('}\n'), { timeout: 5_000 }).toBe(true)
  const { kubeconfig } = JSON.parse(connected.out) as { kubeconfig: string }
  const home = kubectlHome(await newestKubectl(), readFileSync(kubeconfig, 'utf8'))
  try {
    const watch = home.start(['get', 'pods', '-A', '-w', '-o', 'name'])
    expect(await watch.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('pod/') as string, stderr: '' })
    const after = await home.run(['get', 'pods'])
    expect([after.code, after.stderr]).toEqual([1, expect.stringContaining('gatehouse login')])
  } finally {
    await home.dispose()
  }
})
