// Requests through a whole gateway to an API server that answers as a test says: what reaches it, what the client gets, what is recorded.
import { request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { routes } from '../../../shared/api.ts'
import { approvalWhole, type ApprovalSummary } from '../../../shared/approval.ts'
import { callApi, exchanged } from '../../testing/api.ts'
import { startKubernetesGateway, type KubernetesGateway } from '../../testing/cluster-gateway.ts'
import { json, startFakeApi, type FakeApi } from './testing/fake-api.ts'

vi.setConfig({ testTimeout: 30_000 })

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: read, who: { groups: [engineers, privacy] }, allow: { kubernetes: [get, list, watch], resources: ["*"] } }
  - { id: write, who: { groups: [engineers] }, allow: { kubernetes: [create, update, patch], resources: [configmaps, secrets] } }
  - { id: deletes, who: { groups: [engineers] }, approve: { kubernetes: [delete], resources: [pods, configmaps] }, by: { groups: [on-call] }, within: 1m }
  - { id: new-secrets, who: { groups: [engineers] }, approve: { kubernetes: [create], resources: [secrets] }, by: { groups: [on-call] }, within: 1m }
  - { id: apply, who: { groups: [engineers] }, approve: { kubernetes: [patch], resources: [deployments] }, by: { groups: [on-call] }, within: 1m }
  - { id: told, who: { groups: [engineers] }, approve: { kubernetes: [delete], resources: [endpoints] }, by: { groups: [on-call] }, within: 1m, reason: required }
  - { id: system, who: everyone, deny: { kubernetes: ["*"], resources: ["*"], namespaces: [kube-system] } }
