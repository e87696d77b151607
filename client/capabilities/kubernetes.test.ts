import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { kubernetesEventBytesMax, kubernetesLogLineCharactersMax, kubernetesLogUnseenLinesMax } from '../limits.ts'
import type { Account } from '../login/account.ts'
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts'
import { signedIn } from '../testing/signed-in.ts'
import { failureOf } from './capabilities.ts'
import { linesOf } from './kubernetes/lines.ts'
import { createKubernetes, objectOf, type Kubernetes } from './kubernetes.ts'

let gateway: FakeGateway
let account: Account
let kubernetes: Kubernetes
let events: { readonly name: string; readonly event: Record<string, unknown> }[]
let answer: (request: IncomingMessage, response: ServerResponse) => void
let asked: { readonly url: string; readonly accept: string; readonly method: string }[]

beforeEach(async () => {
  gateway = await startFakeGateway()
  gateway.clusters = ['prod']
  asked = []
  gateway.kubernetes = (request, response) => {
    asked.push({ url: request.url ?? '', accept: request.headers.accept ?? '', method: request.method ?? '' })
    answer(request, response)
  }
  account = await signedIn(gateway)
  events = []
  kubernetes = createKubernetes({ account, failureOf, emit: (name, event) => events.push({ name, event: { ...event } }) })
})

afterEach(async () => {
  kubernetes.dispose()
  await account.dispose()
  await gateway.close()
})

async function until(holds: () => boolean, ms = 5_000): Promise<void> {
  for (const end = Date.now() + ms; !holds(); await sleep(5)) if (Date.now() > end) throw new Error('it did not happen in time')
}

const named = (name: string) => events.filter((each) => each.name === name).map(({ event }) => event)
const json = (response: ServerResponse, value: unknown, status = 200) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
const status = (code: number, message: string, reason = 'Forbidden') => ({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code })
const row = (name: string, ...cells: unknown[]) => ({ cells: [name, ...cells], object: { metadata: { name, namespace: 'default', uid: `uid-${name}`, creationTimestamp: '2026-11-21T10:00:00Z' } } })
const columns = [{ name: 'Name', type: 'string' }, { name: 'Ready', type: 'string', priority: 0 }, { name: 'IP', type: 'string', priority: 1 }, { name: 'Age', type: 'string' }]
const table = (...rows: unknown[]) => ({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: '41' }, columnDefinitions: columns, rows })
const line = (type: string, value: unknown) => `${JSON.stringify({ type, object: value })}\n`

/** Lists answer at once; watches are kept for the test to write to. */
function listing(...rows: unknown[]): ServerResponse[] {
  const watches: ServerResponse[] = []
  answer = (request, response) => {
    if (request.url?.includes('watch=true') !== true) return void json(response, table(...rows))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    watches.push(response)
  }
  return watches
}

test('lists a table through the gateway, then watches from where the list ended', async () => {
  const watches = listing(row('web', '1/1', '10.0.0.1', '3d'), row('db', null, { odd: 1 }, '3d'))
  const { table: shown } = await kubernetes.watch({ connection: 'prod', view: 'pods', namespace: 'default' })
  expect(shown.columns.map(({ name, priority, isAge }) => [name, priority, isAge])).toEqual([['Name', 0, false], ['Ready', 0, false], ['IP', 1, false], ['Age', 0, true]])
  expect(shown.rows.map(({ key, cells }) => [key, cells])).toEqual([['uid-web', ['web', '1/1', '10.0.0.1', '3d']], ['uid-db', ['db', '', '{"odd":1}', '3d']]])
  await until(() => watches.length === 1)
  expect(asked.map(({ url }) => url)).toEqual(['/k8s/prod/api/v1/namespaces/default/pods?limit=5000', '/k8s/prod/api/v1/namespaces/default/pods?watch=true&allowWatchBookmarks=true&resourceVersion=41'])
  expect(asked.every(({ accept, method }) => accept.startsWith('application/json;as=Table;v=v1;g=meta.k8s.io') && method === 'GET')).toBe(true)
})

