import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import { factsOf, readRequest } from './commands.ts'
import type { Refused } from './refusal.ts'

interface Options { readonly headers?: readonly string[]; readonly body?: string; readonly type?: string; readonly deletes?: readonly number[] }

function read(method: string, target: string, { headers = [], body, type = 'application/json', deletes = [] }: Options = {}): { readonly kind: 'facts'; readonly facts: KubernetesCommandFacts; readonly sent: string | null } | Refused {
  const bytes = body === undefined ? null : Buffer.from(body)
  const request = readRequest({ method, target, headers: bytes === null ? headers : [...headers, 'Content-Type', type, 'Content-Length', String(bytes.length)] })
  if (request.kind === 'refused') return request
  const result = factsOf({ request, body: bytes, deletes })
  return result.kind === 'refused' ? result : { kind: 'facts', facts: result.facts, sent: result.forwarded?.bytes.toString() ?? null }
}

function facts(method: string, target: string, options: Options = {}): KubernetesCommandFacts {
  const result = read(method, target, options)
  if (result.kind === 'refused') throw new Error(result.message)
  return result.facts
}

const pods = '/api/v1/namespaces/shop/pods'

describe('a dry run is one only where the API server would surely change nothing', () => {
  const all = '{"dryRun":["All"]}'
  const dry: readonly (readonly [string, string, Options?])[] = [
    ['POST', `${pods}?dryRun=All`, { body: '{}' }], ['PUT', `${pods}/a?dryRun=All`, { body: '{}' }], ['PATCH', `${pods}/a?dryRun=All`, { body: '{}', type: 'application/merge-patch+json' }],
    ['DELETE', `${pods}/a?dryRun=All`], ['DELETE', `${pods}?dryRun=All`], ['DELETE', `${pods}/a`, { body: all }], ['DELETE', `${pods}?dryRun=All`, { body: all }],
    ['PATCH', `${pods}/a/status?dryRun=All`, { body: '{}', type: 'application/merge-patch+json' }], ['POST', `${pods}?dryRun=All&dryRun=All`, { body: '{}' }],
    ['PUT', '/apis/apps/v1/namespaces/shop/deployments/a/scale?dryRun=All', { body: '{}' }],
  ]
  for (const [method, target, options] of dry) test(`${method} ${target}`, () => { expect(facts(method, target, options).isDryRun).toBe(true) })

  const real: readonly (readonly [why: string, method: string, target: string, options?: Options])[] = [
    ['a delete with a body reads no query', 'DELETE', `${pods}/a?dryRun=All`, { body: '{}' }],
    ['and so does deletecollection', 'DELETE', `${pods}?dryRun=All`, { body: '{"propagationPolicy":"Background"}' }],
    ['an empty list', 'DELETE', `${pods}/a`, { body: '{"dryRun":[]}' }],
    ['a text for a list', 'DELETE', `${pods}/a`, { body: '{"dryRun":"All"}' }],
    ['another value in the list', 'DELETE', `${pods}/a`, { body: '{"dryRun":["All","x"]}' }],
    ['in the body of a create it means nothing', 'POST', pods, { body: all }],
    ['a token is made all the same', 'POST', '/api/v1/namespaces/shop/serviceaccounts/a/token?dryRun=All', { body: '{}' }],
    ['an eviction has options of its own', 'POST', `${pods}/a/eviction?dryRun=All`, { body: '{}' }],
    ['exec runs', 'POST', `${pods}/a/exec?dryRun=All&command=rm`],
    ['a proxied program knows nothing of it', 'POST', '/api/v1/namespaces/shop/services/a/proxy/x?dryRun=All'],
    ['another server may ignore it', 'DELETE', '/apis/example.com/v1/namespaces/shop/widgets/a?dryRun=All'],
    ['names of parameters have a case', 'DELETE', `${pods}/a?dryrun=All`],
    ['reading is no dry run', 'GET', `${pods}/a?dryRun=All`],
  ]
  for (const [why, method, target, options] of real) test(`not: ${why}`, () => { expect(facts(method, target, options).isDryRun).toBe(false) })

  test.each(['dryRun=', 'dryRun=all', 'dryRun=true', 'dryRun=All&dryRun=', 'dryRun=All,All'])('%s is refused', (query) => {
    expect(read('DELETE', `${pods}/a?${query}`)).toMatchObject({ kind: 'refused', message: expect.stringContaining('dryRun') })
  })
})

