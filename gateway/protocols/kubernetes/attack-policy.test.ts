// Attacks on policy: what is denied by another verb, another path, many at once, or before anybody counted. The API server behind tells
// what reached it: nothing that policy did not say.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startAttackWorld, type AttackWorld } from './testing/attack-world.ts'
import { json } from './testing/fake-api.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: everything, who: { groups: [engineers] }, allow: { kubernetes: "*" } }
  - { id: readers, who: { groups: [readers] }, allow: { kubernetes: [get, list, watch, patch, update], resources: [pods, pods/log, configmaps, deployments, services, leases, secrets] } }
  - { id: cleaners, who: { groups: [cleaners] }, allow: { kubernetes: [get, list, delete, create], resources: [pods, pods/eviction, configmaps] } }
  - { id: not-many, who: { groups: [cleaners] }, deny: { kubernetes: [mass-delete], deletes: { over: 5, within: 1m } } }
  - { id: one-flag, who: { groups: [flags] }, allow: { kubernetes: [patch, update], resources: [configmaps], names: [flags], namespaces: [shop], fields: { /data/color: "*" } } }
  - { id: ls, who: { groups: [lookers] }, allow: { kubernetes: [exec], argv: ["ls *"] } }
  - { id: keep, who: { groups: [keepers] }, allow: { kubernetes: "*" } }
  - { id: no-delete, who: { groups: [keepers] }, deny: { kubernetes: [delete, create], resources: [pods, pods/eviction, services, leases] } }
  - { id: keep-images, who: { groups: [keepers] }, deny: { kubernetes: [create, update, patch], resources: [deployments], fields: { "/spec/template/spec/containers/*/image": "evil/**" } } }