test('changes come as rows, gathered; the last word on each row counts', async () => {
  const watches = listing(row('web', '0/1'))
  const { watch } = await kubernetes.watch({ connection: 'prod', view: 'pods', namespace: null })
  await until(() => watches.length === 1)
  watches[0]!.write(line('MODIFIED', table(row('web', '1/1'))) + line('ADDED', table(row('new', '0/1'))) + line('BOOKMARK', {}) + line('DELETED', table(row('new', '0/1'))))
  await until(() => named('kubernetes.rows').length > 0)
  expect(named('kubernetes.rows')).toEqual([{ watch, upserts: [expect.objectContaining({ key: 'uid-web', cells: ['web', '1/1'] })], removed: ['uid-new'] }])
})

test('a watch that the server ends is told, without a failure; one that says it is too old with it', async () => {
  const watches = listing()
  const first = await kubernetes.watch({ connection: 'prod', view: 'pods', namespace: null })
  await until(() => watches.length === 1)
  watches[0]!.end()
  await until(() => named('kubernetes.watchEnded').length === 1)
  expect(named('kubernetes.watchEnded')).toEqual([{ watch: first.watch, failure: null }])
  await kubernetes.watch({ connection: 'prod', view: 'pods', namespace: null })
  await until(() => watches.length === 2)
  watches[1]!.write(line('ERROR', status(410, 'too old resource version: 1 (9)', 'Expired')))
  await until(() => named('kubernetes.watchEnded').length === 2)
  expect(named('kubernetes.watchEnded')[1]).toMatchObject({ failure: { message: 'too old resource version: 1 (9)' } })
})

test('who closes a watch hears no more of it, and its request ends', async () => {
  const watches = listing()
  const { watch } = await kubernetes.watch({ connection: 'prod', view: 'pods', namespace: null })
  await until(() => watches.length === 1)
  const gone = new Promise((resolve) => watches[0]!.once('close', resolve))
  kubernetes.unwatch({ watch })
  await gone
  expect(events).toEqual([])
})

test('an event that is larger than we hold ends its watch, and says which limit', async () => {
  const watches = listing()
  await kubernetes.watch({ connection: 'prod', view: 'pods', namespace: null })
  await until(() => watches.length === 1)
  watches[0]!.write(`${'x'.repeat(kubernetesEventBytesMax + 1)}\n`)
  await until(() => named('kubernetes.watchEnded').length === 1)
  expect(named('kubernetes.watchEnded')[0]).toMatchObject({ failure: { code: 'limit_exceeded', message: expect.stringContaining('kubernetesEventBytesMax') as unknown } })
})

test('a refusal is said as the gateway says it', async () => {
  const message = 'denied by rule no-secrets (policy prod): list on secrets is not allowed'
  answer = (_, response) => json(response, status(403, message), 403)
  await expect(kubernetes.watch({ connection: 'prod', view: 'secrets', namespace: 'default' })).rejects.toMatchObject({ code: 'forbidden', message })
  await expect(kubernetes.get({ connection: 'prod', view: 'secrets', namespace: 'default', name: 'database' })).rejects.toMatchObject({ code: 'forbidden', message })
})

test('an answer that is no table, or no Status, is not taken for one', async () => {
  answer = (_, response) => json(response, { kind: 'PodList', items: [] })
  await expect(kubernetes.watch({ connection: 'prod', view: 'pods', namespace: null })).rejects.toMatchObject({ code: 'upstream_rejected' })
  answer = (_, response) => void response.writeHead(500).end('<html>secret stack</html>')
  await expect(kubernetes.watch({ connection: 'prod', view: 'pods', namespace: null })).rejects.toThrow('the answer was 500 and gave no reason')
})