describe('the name, and what contradicts it', () => {
  test('of a create it stands in the body, unless the server makes one', () => {
    expect(facts('POST', pods, { body: '{"metadata":{"name":"a"}}' }).name).toBe('a')
    expect(facts('POST', pods, { body: '{"metadata":{"generateName":"a-"}}' }).name).toBeNull()
    expect(facts('POST', pods, { body: '{"metadata":{"name":"","generateName":"a-"}}' }).name).toBeNull()
    expect(facts('POST', `${pods}/a/eviction`, { body: '{"metadata":{"name":"a"}}' }).name).toBe('a')
    expect(facts('POST', '/api/v1/namespaces', { body: '{"metadata":{"name":"new"}}' })).toMatchObject({ name: 'new', namespace: null, scope: 'cluster' })
  })

  const contradictions: readonly (readonly [string, string, string, string?])[] = [
    ['PUT', `${pods}/a`, '{"metadata":{"name":"b"}}'], ['PUT', `${pods}/a`, '{"metadata":{"name":"a","namespace":"kube-system"}}'],
    ['POST', pods, '{"metadata":{"name":"a","namespace":"kube-system"}}'], ['POST', '/api/v1/nodes', '{"metadata":{"namespace":"shop"}}'],
    ['PATCH', `${pods}/a`, '{"metadata":{"name":"b"}}', 'application/merge-patch+json'], ['PATCH', `${pods}/a`, '{"metadata":{"namespace":"b"}}', 'application/apply-patch+yaml'],
    ['POST', `${pods}/a/eviction`, '{"metadata":{"name":"b"}}'], ['PUT', '/api/v1/namespaces/a', '{"metadata":{"name":"b"}}'], ['PUT', '/api/v1/namespaces/a', '{"metadata":{"namespace":"a"}}'],
    ['POST', pods, '{"metadata":{"name":["a"]}}'], ['POST', pods, '{"metadata":{"name":"a","namespace":7}}'],
  ]
  for (const [method, target, body, type] of contradictions) test(`${method} ${target} ${body} is refused`, () => {
    expect(read(method, target, { body, ...(type !== undefined && { type }) })).toMatchObject({ kind: 'refused', reason: 'BadRequest', message: expect.stringMatching(/another|not text/) })
  })
})

