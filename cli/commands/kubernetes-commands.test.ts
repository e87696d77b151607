// kubeconfig, kubectl and connect by the launcher, with every real kubectl of the machine, against a fake gateway.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parse } from 'yaml'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fakeKubernetes } from '../../client/testing/fake-kubernetes.ts'
import { problem, startFakeGateway, type FakeGateway } from '../../client/testing/fake-gateway.ts'
import { testJwt } from '../../client/testing/signed-in.ts'
import { kubectlHome, kubectls, newestKubectl, someKubectls } from '../../gateway/testing/kubectl.ts'

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'gatehouse')
const allOf = await kubectls()
let gateway: FakeGateway
let folder: string
let env: NodeJS.ProcessEnv
let children: ChildProcess[]

beforeEach(async () => {
  children = []
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'))
  gateway = await startFakeGateway()
  gateway.clusters = ['prod']
  gateway.kubernetes = fakeKubernetes('/k8s/prod')
  gateway.tokens.set('gh_env', { subject: 'ana', expiresAt: Date.now() + 600_000 })
  // A folder of which only kubectl is taken, however many programs lie beside the real one.
  const programs = join(folder, 'programs')
  mkdirSync(programs)
  symlinkSync((await newestKubectl()).path, join(programs, 'kubectl'))
  env = { PATH: [programs, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter), HOME: folder, TMPDIR: folder, XDG_CONFIG_HOME: join(folder, 'config'), GATEHOUSE_URL: gateway.url, GATEHOUSE_CA: gateway.ca, GATEHOUSE_TOKEN: 'gh_env' }
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await gateway.close()
  rmSync(folder, { recursive: true, maxRetries: 3 })
})

interface Outcome { readonly code: number; readonly stdout: string; readonly stderr: string }
const run = (...words: readonly string[]) => new Promise<Outcome>((resolve) => {
  execFile(process.execPath, [launcher, ...words], { env, timeout: 20_000 }, (failure, stdout, stderr) => {
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
const modeOf = (path: string) => statSync(path).mode & 0o777
interface Kubeconfig { clusters: { cluster: Record<string, string> }[]; users: { user: { exec: { command: string; args: string[]; env: { name: string; value: string }[]; [key: string]: unknown } } }[]; [key: string]: unknown }
const readKubeconfig = (text: string) => parse(text) as Kubeconfig

test('kubeconfig writes a file of its own without a token, and prints its path', async () => {
  const { code, stdout } = await run('kubeconfig', 'prod', '--namespace', 'shop')
  expect(code).toBe(0)
  const path = stdout.trim()
  expect([path.startsWith(join(folder, 'config', 'gatehouse')), modeOf(path)]).toEqual([true, 0o600])
  const text = readFileSync(path, 'utf8')
  const config = readKubeconfig(text)
  expect(config).toMatchObject({
    'current-context': 'gatehouse-prod', contexts: [{ name: 'gatehouse-prod', context: { namespace: 'shop' } }],
    clusters: [{ cluster: { server: `${gateway.url}/k8s/prod`, 'certificate-authority-data': readFileSync(gateway.ca).toString('base64') } }],
  })
  expect(config.users[0]!.user.exec).toEqual({
    apiVersion: 'client.authentication.k8s.io/v1', command: launcher, args: ['kubeconfig', '--exec', 'prod'], interactiveMode: 'IfAvailable', provideClusterInfo: true,
    env: [{ name: 'GATEHOUSE_URL', value: gateway.url }, { name: 'GATEHOUSE_CA', value: gateway.ca }], installHint: expect.any(String) as string,
  })
  expect(text).not.toContain('gh_')
  expect(existsSync(join(folder, '.kube'))).toBe(false)
})

test('kubeconfig goes where it is told, as JSON tells where, and leaves other people\'s files alone', async () => {
  const file = join(folder, 'mine.yaml')
  expect(JSON.parse((await run('kubeconfig', 'prod', '--output', file, '--json')).stdout)).toEqual({ connection: 'prod', path: file, context: 'gatehouse-prod', server: `${gateway.url}/k8s/prod` })
  expect((await run('kubeconfig', 'prod', '--output', file)).code).toBe(0)
  expect(readKubeconfig((await run('kubeconfig', 'prod', '--output', '-')).stdout)).toMatchObject({ kind: 'Config' })
  mkdirSync(join(folder, '.kube'))
  const others = [join(folder, '.kube', 'config'), join(folder, 'notes.txt'), join(folder, 'theirs.yaml')]
  writeFileSync(others[1]!, 'a: b: c')
  writeFileSync(others[2]!, 'contexts: [{ name: gatehouse-prod }, { name: kind-kind }]')
  for (const other of others) expect(await run('kubeconfig', 'prod', '--output', other)).toMatchObject({ code: 1, stdout: '', stderr: `gatehouse: ${other} is not a kubeconfig of Gatehouse's, and is left as it is; choose another file and name both in KUBECONFIG\n` })
  expect(existsSync(others[0]!)).toBe(false)
})

test('one line on stderr for what goes wrong', async () => {
  expect(await run('kubeconfig', 'nope')).toMatchObject({ code: 1, stderr: 'gatehouse: there is no connection "nope" for you; yours are prod\n' })
  expect(await run('kubeconfig', 'shop')).toMatchObject({ code: 1, stderr: 'gatehouse: shop is of kind postgres, and this is for kind kubernetes; yours are prod\n' })
  env['GATEHOUSE_TOKEN'] = ''
  for (const words of [['kubeconfig', 'prod'], ['kubeconfig', '--exec', 'prod'], ['kubectl', 'prod', '--', 'get', 'pods']]) {
    expect(await run(...words)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^gatehouse: nobody is signed in to https:.*\(gatehouse login\)\n$/) as string })
  }
})

const execInfo = (cluster: Record<string, unknown> | undefined, apiVersion = 'client.authentication.k8s.io/v1') => JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false, cluster } })

