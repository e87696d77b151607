// Statements of all kinds, directly and through the gateway with everything allowed: the same messages, byte for byte, in the simple
// and the extended protocol, in text and binary. Two clusters that went the same way, so that their OIDs are the same too.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Secret } from '../../credentials/secret.ts'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { connectTo, target } from './testing/fake-upstream.ts'
import { describe, execute, frame, int16, parse, query, reportOf, sync, text } from './testing/messages.ts'

const policy = `
policy: all
connections: [shop]
rules:
  - { id: all, who: everyone, allow: { sql: ["*"], on: ["*"] } }
`
const statements = readFileSync(new URL('testing/regression.sql', import.meta.url), 'utf8').split('\n').filter((line) => !line.startsWith('--'))
const clusters: RealPostgres[] = []
let gateway: TestGateway
let direct: RawClient
let proxied: RawClient

beforeAll(async () => {
  const settings = ['autovacuum = off']
  clusters.push(...await Promise.all([startPostgres(settings), startPostgres(settings)]))
  const [own, behind] = await Promise.all(clusters.map((cluster) => cluster.database('shop')))
  gateway = await startTestGateway({ database: behind!, policies: { all: policy } })
  const { host, port, user, database } = own!
  direct = RawClient.over((await connectTo(target(port, { host, user, database, password: new Secret(own!.password) }))).socket)
  proxied = await RawClient.signIn(gateway, await gateway.token({ sub: 'ada' }))
})
afterAll(async () => {
  direct?.end()
  proxied?.end()
  await gateway?.stop()
  await Promise.all(clusters.map((cluster) => cluster.stop()))
})

type Frame = Awaited<ReturnType<RawClient['ask']>>[number]

/** A message as text that shows where two differ; the process id of a notification is the backend's own. */
function shown({ type, body }: Frame): string {
  if (type === 'A') return `A ${body.toString('latin1', 4)}`
  if (type === 'E' || type === 'N') return `${type} ${JSON.stringify(reportOf(body))}`
  return `${type} ${body.toString('latin1')}`
}

/** What the gateway answers itself: the grammar's errors with its own fields, and names that this session did not make. */
function isOurs(answer: readonly Frame[]): boolean {
  const error = answer.find(({ type }) => type === 'E')
  return error !== undefined && reportOf(error.body)['F'] === undefined
}
const ours = /^(?:selec|select '|select 1 \+|execute|explain \(costs off\) execute|fetch|select \* from no_such_table where)/

function same(sql: string, expected: readonly Frame[], given: readonly Frame[]): void {
  if (!isOurs(given)) return expect(given.map(shown), sql).toEqual(expected.map(shown))
  const error = (frames: readonly Frame[]) => reportOf(frames.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))
  expect(sql).toMatch(ours)
  const { C, M, P } = error(given)
  if (C === '42601') expect({ C, M, P }, sql).toEqual({ C: error(expected)['C'], M: error(expected)['M'], P: error(expected)['P'] })
  else expect({ C, hasFailed: error(expected)['C'] !== undefined }, sql).toEqual({ C: '42501', hasFailed: true })
  expect(given.at(-1), sql).toEqual(expected.at(-1))
}

const bindAll = (format: number) => frame('B', text(''), text(''), int16(0), int16(0), int16(1), int16(format))
const extended = (format: number) => (sql: string) => [parse('', sql), bindAll(format), describe('P', ''), execute(''), sync]
const protocols: Record<string, (sql: string) => readonly Buffer[]> = {
  'the simple protocol': (sql) => [query(sql)],
  'the extended protocol, text': extended(0),
  'the extended protocol, binary': extended(1),
}

test.each(Object.keys(protocols))('%s', async (name) => {
  const differing: string[] = []
  for (const sql of statements) {
    const messages = protocols[name]!(sql)
    const [expected, given] = await Promise.all([direct.ask(messages), proxied.ask(messages)])
    try {
      same(sql, expected, given)
    } catch (error) {
      differing.push(`${sql}\n${(error as Error).message.slice(0, 300)}`)
    }
    if (proxied.isClosed) throw new Error(`the session ended at: ${sql}\n${given.map(shown).join('\n')}`)
  }
  expect(differing).toEqual([])
}, 60_000)