describe('privileges', () => {
  const merge = 'application/merge-patch+json'
  const cases: readonly (readonly [privilege: string | null, method: string, target: string, options?: Options])[] = [
    ['mint-token', 'POST', '/api/v1/namespaces/a/serviceaccounts/b/token', { body: '{}' }],
    ['mint-token', 'POST', '/api/v1/namespaces/a/secrets', { body: '{"type":"kubernetes.io/service-account-token"}' }],
    ['mint-token', 'PATCH', '/api/v1/namespaces/a/secrets/b', { body: 'type: kubernetes.io/service-account-token', type: 'application/apply-patch+yaml' }],
    ['mint-token', 'POST', '/api/v1/namespaces/kube-system/secrets', { body: '{"type":"bootstrap.kubernetes.io/token"}' }],
    ['mint-token', 'PATCH', '/api/v1/namespaces/a/secrets/b', { body: '[{"op":"replace","path":"/type","value":"x"}]', type: 'application/json-patch+json' }],
    [null, 'POST', '/api/v1/namespaces/a/secrets', { body: '{"type":"Opaque"}' }],
    [null, 'GET', '/api/v1/namespaces/a/secrets/b'],
    ['approve-csr', 'PUT', '/apis/certificates.k8s.io/v1/certificatesigningrequests/a/approval', { body: '{}' }],
    ['approve-csr', 'PATCH', '/apis/certificates.k8s.io/v1/certificatesigningrequests/a/status', { body: '{}', type: merge }],
    [null, 'GET', '/apis/certificates.k8s.io/v1/certificatesigningrequests/a/approval'],
    [null, 'POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests', { body: '{}' }],
    ['rbac', 'POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { body: '{}' }],
    ['rbac', 'DELETE', '/apis/rbac.authorization.k8s.io/v1beta1/namespaces/a/rolebindings'],
    ['rbac', 'PATCH', '/apis/rbac.authorization.k8s.io/v1/namespaces/a/roles/b', { body: '{}', type: merge }],
    [null, 'GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles?watch=1'],
    ['webhooks', 'POST', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', { body: '{}' }],
    ['webhooks', 'DELETE', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/a'],
    ['webhooks', 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: '{"spec":{"conversion":{"strategy":"Webhook"}}}' }],
    ['webhooks', 'PATCH', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a', { body: '[{"op":"add","path":"/spec/conversion/webhook","value":{}}]', type: 'application/json-patch+json' }],
    ['webhooks', 'PATCH', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a', { body: '{"spec":{"conversion":{"webhook":{}}}}', type: merge }],
    [null, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: '{"spec":{"conversion":{"strategy":"None"}}}' }],
    ['apiservices', 'PUT', '/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com', { body: '{}' }],
    ['ephemeral-containers', 'PATCH', `${pods}/a/ephemeralcontainers`, { body: '{}', type: 'application/strategic-merge-patch+json' }],
    ['node-proxy', 'GET', '/api/v1/nodes/n/proxy/configz'], ['node-proxy', 'POST', '/api/v1/nodes/n/proxy/run/a/b/c'], ['node-proxy', 'GET', '/api/v1/proxy/nodes/n/pods'],
    [null, 'GET', '/api/v1/namespaces/a/services/b/proxy'],
    [null, 'POST', '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas', { body: '{}' }],
  ]
  for (const [privilege, method, target, options] of cases) test(`${privilege}: ${method} ${target} ${options?.body ?? ''}`, () => { expect(facts(method, target, options).privilege).toBe(privilege) })
})

test('exec, attach and ports are read from the query as the API server reads them', () => {
  expect(facts('GET', `${pods}/a/exec?command=sh&command=-c&command=a%0Ab&container=c&tty=1&stdin=false`).exec).toEqual({ container: 'c', argv: ['sh', '-c', 'a\nb'], tty: true, stdin: false })
  expect(facts('POST', `${pods}/a/attach?command=sh&stdin=true`).exec).toEqual({ container: null, argv: [], tty: false, stdin: true })
  expect(facts('GET', `${pods}/a/portforward?ports=80&ports=5432`).ports).toEqual([80, 5432])
  expect(facts('GET', '/api/v1/namespaces/a/services/https:web:443/proxy/').ports).toEqual([443])
  for (const query of ['ports=0', 'ports=65536', 'ports=080', 'ports=80,81', 'ports=', 'ports=-1']) expect(read('GET', `${pods}/a/portforward?${query}`).kind, query).toBe('refused')
})

test('selectors, field manager, deletes and the plain path are facts', () => {
  expect(facts('DELETE', `${pods}?labelSelector=app%3Dweb&fieldSelector=status.phase%3DFailed`, { deletes: [5, 9] })).toMatchObject({ verb: 'deletecollection', labelSelector: 'app=web', fieldSelector: 'status.phase=Failed', deletes: [5, 9] })
  expect(facts('PATCH', `${pods}/a?fieldManager=kubectl`, { body: '{}', type: 'application/merge-patch+json' }).fieldManager).toBe('kubectl')
  const discovery = ['/', '/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1', '/version', '/openapi/v2', '/openapi/v3/apis/apps/v1', '/healthz', '/livez/ping', '/readyz', '/.well-known/openid-configuration', '/openid/v1/jwks', '/apis/']
  const not = ['/metrics', '/logs/kube-apiserver.log', '/debug/pprof/heap', '/configz', '/api2', '/versions', '/openapix', '/healthzz']
  expect(discovery.filter((path) => facts('GET', path).plain?.isDiscovery !== true)).toEqual([])
  expect(not.filter((path) => facts('GET', path).plain?.isDiscovery !== false)).toEqual([])
})

test('only resources can be written to', () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect(read(method, '/apis/apps/v1'), method).toMatchObject({ kind: 'refused', reason: 'MethodNotAllowed' })
})

test('whether the body must be read to decide', () => {
  const use = (method: string, target: string, length = '5') => {
    const request = readRequest({ method, target, headers: ['Content-Length', length] })
    return request.kind === 'refused' ? request.reason : request.bodyUse
  }
  expect([use('POST', pods), use('PUT', `${pods}/a`), use('PATCH', `${pods}/a`), use('DELETE', `${pods}/a`), use('DELETE', pods)]).toEqual(['object', 'object', 'patch', 'options', 'options'])
  expect([use('POST', '/api/v1/namespaces/a/services/b/proxy/x'), use('POST', pods, '0'), use('DELETE', `${pods}/a`, '0'), use('GET', pods)]).toEqual(['stream', 'none', 'none', 'BadRequest'])
})

test('a body where none is taken is refused; what is forwarded is ours', () => {
  expect(read('POST', `${pods}/a/exec`, { body: '{}' })).toMatchObject({ kind: 'refused', message: 'a body is not taken with exec' })
  expect(read('POST', pods, { body: '{ "a" : 1.0 }' })).toMatchObject({ sent: '{"a":1}' })
})

test('nothing a client sends makes it throw, and what is accepted means the same when it is read again', () => {
  const segment = fc.constantFrom('api', 'apis', 'v1', 'apps', 'namespaces', 'shop', 'pods', 'nodes', 'secrets', 'a', 'exec', 'proxy', 'watch', 'status', 'token', 'constructor', '__proto__', '', '..', 'a:b', 'https:a:1')
  const query = fc.constantFrom('watch=1', 'watch=0', 'dryRun=All', 'dryRun=', 'command=sh', 'command=-c', 'tty=1', 'fieldSelector=metadata.name%3Da', 'labelSelector=x', 'ports=80', 'constructor=1', '%', '')
  const header = fc.constantFrom(['Connection', 'Upgrade'], ['Upgrade', 'SPDY/3.1'], ['Upgrade', 'websocket'], ['X-Stream-Protocol-Version', 'v4.channel.k8s.io'], ['Content-Type', 'application/yaml'], ['Content-Type', 'constructor'], ['Accept', 'application/json;as=Table'], ['Accept', ';;,,'], ['constructor', 'x'], ['__proto__', 'x'], ['Content-Length', '9'])
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'constructor')
  const body = fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)), fc.json().map((text) => Buffer.from(text)))
  fc.assert(fc.property(method, fc.array(segment, { maxLength: 9 }), fc.array(query, { maxLength: 4 }), fc.array(header, { maxLength: 4 }), body, (verb, segments, parameters, headers, bytes) => {
    const asked = { method: verb, headers: headers.flat() }
    const request = readRequest({ ...asked, target: `/${segments.join('/')}?${parameters.join('&')}` })
    if (request.kind === 'refused') return
    const result = factsOf({ request, body: bytes, deletes: [] })
    const again = readRequest({ ...asked, target: request.target.forwarded })
    expect(again).toEqual(request)
    expect(again.kind === 'request' && factsOf({ request: again, body: bytes, deletes: [] })).toEqual(result)
  }), { numRuns: 5_000 })
})