test('the exec plugin speaks what it is asked in, with the token\'s end', async () => {
  const expiry = `${new Date(gateway.tokens.get('gh_env')!.expiresAt).toISOString().slice(0, 19)}Z`
  for (const version of ['v1', 'v1beta1']) {
    env['KUBERNETES_EXEC_INFO'] = execInfo({ server: `${gateway.url}/k8s/prod` }, `client.authentication.k8s.io/${version}`)
    expect(JSON.parse((await run('kubeconfig', '--exec', 'prod')).stdout)).toEqual({ apiVersion: `client.authentication.k8s.io/${version}`, kind: 'ExecCredential', status: { token: 'gh_env', expirationTimestamp: expiry } })
  }
  delete env['KUBERNETES_EXEC_INFO']
  expect(JSON.parse((await run('kubeconfig', '--exec', 'prod', '--exec-api', 'v1beta1')).stdout)).toMatchObject({ apiVersion: 'client.authentication.k8s.io/v1beta1' })
})

test('the exec plugin gives its token for this connection of this gateway alone', async () => {
  const astray: readonly [string, RegExp][] = [
    [execInfo({ server: 'https://evil.example/k8s/prod' }), /no token is given: the client would send it to "https:\/\/evil\.example/],
    [execInfo({ server: `${gateway.url}/k8s/other` }), /no token is given/],
    [execInfo({ server: `${gateway.url}.evil.example/k8s/prod` }), /no token is given/],
    [execInfo({ server: `${gateway.url}/k8s/prod`, 'insecure-skip-tls-verify': true }), /would not check the gateway's certificate/],
    [execInfo(undefined, 'client.authentication.k8s.io/v1alpha1'), /Gatehouse speaks client\.authentication\.k8s\.io\/v1 and/],
    ['{"kind":"Pod"}', /KUBERNETES_EXEC_INFO is not what kubectl sends/], ['nonsense', /KUBERNETES_EXEC_INFO/],
  ]
  for (const [info, message] of astray) {
    env['KUBERNETES_EXEC_INFO'] = info
    const { code, stdout, stderr } = await run('kubeconfig', '--exec', 'prod')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(message)
  }
})

test.each(allOf)('kubectl $version works with the kubeconfig', async (kubectl) => {
  const api = kubectl.minor < 22 ? 'v1beta1' : 'v1'
  const home = kubectlHome(kubectl, (await run('kubeconfig', 'prod', '--output', '-', '--exec-api', api)).stdout)
  try {
    const plugin = { env: { GATEHOUSE_TOKEN: 'gh_env', PATH: env['PATH']! } }
    expect(await home.run(['get', 'pods', '-o', 'name'], plugin)).toMatchObject({ code: 0, stdout: 'pod/web\n', stderr: '' })
    expect(gateway.requests).toContainEqual(expect.stringMatching(/^GET \/k8s\/prod\/api\/v1\/namespaces\/default\/pods/))
    const signedOut = await home.run(['get', 'pods'], { env: { ...plugin.env, GATEHOUSE_TOKEN: '' } })
    expect([signedOut.code, signedOut.stderr]).toEqual([1, expect.stringContaining('gatehouse login')])
    const astray = await home.run(['get', 'pods', '--insecure-skip-tls-verify=true'], plugin)
    expect([astray.code, astray.stderr]).toEqual([1, expect.stringContaining('no token is given')])
  } finally {
    await home.dispose()
  }
})

test('a program that runs on (helm, k9s; here kubectl proxy) asks the plugin again when its token is refused', async () => {
  const jwt = testJwt()
  gateway.tokens.set(jwt, { subject: 'ci', expiresAt: Date.now() + 600_000 })
  env['GATEHOUSE_TOKEN'] = jwt
  const home = kubectlHome(await newestKubectl(), (await run('kubeconfig', 'prod', '--output', '-')).stdout)
  try {
    const proxy = home.start(['proxy', '--port=0', '--append-server-path'], { env: { GATEHOUSE_TOKEN: jwt, PATH: env['PATH']! } })
    await expect.poll(() => proxy.stdout).toContain('Starting to serve')
    const address = /127\.0\.0\.1:\d+/.exec(proxy.stdout)![0]
    const status = async () => (await fetch(`http://${address}/version`)).status
    expect(await status()).toBe(200)
    const exchanges = gateway.exchanges
    for (const token of gateway.tokens.keys()) if (token.startsWith('gh_')) gateway.tokens.delete(token)
    expect([await status(), await status()]).toEqual([401, 200])
    expect(gateway.exchanges).toBe(exchanges + 1)
  } finally {
    await home.dispose()
  }
})

test('kubectl runs with a kubeconfig that is gone afterwards, and its exit code is ours', async () => {
  expect(await run('kubectl', 'prod', '--', 'get', 'pods', '-o', 'name')).toEqual({ code: 0, stdout: 'pod/web\n', stderr: '' })
  const missing = await run('kubectl', 'prod', '--', 'get', 'pod', 'nothing')
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('Error from server (NotFound)') as string })
  expect(readdirSync(folder).filter((name) => name.startsWith('gatehouse-kubectl-'))).toEqual([])
})

