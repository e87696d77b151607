// Attacks with real kubectl and by hand on the demo's cluster, over HTTP/2 upstream: one masked value of a Secret and of a ConfigMap, by
// every way that kubectl has to show, compare or copy it. All that is heard, logged, measured, kept and recorded is searched for it.
import fs from 'node:fs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startClusterGateway, type ClusterGateway } from '../../testing/cluster-gateway.ts'
import { kubectlHome, newestKubectl, type KubectlHome } from '../../testing/kubectl.ts'
import { attackersOf, found, type Attackers } from './testing/attack-world.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 })

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: read, who: { groups: [engineers, privacy] }, allow: { kubernetes: [get, list, watch], resources: ["*"] } }
  - { id: write, who: { groups: [engineers, privacy] }, allow: { kubernetes: [create, update, patch, delete], resources: [secrets, configmaps] } }
  - { id: inside, who: { groups: [engineers] }, allow: { kubernetes: [exec], resources: [pods/exec] } }
masks:
  - { id: secrets, resources: [secrets], fields: [/data/*, /stringData/*], as: redact, except: { groups: [privacy] } }
  - { id: config, resources: [configmaps], fields: [/data/password], as: redact, except: { groups: [privacy] } }
  - { id: tokens, detect: [jwt], as: redact }
`
const sentinel = 'canary-Zx81Qv77-value'
const encoded = Buffer.from(sentinel).toString('base64')

let gateway: ClusterGateway
let people: Attackers
let home: KubectlHome
const logged: Buffer[] = []
const said: string[] = []
const manifest = (object: object): string => {
  const file = join(home.folder, `${Math.random()}.json`)
  writeFileSync(file, JSON.stringify(object))
  return file
}
const secret = (value: string, more: object = {}) => ({ kind: 'Secret', apiVersion: 'v1', metadata: { name: 'canary', namespace: 'shop', ...more }, data: { password: Buffer.from(value).toString('base64') } })
const config = (value: string) => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'canary', namespace: 'shop' }, data: { password: value, color: 'blue' } })

beforeAll(async () => {
  const level = process.env['GATEHOUSE_LOG']
  process.env['GATEHOUSE_LOG'] = 'trace'
  const write = fs.writeSync
  vi.spyOn(fs, 'writeSync').mockImplementation(((fd: number, ...rest: [never]) => {
    if (fd !== 2) return write(fd, ...rest)
    const text = Buffer.from(rest[0])
    logged.push(text)
    return text.length
  }) as typeof fs.writeSync)
  gateway = await startClusterGateway({ policies: { cluster: policy } })
  if (level === undefined) delete process.env['GATEHOUSE_LOG']
  else process.env['GATEHOUSE_LOG'] = level
  people = await attackersOf(gateway)
  home = kubectlHome(await newestKubectl(), await gateway.kubeconfig({ sub: 'eli', groups: ['engineers'], namespace: 'shop' }))
  for (const object of [secret(sentinel), config(sentinel)]) {
    const lastApplied = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object) }
    const made = await people.ask(`/api/v1/namespaces/shop/${object.kind.toLowerCase()}s?fieldManager=kubectl`, { who: 'pia', method: 'POST', body: { ...object, metadata: { ...object.metadata, annotations: lastApplied } } })
    expect(made.status).toBe(201)
  }
})
afterAll(async () => {
  await home?.dispose()
  await gateway?.stop()
  vi.restoreAllMocks()
})

function expectNothing(text: string): void {
  said.push(text)
  for (const value of [sentinel, encoded, Buffer.from(encoded).toString('base64')]) expect(found(value, Buffer.from(text))).toBeNull()
}

test('who may see it does: the way is open', async () => {
  expect((await people.ask('/api/v1/namespaces/shop/secrets/canary', { who: 'pia' })).text).toContain(encoded)
  expect(gateway.cluster.requests().at(-1)).toMatchObject({ protocol: 'HTTP/2' })
})

describe.concurrent('kubectl', () => {
  const many = ['-o json', '-o yaml', '-o wide', '-o name', '-o jsonpath={.data.password}', '-o go-template={{.data.password|base64decode}}', '-o custom-columns=A:.data.password,B:.metadata.annotations', '-o yaml --show-managed-fields', '-o json --watch --request-timeout=2s', '-o json --server-print=false']
  test.each([
    ...many.flatMap((how) => [`get secret canary ${how}`]), ...many.slice(0, 2).map((how) => `get configmap canary ${how}`), 'get secrets -A -o json', 'describe secret canary', 'describe configmap canary', 'get secrets,configmaps -o yaml', 'get --raw /k8s/cluster/api/v1/namespaces/shop/secrets/canary', 'get --raw /k8s/cluster/api/v1/secrets?watch=1&timeoutSeconds=1', 'get --raw /k8s/cluster/api/v1/watch/namespaces/shop/secrets?timeoutSeconds=1',
    'annotate secret canary a=b --overwrite -o yaml', 'label secret canary a=b --overwrite -o json', 'label configmap canary a=b --overwrite -o json', 'patch secret canary -p {"metadata":{"labels":{"x":"y"}}} -o yaml', 'patch configmap canary --type merge -p {"data":{"color":"red"}} -o yaml', 'apply view-last-applied secret canary', 'create secret generic canary --from-literal=password=x --dry-run=server -o yaml',
    'exec deploy/web -- cat /var/run/secrets/kubernetes.io/serviceaccount/token', 'exec deploy/web -- env', 'get events -o yaml',
  ])('%s', async (line) => {
    const { stdout, stderr } = await home.run(line.split(' '))
    expectNothing(stdout + stderr)
    expect(stdout + stderr).not.toBe('')
  })

  test.each<readonly [string, () => readonly string[], RegExp]>([
    ['diff', () => ['diff', '-f', manifest(secret(sentinel))], /denied by masking: a dry run/], ['a server-side diff', () => ['diff', '--server-side', '-f', manifest(secret(sentinel))], /denied by masking: a dry run/], ['diff of a ConfigMap', () => ['diff', '-f', manifest(config('a guess'))], /denied by masking: a dry run/], ['apply --dry-run=server', () => ['apply', '--dry-run=server', '-f', manifest(secret('a guess'))], /denied by masking: a dry run/],
    ['a conflict asked for dry', () => ['apply', '--server-side', '--dry-run=server', '-f', manifest(secret('a guess'))], /denied by masking: a dry run/], ['a JSON patch that tests', () => ['patch', 'secret', 'canary', '--type', 'json', '-p', JSON.stringify([{ op: 'test', path: '/data/password', value: encoded }])], /denied by masking: test reads/], ['one that copies', () => ['patch', 'configmap', 'canary', '--type', 'json', '-p', '[{"op":"copy","from":"/data/password","path":"/data/shown"}]'], /denied by masking: copy reads/],
    ['replace with what was shown', () => ['replace', '-f', manifest(config('[masked]'))], /a mask would be written back/], ['replace of a Secret', () => ['replace', '-f', manifest(secret('[masked]'))], /a mask would be written back/], ['a field selector', () => ['get', 'secrets', '--field-selector', `data.password=${encoded}`], /denied by masking: the selector/],
    ['a token', () => ['create', 'token', 'default'], /no rule allows mint-token/], ['somebody else', () => ['get', 'secret', 'canary', '--as', 'system:admin'], /impersonation is not taken/], ['another group', () => ['get', 'secret', 'canary', '--as', 'eli', '--as-group', 'system:masters'], /impersonation is not taken/], ['a role', () => ['create', 'clusterrolebinding', 'x', '--clusterrole=cluster-admin', '--user=eli'], /no rule allows rbac/], ['a debug container', () => ['debug', 'deploy/web', '--image=x', '--target=web'], /no rule allows|error/i], ['the kubelet', () => ['get', '--raw', '/k8s/cluster/api/v1/nodes/node-1/proxy/pods'], /no rule allows node-proxy/], ['port-forward', () => ['port-forward', 'deploy/web', '0:80'], /no rule allows portforward/],
  ])('%s is refused', async (_, args, message) => {
    const { code, stdout, stderr } = await home.run(args())
    expect([code === 0, stderr]).toEqual([false, expect.stringMatching(message)])
    expectNothing((stdout + stderr).replaceAll(sentinel, ''))
  })
})

describe('by hand', () => {
  const accepts = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/vnd.kubernetes.protobuf;type=watch', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'application/vnd.kubernetes.protobuf;as=Table;v=v1beta1;g=meta.k8s.io,*/*', 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'application/cbor', 'application/cbor-seq', '*/*', '', 'text/html,application/json;q=0.1', 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;q=1.0;charset=x, application/json;q=0']
  test.each(accepts)('Accept: %s', async (accept) => {
    for (const path of ['secrets/canary', 'secrets', 'configmaps/canary', 'configmaps', 'secrets?includeObject=Object', 'configmaps?includeObject=Object', 'secrets?watch=true&timeoutSeconds=0&limit=1&fieldSelector=metadata.name%3Dcanary', 'secrets/canary?pretty=true', 'secrets?resourceVersion=0&resourceVersionMatch=NotOlderThan', 'secrets?limit=1']) {
      const signal = AbortSignal.timeout(path.includes('watch') ? 150 : 10_000)
      const response = await people.open(`/api/v1/namespaces/shop/${path}`, { headers: { accept, 'accept-encoding': 'gzip, br' }, signal })
      let text = `${response.statusCode} ${JSON.stringify(response.headers)}`
      try {
        for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString('latin1')
      } catch { /* the watch was left */ }
      expectNothing(text)
    }
  })

  test('an apply that conflicts names the field and no value, and each costs a guess', async () => {
    const guessed = await people.ask('/api/v1/namespaces/shop/secrets/canary?fieldManager=thief', { method: 'PATCH', type: 'application/apply-patch+yaml', body: secret('a guess') })
    expect(guessed.json).toMatchObject({ code: 409, reason: 'Conflict' })
    expectNothing(guessed.text)
  })

  test.each(['PUT', 'PATCH', 'POST', 'DELETE'])('what %s answers', async (method) => {
    const path = `/api/v1/namespaces/shop/secrets${method === 'POST' ? '' : '/canary'}`
    const body = method === 'PUT' ? { ...secret('x'), data: { password: 'not base64!' } } : method === 'DELETE' ? { kind: 'DeleteOptions', dryRun: ['All'], apiVersion: 'v1' } : { metadata: { name: 'canary', labels: { a: 'b c' } } }
    expectNothing((await people.ask(path, { method, body, ...(method === 'PATCH' && { type: 'application/merge-patch+json' }) })).text)
  })
})

test('nor is it in what was heard, logged, measured, listed, stored or recorded', async () => {
  const routes = ['/v1/sessions', '/v1/approvals', '/v1/notifications', '/v1/connections']
  const listed = JSON.stringify(await Promise.all(routes.flatMap((route) => ['otto', 'eli'].map((who) => people.call(who, 'GET', route)))))
  const measured = await fetchText('/metrics')
  expect(logged.length).toBeGreaterThan(0)
  expect(measured).toContain('gatehouse')
  for (const value of [sentinel, encoded]) {
    for (const bytes of [Buffer.from(listed), Buffer.from(measured), people.kept(), Buffer.from(await people.recordOf('pia'))]) expect(found(value, bytes)).toBeNull()
    // What the attacker guessed right in a selector or a manifest is their own.
    expect(found(value, Buffer.concat(logged))).toBeNull()
  }
  const { token } = gateway.cluster
  expect(found(token, Buffer.concat([people.kept(), Buffer.from(said.join()), ...logged]))).toBeNull()
})

const fetchText = (path: string) => new Promise<string>((done, failed) => {
  people.socket().then((socket) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => { text += chunk.toString() }).on('close', () => done(text))
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  }, failed)
})
