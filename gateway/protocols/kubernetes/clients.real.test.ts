// What helm and k9s ask, as plain requests through a whole gateway to the demo's cluster; as whom the cluster sees them; both versions of HTTP.
import { request as httpsRequest } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { realKubeconfig, startKubectlWorld, type KubectlWorld } from './testing/kubectl-world.ts'

const policy = (withHelm: boolean) => (prefix: string) => `
policy: suite
connections: [cluster]
rules:
  - { id: look, who: { groups: [engineers] }, allow: { kubernetes: [get, list, watch], resources: ["*"] } }
  - { id: release, who: { groups: [engineers] }, allow: { kubernetes: [create, update, patch, delete], resources: [secrets, configmaps], namespaces: ["${prefix}-*", shop] } }
${withHelm ? 'masks:\n  - { id: secrets, resources: [secrets], fields: ["/data/*"], as: redact, except-types: [helm.sh/release.v1] }' : ''}
`
const base64 = (text: string) => Buffer.from(text).toString('base64')

interface Answer { readonly status: number; readonly text: string; readonly json: Record<string, unknown> }
interface Ask { readonly method?: string; readonly body?: object; readonly accept?: string; readonly agent?: string }

function asking(world: KubectlWorld, token: string) {
  return (path: string, { method = 'GET', body, accept = 'application/json', agent = 'Helm/3.16.2' }: Ask = {}): Promise<Answer> => new Promise((resolve, reject) => {
    const content = body === undefined ? '' : JSON.stringify(body)
    const headers = { authorization: `Bearer ${token}`, accept, 'user-agent': agent, ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }) }
    httpsRequest(`${world.gateway.api}/k8s/cluster${path}`, { method, ca: world.gateway.ca, agent: false, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => resolve({ status: response.statusCode ?? 0, text, json: text.startsWith('{') ? JSON.parse(text) as Record<string, unknown> : {} }))
    }).on('error', reject).end(content)
  })
}

// They are about the demo's own estate, and what reached it.
describe.skipIf(realKubeconfig !== null).each([[false], [true]])('helm, with an exemption for its releases: %s', (withHelm) => {
  let world: KubectlWorld
  let ask: ReturnType<typeof asking>
  beforeAll(async () => {
    world = await startKubectlWorld({ policy: policy(withHelm) })
    ask = asking(world, await world.token({ sub: 'hela', groups: ['engineers'] }))
  })
  afterAll(() => world?.stop())

  test('install, list, upgrade: its release is what it wrote, or masked', async () => {
    const secrets = '/api/v1/namespaces/shop/secrets'
    const release = base64(base64('a gzipped release with password=hunter'))
    const made = (version: number) => ({
      apiVersion: 'v1', kind: 'Secret', type: 'helm.sh/release.v1', data: { release },
      metadata: { name: `sh.helm.release.v1.trial.v${version}`, namespace: 'shop', labels: { name: 'trial', owner: 'helm', status: 'deployed', version: String(version) } },
    })
    const shown = withHelm ? release : 'W21hc2tlZF0='
    const created = await ask(secrets, { method: 'POST', body: made(1) })
    expect([created.status, (created.json['data'] as { release: string }).release]).toEqual([201, shown])
    const listed = await ask(`${secrets}?labelSelector=${encodeURIComponent('owner=helm,name=trial')}`)
    expect((listed.json['items'] as { data: { release: string } }[]).map(({ data }) => data.release)).toEqual([shown])
    expect((await ask(`/api/v1/secrets?labelSelector=${encodeURIComponent('owner=helm')}`)).text.includes('W21hc2tlZF0=')).toBe(!withHelm)
    // An upgrade writes the old release whole: what was masked does not go back.
    const superseded = await ask(`${secrets}/sh.helm.release.v1.trial.v1`, { method: 'PUT', body: { ...listed.json['items'] === undefined ? {} : (listed.json['items'] as object[])[0]!, type: 'helm.sh/release.v1', apiVersion: 'v1', kind: 'Secret' } })
    expect(superseded.status).toBe(withHelm ? 200 : 403)
    if (!withHelm) expect(superseded.json['message']).toMatch(/denied by masking: a mask would be written back at \/data\/release/)
    expect((await ask(secrets, { method: 'POST', body: made(2) })).status).toBe(201)
    const stored = JSON.parse((await world.admin.run(['get', 'secret', '-n', 'shop', '-l', 'name=trial', '-o', 'json'])).stdout) as { items: { data: { release: string } }[] }
    expect(stored.items.map(({ data }) => data.release)).toEqual([release, release])
    // Other Secrets stay masked whatever helm may see.
    expect((await ask(`${secrets}/shop-database`)).text).not.toContain(base64('correct-horse-battery-staple'))
    expect(await world.record()).not.toContain(release)
  })
})