test('kubectl has our stdin and our signals', async () => {
  const diff = start('kubectl', 'prod', '--', 'create', '-f', '-', '--dry-run=client', '--validate=false', '-o', 'name')
  diff.child.stdin.end('{"apiVersion":"v1","kind":"Pod","metadata":{"name":"piped"}}')
  expect([await diff.ended, diff.out]).toEqual([0, 'pod/piped\n'])
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const watching = start('kubectl', 'prod', '--', 'get', 'pods', '-w', '-o', 'name')
    await expect.poll(() => watching.out, { timeout: 10_000 }).toContain('pod/web')
    expect(readdirSync(folder).filter((name) => name.startsWith('gatehouse-kubectl-'))).toHaveLength(1)
    watching.child.kill(signal)
    expect(await watching.ended).toBe(1) // kubectl's own: it ends by itself at each of them.
    expect(readdirSync(folder).filter((name) => name.startsWith('gatehouse-kubectl-'))).toEqual([])
  }
})

test('kubectl has our terminal, and Ctrl-C there is its own', async () => {
  // A plugin says what kubectl was given.
  writeFileSync(join(folder, 'programs', 'kubectl-look'), '#!/bin/sh\ntest -t 0 && test -t 1 && test -t 2 && echo "a terminal, $KUBECONFIG"\n', { mode: 0o755 })
  const terminal = (words: string) => {
    const child = spawn('script', ['-qefc', `"$NODE" "$LAUNCHER" ${words}`, '/dev/null'], { env: { ...env, NODE: process.execPath, LAUNCHER: launcher } })
    children.push(child)
    const said = { out: '', child, ended: new Promise<number | null>((resolve) => { child.once('close', resolve) }) }
    child.stdout.on('data', (chunk: Buffer) => { said.out += chunk.toString() })
    return said
  }
  const look = terminal('kubectl prod -- look')
  expect(await look.ended).toBe(0)
  expect(look.out).toMatch(/^a terminal, .*gatehouse-kubectl-.*kubeconfig\r\n$/)
  const watching = terminal('kubectl prod -- get pods -w -o name')
  await expect.poll(() => watching.out, { timeout: 10_000 }).toContain('pod/web')
  watching.child.stdin.write('\u0003')
  expect(await watching.ended).not.toBe(0)
  expect(readdirSync(folder).filter((name) => name.startsWith('gatehouse-kubectl-'))).toEqual([])
})