masks:
  - { id: secrets, resources: [secrets], fields: [/data/*, /stringData/*], as: redact, except: { groups: [privacy] } }
  - { id: keys, detect: [aws-access-key], as: redact }
`
const key = 'AKIAIOSFODNN7EXAMPLE'

let api: FakeApi
let gateway: KubernetesGateway
const tokens = new Map<string, string>()

beforeAll(async () => {
  api = await startFakeApi()
  gateway = await startKubernetesGateway(api, { policies: { cluster: policy }, connection: ', impersonate: { user: id }' })
  for (const [sub, groups] of Object.entries({ eli: ['engineers'], pia: ['privacy'], otto: ['on-call', 'reviewers'] })) tokens.set(sub, await exchanged({ api: gateway.api, ca: gateway.caFile }, await gateway.token({ sub, groups, email: `${sub}@example.com` })))
})
afterAll(async () => {
  await gateway?.stop()
  await api?.stop()
})
beforeEach(() => {
  api.forget()
  api.answer(({ response }) => json(response, 200, { kind: 'PodList', apiVersion: 'v1', items: [] }))
})

interface Answer { readonly status: number; readonly headers: IncomingMessage['headers']; readonly text: string; readonly json: Record<string, unknown> }
interface Ask { readonly who?: string; readonly method?: string; readonly body?: unknown; readonly type?: string; readonly headers?: Record<string, string>; readonly signal?: AbortSignal }

function open(path: string, { who = 'eli', method = 'GET', body, type = 'application/json', headers = {}, signal }: Ask = {}): Promise<IncomingMessage> {
  const content = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  return new Promise((done, failed) => {
    const sent = httpsRequest(`${gateway.api}/k8s/cluster${path}`, { method, ca: gateway.ca, agent: false, ...(signal !== undefined && { signal }), headers: { authorization: `Bearer ${tokens.get(who)}`, ...(content !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(content) }), ...headers } }, done)
    sent.on('error', failed)
    sent.end(content)
  })
}

async function ask(path: string, how: Ask = {}): Promise<Answer> {
  const response = await open(path, how)
  let text = ''
  for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString()
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: text.startsWith('{') ? JSON.parse(text) as Record<string, unknown> : {} }
}

const call = (who: string, method: string, path: string, body?: unknown) => callApi({ api: gateway.api, ca: gateway.caFile }, method, path, tokens.get(who)!, body)

async function opened(part: string): Promise<ApprovalSummary> {
  return vi.waitFor(async () => {
    const { approvals } = routes.approvals.output.parse((await call('otto', 'GET', '/v1/approvals?filter=open')).json)
    const found = approvals.find(({ subject }) => subject.kind === 'command' && subject.recorded.includes(part))
    if (found === undefined) throw new Error('nothing is open yet')
    return found
  }, { timeout: 10_000, interval: 50 })
}

async function recordOf(sub: string): Promise<string> {
  const { sessions } = routes.sessions.output.parse((await call('otto', 'GET', '/v1/sessions')).json)
  const own = sessions.filter(({ principal }) => principal.id === `test:${sub}`)
  const texts = await Promise.all(own.map(async ({ id }) => {
    const { frames } = (await call('otto', 'GET', `/v1/sessions/${id}/frames`)).json as { frames: { data: { type: string; value?: unknown; base64?: string } }[] }
    return frames.map(({ data }) => (data.type === 'json' ? JSON.stringify(data.value) : Buffer.from(data.base64!, 'base64').toString())).join('\n')
  }))
  return texts.join('\n')
}

test('a read goes upstream once, with the gateway\'s credential and the principal\'s name, and none of the client\'s own', async () => {
  const answer = await ask('/api/v1/namespaces/shop/pods?limit=500', { headers: { 'x-remote-user': 'root', cookie: 'a=b', 'user-agent': 'kubectl/v1' } })
  expect(answer.status).toBe(200)
  expect(api.lines()).toEqual(['GET /api/v1/namespaces/shop/pods?limit=500'])
  expect(api.seen[0]!.headers).toMatchObject({ authorization: 'Bearer upstream-token', 'impersonate-user': 'gatehouse:test:eli', 'impersonate-group': 'gatehouse:engineers', 'impersonate-extra-gatehouse-kind': 'human', 'user-agent': 'kubectl/v1', 'accept-encoding': 'identity' })
  expect(api.seen[0]!.headers).not.toHaveProperty('x-remote-user')
  expect(api.seen[0]!.headers).not.toHaveProperty('cookie')
})

test.each([
  ['what no rule allows', '/api/v1/namespaces/shop/pods', { method: 'POST', body: { kind: 'Pod', metadata: { name: 'x' } } }, 403, /no rule allows create/],
  ['what a rule denies', '/api/v1/namespaces/kube-system/pods', {}, 403, /denied by rule system/],
  ['a list of every namespace, for it holds a denied one', '/api/v1/pods', {}, 403, /denied by rule system/],
  ['impersonation by the client', '/api/v1/namespaces/shop/pods', { headers: { 'impersonate-user': 'system:admin' } }, 403, /impersonation/],
  ['a page in a browser', '/api/v1/namespaces/shop/pods', { headers: { origin: 'https://evil.example' } }, 403, /Origin/],
  ['a path with two readings', '/api/v1/namespaces/shop/pods/..%2f..%2fkube-system', {}, 400, /./],
  ['exec without an upgrade', '/api/v1/namespaces/shop/pods/web/exec?command=sh', { method: 'POST' }, 400, /upgrade/],
] as const)('refuses %s, and nothing reaches the cluster', async (_, path, how, status, message) => {
  const answer = await ask(path, how)
  expect([answer.status, answer.json['kind'], answer.json['code']]).toEqual([status, 'Status', status])
  expect(answer.json['message']).toMatch(message)
  expect(api.lines()).toEqual([])
})

test('without a good token, or on a cluster one has no rule on, there is nothing to see', async () => {
  expect((await ask('/api', { headers: { authorization: 'Bearer nonsense' } })).status).toBe(401)
  expect((await ask('/api', { who: 'otto' })).status).toBe(404)
  expect(api.lines()).toEqual([])
})

test('secrets are masked for who is not excepted, and in the record for everybody', async () => {
  const sentinel = Buffer.from('correct horse battery').toString('base64')
  api.answer(({ response }) => json(response, 200, { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'db', namespace: 'shop' }, data: { password: sentinel } }))
  const path = '/api/v1/namespaces/shop/secrets/db'
  expect((await ask(path)).text).not.toContain(sentinel)
  expect((await ask(path, { who: 'pia' })).text).toContain(sentinel)
  expect(await recordOf('pia')).not.toContain(sentinel)
  expect(await recordOf('pia')).toContain('W21hc2tlZF0=')
})

test('an answer that cannot be read does not arrive: protobuf, gzip, half a document', async () => {
  const answers: [string, Record<string, string>, string][] = [
    ['protobuf', { 'content-type': 'application/vnd.kubernetes.protobuf' }, 'k8s\0secret-bytes'], ['gzip', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, 'secret-bytes'],
    ['half', { 'content-type': 'application/json' }, '{"kind":"Secret","data":{"a":"secret-bytes'], ['no type', {}, 'secret-bytes'], ['html', { 'content-type': 'text/html' }, '<b>secret-bytes'],
  ]
  for (const [name, headers, text] of answers) {
    api.answer(({ response }) => { response.writeHead(200, headers); response.end(text) })
    const answer = await ask('/api/v1/namespaces/shop/secrets/db', { headers: { accept: 'application/vnd.kubernetes.protobuf' } }).catch((error: Error) => ({ status: 0, text: error.message }))
    expect([name, answer.text]).toEqual([name, expect.not.stringContaining('secret-bytes')])
  }
  expect(api.seen.every(({ headers }) => headers.accept === 'application/json')).toBe(true)
})

test('a mask written back is refused with the field\'s name', async () => {
  const answer = await ask('/api/v1/namespaces/shop/secrets/db', { method: 'PUT', body: { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'db' }, data: { password: 'W21hc2tlZF0=' } } })
  expect(answer.json).toMatchObject({ status: 'Failure', reason: 'Forbidden', message: expect.stringContaining('password') as string })
  expect(api.lines()).toEqual([])
})

test('a held delete waits; the approver sees the object; the approval lets exactly it through', async () => {
  const live = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web-1', namespace: 'shop', uid: 'u1', generation: 1, managedFields: [] }, spec: { nodeName: 'n1' } }
  api.answer(({ method, response }) => json(response, 200, method === 'GET' ? live : { kind: 'Status', status: 'Success' }))
  const running = ask('/api/v1/namespaces/shop/pods/web-1', { method: 'DELETE', body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' } })
  const { id, subject, connection } = await opened('pods/web-1')
  expect([subject, connection.kind]).toEqual([{ kind: 'command', protocol: 'kubernetes', recorded: 'DELETE /api/v1/namespaces/shop/pods/web-1' }, 'kubernetes'])
  expect(api.lines()).toEqual(['GET /api/v1/namespaces/shop/pods/web-1'])
  const whole = approvalWhole.parse((await call('otto', 'GET', `/v1/approvals/${id}`)).json)
  expect(whole.exact?.text).toContain('"propagationPolicy": "Background"')
  expect(whole.exact?.diff).toContain('-  nodeName: n1')
  await call('otto', 'POST', `/v1/approvals/${id}/decision`, { decision: 'approve' })
  const answer = await running
  expect(answer.status).toBe(200)
  expect(answer.headers.warning).toContain('approved')
  expect(api.lines().at(-1)).toBe('DELETE /api/v1/namespaces/shop/pods/web-1')
  expect(api.lines().filter((line) => line.startsWith('DELETE'))).toHaveLength(1)
})

test('of a held secret lists, notifications, diff and record hold no value; its approver reads it whole', async () => {
  const made = { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'new', namespace: 'shop' }, stringData: { password: 'hunter2-in-clear' } }
  api.answer(({ response }) => json(response, 201, { ...made, data: { password: Buffer.from('hunter2-in-clear').toString('base64') } }))
  const running = ask('/api/v1/namespaces/shop/secrets', { method: 'POST', body: made })
  const summary = await opened('/secrets')
  const whole = approvalWhole.parse((await call('otto', 'GET', `/v1/approvals/${summary.id}`)).json)
  expect(whole.exact?.text).toContain('hunter2-in-clear')
  expect(JSON.stringify([summary, whole.exact?.diff])).not.toMatch(/hunter2|aHVudGVyMi1pbi1jbGVhcg/)
  expect(whole.exact?.diff).toContain('+  name: new')
  await call('otto', 'POST', `/v1/approvals/${summary.id}/decision`, { decision: 'approve' })
  expect((await running).text).not.toMatch(/hunter2|aHVudGVyMi1pbi1jbGVhcg/)
  expect(await recordOf('eli')).not.toMatch(/hunter2|aHVudGVyMi1pbi1jbGVhcg/)
})

test('a denied apply is refused with the reason; its diff came from the server\'s own dry run', async () => {
  const live = { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'web', namespace: 'shop', uid: 'u2', generation: 4 }, spec: { replicas: 3 } }
  api.answer(({ method, response }) => json(response, 200, method === 'GET' ? live : { ...live, spec: { replicas: 0 } }))
  const running = ask('/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=kubectl', { method: 'PATCH', type: 'application/merge-patch+json', body: { spec: { replicas: 0 } } })
  const { id } = await opened('deployments/web')
  const whole = approvalWhole.parse((await call('otto', 'GET', `/v1/approvals/${id}`)).json)
  expect(whole.exact?.diff).toContain('-  replicas: 3\n+  replicas: 0')
  expect(api.lines()).toEqual(['GET /apis/apps/v1/namespaces/shop/deployments/web', 'PATCH /apis/apps/v1/namespaces/shop/deployments/web?fieldManager=kubectl&dryRun=All'])
  await call('otto', 'POST', `/v1/approvals/${id}/decision`, { decision: 'deny', reason: 'not before the sale' })
  expect((await running).json).toMatchObject({ code: 403, message: expect.stringContaining('not before the sale') as string })
  expect(api.lines()).toHaveLength(2)
})

test('where a reason is wanted nobody is asked without one, and the refusal says how to say it', async () => {
  const path = '/api/v1/namespaces/shop/endpoints/web-1'
  const refused = await ask(path, { method: 'DELETE' })
  expect(refused).toMatchObject({ status: 403, json: { kind: 'Status', message: expect.stringMatching(/nobody was asked, for the rule wants a reason with it.*gatehouse grants request/) as string } })
  expect((await call('otto', 'GET', '/v1/approvals?filter=open')).json['approvals']).toEqual([])
  expect(api.lines().filter((line) => line.startsWith('DELETE'))).toEqual([])
  const waiting = ask(path, { method: 'DELETE', headers: { 'gatehouse-reason': encodeURIComponent('INC-42: übrig') } })
  const { id, purpose } = await opened('endpoints/web-1')
  expect(purpose).toBe('INC-42: übrig')
  await call('otto', 'POST', `/v1/approvals/${id}/decision`, { decision: 'deny' })
  expect((await waiting).status).toBe(403)
})

test('another object of the same name is not what was approved', async () => {
  let uid = 'first'
  api.answer(({ response }) => json(response, 200, { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web-2', namespace: 'shop', uid, generation: 1 } }))
  const running = ask('/api/v1/namespaces/shop/pods/web-2', { method: 'DELETE' })
  const { id } = await opened('pods/web-2')
  uid = 'second'
  await call('otto', 'POST', `/v1/approvals/${id}/decision`, { decision: 'approve' })
  expect((await running).json).toMatchObject({ code: 403, message: expect.stringContaining('changed while it waited') as string })
  expect(api.lines().filter((line) => line.startsWith('DELETE'))).toEqual([])
})

test('a client that leaves withdraws what it asked, and the approval cannot be decided any more', async () => {
  const gone = new AbortController()
  const running = open('/api/v1/namespaces/shop/configmaps/flags', { method: 'DELETE', signal: gone.signal }).catch(() => 'gone')
  const { id } = await opened('configmaps/flags')
  gone.abort()
  expect(await running).toBe('gone')
  await vi.waitFor(async () => expect((await call('otto', 'GET', `/v1/approvals/${id}`)).json).toMatchObject({ state: 'withdrawn' }), { timeout: 5_000 })
  expect(api.lines().filter((line) => line.startsWith('DELETE'))).toEqual([])
})

test('a request\'s own timeout shortens the wait', async () => {
  const answer = await ask('/api/v1/namespaces/shop/configmaps/slow?timeout=1s', { method: 'DELETE' })
  expect(answer.json).toMatchObject({ code: 403, message: expect.stringContaining('expired') as string })
})

test('a read whose answer has not come yet ends when the policy no longer allows it', async () => {
  let isAsked = false
  api.answer(() => { isAsked = true })
  const waiting = ask('/api/v1/namespaces/shop/services')
  await vi.waitFor(() => expect(isAsked).toBe(true))
  gateway.writePolicy('cluster', policy.replace('allow: { kubernetes: [get, list, watch], resources: ["*"] }', 'allow: { kubernetes: [get, list, watch], resources: [pods] }'))
  expect(await waiting).toMatchObject({ status: 403, json: { message: expect.stringContaining('no rule allows list services') as string } })
  gateway.writePolicy('cluster', policy)
  api.answer(({ response }) => json(response, 200, { kind: 'ServiceList', apiVersion: 'v1', items: [] }))
  await vi.waitFor(async () => expect((await ask('/api/v1/namespaces/shop/services')).status).toBe(200), { timeout: 5_000 })
})

test('a watch: every event through the masks, and a policy that no longer allows it ends it with an ERROR event', async () => {
  const event = (name: string) => `${JSON.stringify({ type: 'ADDED', object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name }, data: { note: `key ${key}` } } })}\n`
  let upstream: { write(text: string): boolean } | null = null
  api.answer(({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(event('one').slice(0, 30))
    upstream = response
  })
  const watch = await open('/api/v1/namespaces/shop/configmaps?watch=true')
  let text = ''
  watch.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
  const ended = new Promise<void>((done) => { watch.once('end', done) })
  upstream!.write(event('one').slice(30) + event('two'))
  await vi.waitFor(() => expect(text.split('\n')).toHaveLength(3))
  expect(text).not.toContain(key)
  gateway.writePolicy('cluster', policy.replace('allow: { kubernetes: [get, list, watch], resources: ["*"] }', 'allow: { kubernetes: [get, list], resources: ["*"] }'))
  await ended
  gateway.writePolicy('cluster', policy)
  expect(JSON.parse(text.trim().split('\n').at(-1)!)).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 403, message: expect.stringContaining('no rule allows watch') as string } })
  await vi.waitFor(async () => expect((await ask('/api/v1/namespaces/shop/configmaps?watch=true&timeoutSeconds=1', { signal: AbortSignal.timeout(1_000) }).catch(() => ({ status: 200 }))).status).toBe(200), { timeout: 5_000 })
})

test('a token that is revoked ends its watches within a second', async () => {
  api.answer(({ response }) => { response.writeHead(200, { 'content-type': 'application/json' }); response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Pod', apiVersion: 'v1', metadata: {} } })}\n`) })
  const own = await exchanged({ api: gateway.api, ca: gateway.caFile }, await gateway.token({ sub: 'eli', groups: ['engineers'] }))
  tokens.set('leaving', own)
  const watch = await open('/api/v1/namespaces/shop/pods?watch=true', { who: 'leaving' })
  let text = ''
  watch.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
  const ended = new Promise<void>((done) => { watch.once('close', done) })
  const before = Date.now()
  await callApi({ api: gateway.api, ca: gateway.caFile }, 'DELETE', '/v1/tokens/current', own)
  await ended
  expect(Date.now() - before).toBeLessThan(3_000)
  expect(text).toContain('"ERROR"')
})

test('a log: what detectors find is masked though it comes in two pieces', async () => {
  api.answer(({ response }) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write(`first line\nthe key is ${key.slice(0, 9)}`)
    setTimeout(() => response.end(`${key.slice(9)} and more\nlast`), 20)
  })
  const { text } = await ask('/api/v1/namespaces/shop/pods/web/log')
  expect(text).toBe('first line\nthe key is [masked:aws-access-key] and more\nlast')
})

test('every request is recorded with its verdict and its end', async () => {
  await ask('/api/v1/namespaces/shop/services')
  await ask('/api/v1/namespaces/shop/services/x', { method: 'DELETE' })
  const record = await recordOf('eli')
  expect(record).toContain('"text":"GET /api/v1/namespaces/shop/services"')
  expect(record).toMatch(/"effect":"deny","rule":null,"policy":null,"reason":"no rule allows delete/)
  expect(record).toMatch(/"status":"200","rows":0,"bytes":\d+/)
})