test('an object is YAML as it came, without who wrote which field; a pod names its containers', async () => {
  answer = (_, response) => json(response, { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web', managedFields: [{ manager: 'x' }], labels: { on: 'yes' } }, spec: { containers: [{ name: 'web' }, { name: 'proxy' }], initContainers: [{ name: 'setup' }] } })
  const { yaml, containers } = await kubernetes.get({ connection: 'prod', view: 'pods', namespace: 'default', name: 'web' })
  expect(asked[0]?.url).toBe('/k8s/prod/api/v1/namespaces/default/pods/web')
  expect(parse(yaml)).toEqual({ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web', labels: { on: 'yes' } }, spec: { containers: [{ name: 'web' }, { name: 'proxy' }], initContainers: [{ name: 'setup' }] } })
  expect(containers).toEqual(['web', 'proxy', 'setup'])
  expect(() => objectOf([])).toThrow('the answer is no object')
})

test('a log is followed by lines, one too long is cut and counted', async () => {
  answer = (_, response) => void response.writeHead(200).write(`one\r\ntw`)
  const { log } = kubernetes.log({ connection: 'prod', namespace: 'default', pod: 'web', container: 'web', isPrevious: false })
  await until(() => named('kubernetes.logLines').length === 1)
  expect(named('kubernetes.logLines')[0]).toEqual({ log, lines: ['one'], cutCharacters: 0 })
  expect(asked[0]?.url).toBe('/k8s/prod/api/v1/namespaces/default/pods/web/log?tailLines=1000&container=web&follow=true')
  answer = (_, response) => void response.writeHead(200).end(`${'x'.repeat(kubernetesLogLineCharactersMax + 7)}\nlast`)
  kubernetes.log({ connection: 'prod', namespace: 'default', pod: 'web', container: null, isPrevious: true })
  await until(() => named('kubernetes.logEnded').length === 1)
  const [, long, last] = named('kubernetes.logLines')
  expect([String(long?.['lines']).length, long?.['cutCharacters'], last?.['lines']]).toEqual([kubernetesLogLineCharactersMax, 7, ['last']])
})

test('a page that does not keep up makes the log wait, and nothing piles up here', async () => {
  let written = 0
  answer = (_, response) => {
    response.writeHead(200)
    const block = 'a line of a log that never ends\n'.repeat(2_000)
    const write = () => { while (!response.destroyed && response.write(block)) written += block.length; response.once('drain', write) }
    write()
  }
  const { log } = kubernetes.log({ connection: 'prod', namespace: 'default', pod: 'web', container: null, isPrevious: false })
  const lines = () => named('kubernetes.logLines').reduce((sum, { lines: some }) => sum + (some as string[]).length, 0)
  await until(() => lines() >= kubernetesLogUnseenLinesMax)
  await sleep(300)
  const [held, sent] = [lines(), written]
  expect(held).toBeLessThan(kubernetesLogUnseenLinesMax + 1_000)
  await sleep(300)
  expect([lines(), written]).toEqual([held, sent])
  kubernetes.logAcknowledge({ log, lines: held })
  await until(() => lines() > held)
  kubernetes.unlog({ log })
})

test('lines are the same wherever the bytes are cut', async () => {
  const bytes = Buffer.from('grün\n\nzwei\nohne Ende')
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
    const lines: string[] = []
    for await (const some of linesOf(asStream(chunks), 100)) lines.push(...some.map(({ text }) => text))
    expect(lines).toEqual(['grün', '', 'zwei', 'ohne Ende'])
  }
})

async function* asStream(chunks: readonly Buffer[]): AsyncGenerator<Buffer> { yield* chunks }

test('a watch lives on with every fresh token', async () => {
  const watches = listing(row('web'))
  const listed = answer
  answer = (request, response) => listed(request, response.setHeader('gatehouse-session', 'se_1'))
  await kubernetes.watch({ connection: 'prod', view: 'pods', namespace: 'default' })
  await until(() => watches.length === 1)
  // The gateway knows it no more: the next call makes a fresh one.
  gateway.tokens.delete((await account.pass()).token)
  await account.call('whoami', {})
  await until(() => gateway.renewals.length === 1)
  expect(gateway.renewals).toEqual([{ session: 'se_1', token: (await account.pass()).token }])
})