test('what leads kubectl elsewhere is passed on and said, without a token', async () => {
  const { code, stderr } = await run('kubectl', 'prod', '--', 'get', 'pods', `--server=${gateway.url}/k8s/other`)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^note: --server: kubectl goes by that, which may not be prod/)
  expect(stderr).toContain('no token is given')
  const kubectlOwn = await run('kubectl', 'prod', '--', 'version', '--client', '--', '--server')
  expect(kubectlOwn.stderr).not.toContain('note:')
})

test('without kubectl it says what to install', async () => {
  env['PATH'] = join(folder, 'nothing')
  expect(await run('kubectl', 'prod', '--', 'get', 'pods')).toMatchObject({ code: 1, stderr: expect.stringMatching(/^gatehouse: kubectl is not in PATH; install it .*\n$/) as string })
})

const person = { id: 'corp:otto', email: 'otto@example.com', kind: 'human' }
const approvalOf = (state: string, more: object = {}) => ({
  id: 'ap_1', state, subject: { kind: 'command', protocol: 'kubernetes', recorded: 'delete pods/web' }, requester: { ...person, delegator: null, run: null }, connection: { name: 'prod', kind: 'kubernetes', labels: {} },
  rule: null, reason: 'because', purpose: null, riskLevel: 'low', needs: [{ groups: ['on-call'], users: [], count: 1, have: 0 }], createdAt: '2026-01-01T00:00:00.000Z', expiresAt: new Date(2026, 0, 1, 14, 5).toISOString(), decisions: [], viewers: [],
  held: [{ session: 'se_1', command: 'c', since: '2026-01-01T00:00:00.000Z', isLive: true }], closedAt: null, closeReason: null, grant: null, brokenGlass: null, permitted: { isRequester: true, decide: null, deny: null, withdraw: null, breakGlass: null, review: null }, ...more,
})

