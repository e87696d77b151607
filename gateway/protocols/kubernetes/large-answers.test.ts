// Large answers and bodies through a whole gateway: worked on in a thread, refused with a Status when that goes wrong, and nobody else waits.
import { readdirSync, readFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { exchanged } from '../../testing/api.ts'
import { startKubernetesGateway, type KubernetesGateway } from '../../testing/cluster-gateway.ts'
import { startFakeApi, type FakeApi } from './testing/fake-api.ts'
import type { DocumentsOptions } from './threads/documents.ts'

vi.setConfig({ testTimeout: 60_000 })

const allow = (verbs: string) => `
policy: cluster
connections: [cluster]
rules:
  - { id: read, who: everyone, allow: { kubernetes: [${verbs}], resources: ["*"] } }
`
const policy = `${allow('get, list, watch, update')}masks:
  - { id: keys, detect: [aws-access-key], as: redact }
`
const key = 'AKIAIOSFODNN7EXAMPLE'
const list = (items: number) => JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: Array.from({ length: items }, (_, at) => ({ metadata: { name: `pod-${at}` }, spec: { note: `a few words of pod ${at}, and ${at % 10 === 0 ? key : 'nothing'}` } })) })
const written = (note: string) => JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'small' }, data: Object.fromEntries(Array.from({ length: 8_000 }, (_, at) => [`note-${at}`, at === 4_000 ? note : `a few words that take some room in the body of it ${at}, and then some more of them for as long as it takes`])) })
const trouble = new URL('./threads/testing/trouble-thread.ts', import.meta.url)
const [pods, small] = ['/api/v1/namespaces/shop/pods', '/api/v1/namespaces/shop/configmaps/small']

let api: FakeApi
let gateway: KubernetesGateway
let token: string
function withGateway(documents: DocumentsOptions): void {
  beforeAll(async () => {
    api = await startFakeApi()
    gateway = await startKubernetesGateway(api, { policies: { cluster: policy }, seams: { documents } })
    token = await exchanged({ api: gateway.api, ca: gateway.caFile }, await gateway.token({ sub: 'eli', groups: ['engineers'] }))
  })
  afterAll(async () => {
    await gateway?.stop()
    await api?.stop()
  })
}

/** All that the gateway has written of its sessions. */
function keptIn(folder: string): string {
  const recordings = join(folder, 'data', 'recordings')
  return readdirSync(recordings, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n')
}

function answers(text: string): void {
  api.answer(({ url, response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(url.startsWith(small) ? '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"small"}}' : text)
  })
}

function ask(path: string, body?: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((done, failed) => {
    const sent = httpsRequest(`${gateway.api}/k8s/cluster${path}`, { method: body === undefined ? 'GET' : 'PUT', ca: gateway.ca, agent: false, headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })).on('error', failed)
    })
    sent.on('error', failed)
    sent.end(body)
  })
}

describe('threads that are well', () => {
  withGateway({ bytesMax: 8 * 1024 * 1024 })

  test('a list of megabytes is masked, and nothing else of it changed', async () => {
    const text = list(40_000)
    answers(text)
    const { status, text: shown } = await ask(pods)
    expect(status).toBe(200)
    expect(shown === text.replaceAll(key, '[masked:aws-access-key]')).toBe(true)
  })

  test('where large answers have no room left they are refused for now; small ones are not', async () => {
    answers(list(120_000))
    const { status, text } = await ask(pods)
    expect(status).toBe(429)
    expect(text).toContain('documentsBytesMax')
    expect((await ask(small)).status).toBe(200)
    answers(list(10_000))
    for (let one = 0; one < 10; one++) expect((await ask(pods)).status).toBe(200)
  })

  test('a body of a megabyte goes upstream as it was read, and into the record without what detectors find', async () => {
    answers('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"small"}}')
    api.forget()
    const body = written(`the key is ${key}`)
    expect((await ask(small, ` ${body}`)).status).toBe(200)
    expect(api.seen.map((seen) => seen.body === body)).toEqual([true])
    expect(keptIn(gateway.folder)).toContain('note-7999')
    expect(keptIn(gateway.folder)).not.toContain(key)
  })

  test.each([
    ['a mask that is written back', () => written('[masked:aws-access-key]'), 403, 'written back'],
    ['a key that stands there twice', () => written('').replace('"note-1"', '"note-2"'), 400, 'twice'],
    ['too many values', () => `{"kind":"ConfigMap","items":[${'1,'.repeat(300_000)}1]}`, 400, 'kubernetesBodyValuesMax'],
  ])('in a large body too: %s is refused', async (_, body, status, why) => {
    api.forget()
    const answer = await ask(small, body())
    expect(answer.text).toContain(why)
    expect(answer.status).toBe(status)
    expect(api.seen).toEqual([])
  })

  test('a followed log ends when other things are to be masked in it: what it showed half of would pass', async () => {
    api.answer(({ response }) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.write('first line\n')
    })
    const followed = ask(`${pods}/web/log?follow=true`).catch((error: NodeJS.ErrnoException) => error.code)
    await sleep(500)
    gateway.writePolicy('cluster', policy.replace('aws-access-key', 'aws-access-key, jwt'))
    // Cut, not ended: it is told from a log that is whole.
    expect(await followed).toBe('ECONNRESET')
  })
})

describe('threads in trouble', () => {
  withGateway({ script: trouble, documentMs: 2_000 })

  test('small requests are answered while a list is masked for long', async () => {
    answers(list(1_000))
    const order: string[] = []
    const large = ask(`${pods}/is%20silent`).then((answer) => { order.push('large'); return answer })
    await sleep(300)
    for (let one = 0; one < 3; one++) expect((await ask(small)).status).toBe(200)
    order.push('small')
    expect((await large).status).toBe(503)
    expect(order).toEqual(['small', 'large'])
  })

  test.each(['dies', 'throws', 'is silent', 'says something else'])('a thread that %s: a Status says so, no byte of the answer goes out, and the next is answered', async (name) => {
    answers(list(1_000))
    const { status, text } = await ask(`${pods}/${encodeURIComponent(name)}`)
    expect(status).toBe(503)
    expect(JSON.parse(text)).toMatchObject({ kind: 'Status', message: expect.stringContaining('could not be masked') as string })
    expect(text).not.toContain('pod-1')
    expect((await ask(`${pods}/well`)).status).toBe(200)
  })

  test('a body that no thread reads is refused and not sent; a small one is', async () => {
    api.forget()
    const { status, text } = await ask(small, written('anything'))
    expect(status).toBe(400)
    expect(text).toContain('could not be looked into')
    expect(api.seen).toEqual([])
    expect((await ask(small, '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"small"}}')).status).toBe(200)
  })

  test('a list that is being masked when the policy forbids it is not shown', async () => {
    answers(list(1_000))
    const large = ask(`${pods}/is%20silent`)
    await sleep(300)
    gateway.writePolicy('cluster', allow('watch'))
    const { status, text } = await large
    // Before the thread is given up, or after it.
    expect([403, 503]).toContain(status)
    expect(text).not.toContain('pod-1')
  })
})