`
let world: AttackWorld
const groups = { cleo: ['cleaners'], flo: ['flags'], lou: ['lookers'], kim: ['keepers'] } as const
beforeAll(async () => {
  world = await startAttackWorld({ policies: { cluster: policy } })
  await Promise.all(Object.entries(groups).map(([who, of]) => world.join(who, of)))
})
afterAll(() => world?.stop())
beforeEach(() => {
  world.api.forget()
  world.api.answer(({ response }) => json(response, 200, { kind: 'Status', apiVersion: 'v1', status: 'Success' }))
})

const shop = '/api/v1/namespaces/shop'
const merge = 'application/merge-patch+json'
const apply = 'application/apply-patch+yaml'
const patch = 'application/json-patch+json'
type Case = readonly [what: string, method: string, path: string, body?: unknown, type?: string]

async function expectRefused(who: string, [, method, path, body, type]: Case): Promise<void> {
  const answer = await world.ask(path, { who, method, body, ...(type !== undefined && { type }) })
  expect([answer.json['kind'], answer.status >= 400 && answer.status < 500, world.api.lines()]).toEqual(['Status', true, []])
}

describe('what reaches past its resource is not covered by everything', () => {
  const binding = { kind: 'ClusterRoleBinding', metadata: { name: 'x' }, roleRef: { kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ kind: 'User', name: 'eli' }] }
  const cases: readonly Case[] = [
    ['a token of a service account', 'POST', `${shop}/serviceaccounts/default/token`, { spec: {} }], ['a Secret that is filled with one', 'POST', `${shop}/secrets`, { kind: 'Secret', metadata: { name: 'x' }, type: 'kubernetes.io/service-account-token' }], ['the same by apply', 'PATCH', `${shop}/secrets/x?fieldManager=x`, { type: 'kubernetes.io/service-account-token' }, apply],
    ['the same by JSON patch', 'PATCH', `${shop}/secrets/x`, [{ op: 'replace', path: '/type', value: 'kubernetes.io/service-account-token' }], patch], ['the same of everything', 'PATCH', `${shop}/secrets/x`, [{ op: 'replace', path: '', value: {} }], patch], ['a bootstrap token', 'POST', '/api/v1/namespaces/kube-system/secrets', { type: 'bootstrap.kubernetes.io/token' }], ['in letters of another case', 'POST', `${shop}/secrets`, { Type: 'kubernetes.io/service-account-token' }],
    ['approving a certificate', 'PUT', '/apis/certificates.k8s.io/v1/certificatesigningrequests/x/approval', {}], ['signing one', 'PATCH', '/apis/certificates.k8s.io/v1/certificatesigningrequests/x/status', {}, merge], ['a role', 'POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: 'x' } }], ['a binding', 'POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', binding],
    ['a dry one', 'POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?dryRun=All', binding], ['a binding by an old version', 'PUT', `/apis/rbac.authorization.k8s.io/v1beta1/namespaces/shop/rolebindings/x`, binding], ['its deletion', 'DELETE', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/x'], ['all of them', 'DELETE', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'],
    ['a webhook', 'POST', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {}], ['an admission policy', 'PATCH', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/x', {}, merge], ['a conversion webhook', 'PATCH', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x', { spec: { conversion: { strategy: 'Webhook' } } }, merge], ['the same by JSON patch', 'PATCH', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x', [{ op: 'add', path: '/spec/conversion/strategy', value: 'Webhook' }], patch],
    ['another server for a group', 'POST', '/apis/apiregistration.k8s.io/v1/apiservices', {}], ['its status', 'PUT', '/apis/apiregistration.k8s.io/v1/apiservices/x/status', {}], ['a container in a running pod', 'PATCH', `${shop}/pods/web/ephemeralcontainers`, { spec: { ephemeralContainers: [] } }, 'application/strategic-merge-patch+json'], ['the same as an update', 'PUT', `${shop}/pods/web/ephemeralcontainers`, {}],
    ['the kubelet', 'GET', '/api/v1/nodes/n1/proxy/pods'], ['the kubelet by its port', 'GET', '/api/v1/nodes/n1:10250/proxy/exec/shop/web/c?command=ls'], ['the kubelet by scheme', 'POST', '/api/v1/nodes/https:n1:10250/proxy/run/shop/web/c'], ['the kubelet by the old prefix', 'GET', '/api/v1/proxy/nodes/n1/pods'], ['paths that are no resource', 'GET', '/logs/kube-apiserver.log'],
  ]
  for (const one of cases) test(one[0], () => expectRefused('eli', one))
})

describe('exec, attach and port-forward are no get and no create', () => {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n'
  const spdy = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n'
  test.each([
    `GET ${shop}/pods/web/exec?command=sh`, `POST ${shop}/pods/web/exec?command=sh`, `GET ${shop}/pods/web/attach?stdin=true`, `GET ${shop}/pods/web/portforward?ports=5432`, `POST ${shop}/pods/web/portforward`, `GET ${shop}/pods/web/log?follow=true`, `GET ${shop}/pods/web`, `GET ${shop}/pods?watch=true`, `GET ${shop}/pods/web/proxy/exec`, `GET ${shop}/services/web/proxy/`,
    `GET /api/v1/nodes/n1/proxy/exec/shop/web/c?command=sh`, `GET ${shop}/pods/web%2fexec?command=sh`, `GET ${shop}/pods/web/exec/?command=sh`, `GET ${shop}/pods/web/exec/x?command=sh`, `GET ${shop}/pods/web/Exec?command=sh`, `GET /apis/subresources.kubevirt.io/v1/namespaces/shop/virtualmachineinstances/vm/console`, `GET /api/v1/watch/namespaces/shop/pods/web/exec`, `GET /version`, `GET /`, `PUT ${shop}/pods/web/exec?command=sh`, `DELETE ${shop}/pods/web/exec`,
  ])('%s', async (line) => {
    let upgrades = 0
    world.api.onUpgrade((_, socket) => { upgrades++; socket.destroy() })
    const [method, path] = line.split(' ')
    for (const headers of [upgrade, spdy, '', 'Upgrade: websocket\r\n', 'Connection: Upgrade\r\n', 'Connection: upgrade, keep-alive\r\nUpgrade: WebSocket, h2c\r\n', 'Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: SPDY/3.1\r\n', `${upgrade}${spdy}`]) {
      const isPlain = headers === '' && /log|pods\/web$|watch|version|\/$/.test(path!)
      const answer = await world.raw(`${method} /k8s/cluster${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n${headers}\r\n`, { who: 'rita', quietMs: 25 })
      if (!isPlain) expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/)
    }
    expect(upgrades).toBe(0)
    expect(world.api.lines().filter((seen) => !/log|pods\/web$|pods\?watch|version|\/$/.test(seen))).toEqual([])
  })

  test.each(['command=sh', 'command=ls&command=-l&command=%3B&command=sh', 'command=lsof', 'command=ls%20-l', 'command=%20ls', 'command=/bin/ls', 'command=ls%00', 'command=', '', 'command=sh&command=ls', 'Command=ls'])('whose argv is not the allowed one: %s', async (query) => {
    let upgrades = 0
    world.api.onUpgrade((_, socket) => { upgrades++; socket.destroy() })
    await world.raw(`GET /k8s/cluster${shop}/pods/web/exec?${query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n${upgrade}\r\n`, { who: 'lou', quietMs: 25 })
    // `ls -l ; sh` runs ls with the words ; and sh, and is allowed as that.
    expect(upgrades).toBe(query.startsWith('command=ls&') ? 1 : 0)
  })
})

describe('denied by another name', () => {
  const cases: readonly Case[] = [
    ['eviction', 'POST', `${shop}/pods/web/eviction`, { kind: 'Eviction', metadata: { name: 'web' } }], ['a collection', 'DELETE', `${shop}/pods?labelSelector=a%3Db`], ['of every namespace', 'DELETE', '/api/v1/pods'], ['as a dry run that is none', 'DELETE', `${shop}/pods/web?dryRun=All`, { kind: 'DeleteOptions', propagationPolicy: 'Background' }], ['create by apply', 'PATCH', `${shop}/services/x?fieldManager=x`, { kind: 'Service' }, apply], ['create by update', 'PUT', `${shop}/services/x`, { kind: 'Service' }],
    ['create by update of another group', 'PUT', '/apis/coordination.k8s.io/v1/namespaces/shop/leases/x', {}], ['a list in one body', 'POST', `${shop}/services`, { kind: 'List', items: [{}] }], ['DELETE of a name in the body', 'POST', `${shop}/pods`, { kind: 'Pod', metadata: { name: 'web' } }],
    ['a denied field, whole', 'PUT', '/apis/apps/v1/namespaces/shop/deployments/x', { spec: { template: { spec: { containers: [{ image: 'ok/x' }, { image: 'evil/x:1' }] } } } }], ['in a merge patch', 'PATCH', '/apis/apps/v1/namespaces/shop/deployments/x', { spec: { template: { spec: { containers: [{ image: 'evil/x' }] } } } }, merge], ['in a JSON patch', 'PATCH', '/apis/apps/v1/namespaces/shop/deployments/x', [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'evil/x' }], patch],
    ['in one by parts', 'PATCH', '/apis/apps/v1/namespaces/shop/deployments/x', [{ op: 'add', path: '/spec/template/spec/containers/-', value: { image: 'evil/x' } }], patch], ['by a copy', 'PATCH', '/apis/apps/v1/namespaces/shop/deployments/x', [{ op: 'copy', from: '/metadata/annotations/a', path: '/spec/template/spec/containers/0/image' }], patch], ['by a directive', 'PATCH', '/apis/apps/v1/namespaces/shop/deployments/x', { spec: { template: { spec: { containers: [{ $patch: 'replace' }, { image: 'evil/x' }] } } } }, 'application/strategic-merge-patch+json'],
    ['in YAML', 'PUT', '/apis/apps/v1/namespaces/shop/deployments/x', 'spec: {template: {spec: {containers: [{image: "evil\\x2fx"}]}}}\n', 'application/yaml'], ['in YAML with an alias', 'PUT', '/apis/apps/v1/namespaces/shop/deployments/x', 'a: &a {image: evil/x}\nspec: {template: {spec: {containers: [*a]}}}\n', 'application/yaml'], ['a key twice', 'PUT', '/apis/apps/v1/namespaces/shop/deployments/x', '{"spec":{"template":{"spec":{"containers":[{"image":"evil/x"}]}}},"spec":{}}'], ['as CBOR', 'PUT', '/apis/apps/v1/namespaces/shop/deployments/x', Buffer.from('d9d9f7a0', 'hex'), 'application/cbor'],
  ]
  for (const one of cases) test(one[0], () => expectRefused('kim', one))
})

describe('one named ConfigMap is no other', () => {
  const cases: readonly Case[] = [
    ['another name', 'PATCH', `${shop}/configmaps/other`, { data: { color: 'x' } }, merge], ['another namespace', 'PATCH', '/api/v1/namespaces/prod/configmaps/flags', { data: { color: 'x' } }, merge], ['a name in the body', 'PUT', `${shop}/configmaps/flags`, { metadata: { name: 'other' }, data: { color: 'x' } }], ['a namespace in the body', 'PUT', `${shop}/configmaps/flags`, { metadata: { namespace: 'prod' }, data: { color: 'x' } }], ['a name that is no text', 'PUT', `${shop}/configmaps/flags`, { metadata: { name: ['flags'] }, data: { color: 'x' } }],
    ['another field alone', 'PATCH', `${shop}/configmaps/flags`, { data: { other: 'x' } }, merge], ['everything', 'PATCH', `${shop}/configmaps/flags`, { data: { $patch: 'replace', color: 'x' } }, 'application/strategic-merge-patch+json'], ['its name in other letters', 'PATCH', `${shop}/configmaps/Flags`, { data: { color: 'x' } }, merge], ['a list by its name', 'GET', `${shop}/configmaps?fieldSelector=metadata.name%3Dflags`], ['a deletion', 'DELETE', `${shop}/configmaps/flags`], ['a subresource', 'PATCH', `${shop}/configmaps/flags/status`, { data: { color: 'x' } }, merge],
  ]
  for (const one of cases) test(one[0], () => expectRefused('flo', one))
})

describe('many deletes are a mass delete', () => {
  const options = { kind: 'DeleteOptions', apiVersion: 'v1' }
  test('a hundred at once are five', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => world.ask(`${shop}/pods/p${i}`, { who: 'cleo', method: 'DELETE', ...(i % 2 === 0 && { body: options }) })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(world.api.lines()).toHaveLength(5)
  })

  test.each<readonly [string, (i: number) => Promise<unknown>]>([
    ['evictions', (i) => world.ask(`${shop}/pods/p${i}/eviction`, { who: 'evi', method: 'POST', body: { kind: 'Eviction' } })],
    ['some of each, of several resources and sessions', async (i) => world.ask(i % 2 === 0 ? `${shop}/configmaps/c${i}` : `${shop}/pods/p${i}/eviction`, { who: i % 3 === 0 ? 'evi' : await world.join('evi', ['cleaners']), method: i % 2 === 0 ? 'DELETE' : 'POST', ...(i % 2 === 1 && { body: {} }) })],
  ])('%s', async (what, one) => {
    await world.join('evi', ['cleaners'])
    const before = what === 'evictions' ? 5 : 0
    for (let i = 0; i < 12; i++) await one(i)
    expect(world.api.lines()).toHaveLength(before)
  })

  test('a collection is one by itself; a dry run counts as none', async () => {
    await world.join('dora', ['cleaners'])
    for (let i = 0; i < 8; i++) expect((await world.ask(`${shop}/pods/p${i}?dryRun=All`, { who: 'dora', method: 'DELETE' })).status).toBe(200)
    world.api.forget()
    await expectRefused('dora', ['', 'DELETE', `${shop}/pods?limit=1`])
    await expectRefused('dora', ['', 'DELETE', `${shop}/pods?fieldSelector=metadata.name%3Dp1`])
    await expectRefused('dora', ['', 'DELETE', `${shop}/pods?dryRun=All`])
  })
})

test('tokens and listeners of one\'s own making do not take the sessions of others', async () => {
  await world.join('sam', ['readers'])
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => world.ask(`${shop}/pods`, { who: 'sam', headers: { 'gatehouse-listener': `listener-${i}` } })))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(64)
  expect((await world.ask(`${shop}/pods`, { who: 'rita' })).status).toBe(200)
  const [own] = ((await world.call('otto', 'GET', '/v1/sessions')).json['sessions'] as { id: string; principal: { id: string } }[]).filter(({ principal }) => principal.id === 'test:sam')
  for (const who of ['rita', 'otto']) expect((await world.call(who, 'POST', `/v1/sessions/${own!.id}/renewal`)).status).toBeGreaterThanOrEqual(400)
})