test('a held kubectl is not silent: who may approve it, until when, and how it ended', async () => {
  let stream: ServerResponse | undefined
  let decided = Promise.withResolvers<void>()
  gateway.kubernetes = fakeKubernetes('/k8s/prod', () => {
    send('opened', approvalOf('open'))
    return decided.promise
  })
  gateway.intercept = (request, response) => {
    if (request.url?.startsWith('/v1/approvals') === true) response.writeHead(200).end(JSON.stringify({ approvals: [], next: null }))
    else if (request.url?.startsWith('/v1/events') === true) (stream = response).writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\nevent: ready\ndata: {"cursor":"1"}\n\n')
    else return false
    return true
  }
  const send = (kind: string, approval: object) => stream?.write(`id: 2\nevent: approval\ndata: ${JSON.stringify({ cursor: '2', at: '2026-01-01T00:00:00.000Z', kind, by: person, approval, grant: null })}\n\n`)
  const approved = start('kubectl', 'prod', '--', 'delete', 'pod', 'web', '--wait=false')
  await expect.poll(() => approved.err, { timeout: 10_000 }).toBe('waiting for approval ap_1 by on-call, expires 14:05\n')
  send('decided', approvalOf('approved', { decisions: [{ by: person, decision: 'approve', reason: null, at: '2026-01-01T00:00:00.000Z' }] }))
  await expect.poll(() => approved.err).toContain('approval ap_1: approved by otto@example.com\n')
  decided.resolve()
  expect([await approved.ended, approved.out]).toEqual([0, 'pod "web" deleted\n'])

  decided = Promise.withResolvers<void>()
  const denied = start('kubectl', 'prod', '--', 'delete', 'pod', 'web', '--wait=false')
  await expect.poll(() => denied.err, { timeout: 10_000 }).toContain('waiting for approval')
  send('closed', approvalOf('denied', { closeReason: 'denied by otto: not\u202e now' }))
  await expect.poll(() => denied.err).toMatch(/\napproval ap_1: denied: denied by otto: not.+ now\n/)
  decided.reject(new Error('approval ap_1 was denied'))
  expect(await denied.ended).toBe(1)
  expect(denied.err).toContain('Error from server (Forbidden): approval ap_1 was denied')
  expect(denied.err).not.toContain('\u202e')
})

test('what was held before the stream was live is said too; a gateway without it is no hindrance', async () => {
  gateway.intercept = (request, response) => {
    if (request.url?.startsWith('/v1/approvals') === true) response.writeHead(200).end(JSON.stringify({ approvals: [approvalOf('open'), approvalOf('open', { id: 'ap_2', held: [] }), approvalOf('open', { id: 'ap_3', connection: { name: 'other', kind: 'kubernetes', labels: {} } })], next: null }))
    else if (request.url?.startsWith('/v1/events') === true) response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\nevent: ready\ndata: {"cursor":"1"}\n\n')
    else return false
    return true
  }
  const held = start('kubectl', 'prod', '--', 'get', 'pods', '-w', '-o', 'name')
  await expect.poll(() => held.err, { timeout: 10_000 }).toBe('waiting for approval ap_1 by on-call, expires 14:05\n')
  gateway.intercept = (request, response) => request.url?.startsWith('/v1/events') === true && response.writeHead(404, { 'content-type': 'application/problem+json' }).end(problem('not_found', 404)) !== undefined
  expect(await run('kubectl', 'prod', '--', 'get', 'pods', '-o', 'name')).toEqual({ code: 0, stdout: 'pod/web\n', stderr: '' })
})

test('connect serves kubectl on loopback with a kubeconfig that goes with it', async () => {
  const connected = start('connect', 'prod', '--json')
  await expect.poll(() => connected.out.endsWith('}\n'), { timeout: 10_000 }).toBe(true)
  const { host, port, url, kubeconfig, command } = JSON.parse(connected.out) as Record<string, string>
  expect([host, url, command, modeOf(kubeconfig!)]).toEqual(['127.0.0.1', `https://127.0.0.1:${port}`, `export KUBECONFIG=${kubeconfig}`, 0o600])
  expect(readFileSync(kubeconfig!, 'utf8')).not.toContain('gh_')
  for (const kubectl of await someKubectls()) {
    const home = kubectlHome(kubectl, readFileSync(kubeconfig!, 'utf8'))
    expect(await home.run(['get', 'pods', '-o', 'name'])).toMatchObject({ code: 0, stdout: 'pod/web\n' })
    expect(await home.run(['get', '--raw', '/api/v1'])).toMatchObject({ code: 0, stdout: expect.stringContaining('"pods"') as string })
    const wrong = await home.run(['get', 'pods', '--token=wrong'])
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/not this listener's secret|provide credentials/)])
    await home.dispose()
  }
  connected.child.kill('SIGTERM')
  expect(await connected.ended).toBe(0)
  expect(existsSync(kubeconfig!)).toBe(false)
})

test('both have help', async () => {
  for (const name of ['kubeconfig', 'kubectl']) expect(await run(name, '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining(`Usage: gatehouse ${name}`) as string })
  expect(await run('kubectl', 'prod', 'get', 'pods', '-w')).toMatchObject({ code: 1, stderr: expect.stringContaining('stands after --') as string })
})