describe.skipIf(realKubeconfig !== null).each([['HTTP/2', false], ['HTTP/1.1', true]] as const)('k9s, to a cluster that speaks %s', (protocol, isHttp1) => {
  let world: KubectlWorld
  let token: string
  beforeAll(async () => {
    world = await startKubectlWorld({ policy: policy(false), isHttp1, connection: ', impersonate: { user: id }' })
    token = await world.token({ sub: 'kim', groups: ['engineers', 'on-call'] })
  })
  afterAll(() => world?.stop())

  test('forty watches over one token, tables among them: all hear what happens, and end with the token', async () => {
    const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
    const kinds = ['/api/v1/pods', '/api/v1/configmaps', '/api/v1/secrets', '/apis/apps/v1/deployments', '/api/v1/events']
    const watches = await Promise.all(Array.from({ length: 40 }, (_, index) => openWatch(world, token, `${kinds[index % kinds.length]!}?watch=true`, index % 2 === 0 ? table : 'application/json')))
    expect(watches.map(({ status }) => status)).toEqual(watches.map(() => 200))
    const secret = `watched-${base64('never-seen')}`
    const made = await world.admin.run(['create', 'configmap', 'seen-by-all', '-n', 'shop', '--from-literal=a=b'])
    expect(made.code).toBe(0)
    await world.admin.run(['create', 'secret', 'generic', 'seen-masked', '-n', 'shop', `--from-literal=word=${secret}`])
    const of = (kind: string) => watches.filter(({ path }) => path.startsWith(kind))
    await expect.poll(() => of('/api/v1/configmaps').map(({ text }) => text().includes('seen-by-all')), { timeout: 15_000 }).toEqual(of('/api/v1/configmaps').map(() => true))
    await expect.poll(() => of('/api/v1/secrets').map(({ text }) => text().includes('seen-masked')), { timeout: 15_000 }).toEqual(of('/api/v1/secrets').map(() => true))
    for (const { text } of watches) expect(text()).not.toContain(base64(secret))
    for (const [index, { path, text }] of watches.entries()) if (index % 2 === 0 && path.startsWith('/api/v1/pods')) expect(text()).toMatch(/"kind":"Table"/)
    expect((await asking(world, token)('/api/v1/namespaces/shop/pods', { accept: table, agent: 'k9s' })).json['kind']).toBe('Table')
    const revoked = await new Promise<number>((resolve, reject) => { httpsRequest(`${world.gateway.api}/v1/tokens/current`, { method: 'DELETE', ca: world.gateway.ca, agent: false, headers: { authorization: `Bearer ${token}` } }, (response) => { response.resume(); resolve(response.statusCode ?? 0) }).on('error', reject).end() })
    expect(revoked).toBeLessThan(300)
    await Promise.all(watches.map(({ ended }) => ended))
    for (const { text } of watches) expect(text().trim().split('\n').at(-1)).toMatch(/^\{"type":"ERROR"/)
  }, 60_000)

  test('the cluster saw the person, with the prefix, and by this protocol alone', () => {
    const seen = world.reached()!.filter(({ impersonation }) => impersonation['impersonate-user'] !== undefined)
    expect(seen.length).toBeGreaterThan(40)
    expect(new Set(seen.map((one) => one.protocol))).toEqual(new Set([protocol]))
    for (const { impersonation, user } of seen) {
      expect(impersonation).toEqual({ 'impersonate-user': 'gatehouse:test:kim', 'impersonate-group': 'gatehouse:engineers, gatehouse:on-call', 'impersonate-extra-gatehouse-kind': 'human', 'impersonate-extra-gatehouse-principal': 'test:kim' })
      expect(user).toBe('gatehouse:test:kim')
    }
  })
})

interface Watch { readonly path: string; readonly status: number; readonly text: () => string; readonly ended: Promise<void> }

function openWatch(world: KubectlWorld, token: string, path: string, accept: string): Promise<Watch> {
  return new Promise((resolve, reject) => {
    httpsRequest(`${world.gateway.api}/k8s/cluster${path}`, { ca: world.gateway.ca, agent: false, headers: { authorization: `Bearer ${token}`, accept, 'user-agent': 'k9s' } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('error', () => undefined)
      const ended = new Promise<void>((done) => { response.once('close', done) })
      resolve({ path, status: response.statusCode ?? 0, text: () => text, ended })
    }).on('error', reject).end()
  })
}
