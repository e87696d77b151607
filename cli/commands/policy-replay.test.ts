// `gatehouse policy replay` over what a real gateway recorded.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../gateway/testing/gateway.ts'
import { startPostgres, type RealPostgres } from '../../gateway/testing/real-postgres.ts'

const launcher = join(import.meta.dirname, '../../bin/gatehouse')
const inForce = `policy: shop
connections: [shop]
rules:
  - { id: read, who: { groups: [analysts] }, allow: { sql: select, on: "public.*" } }
  - { id: write, who: { groups: [engineers] }, allow: { sql: [select, update], on: "public.*" } }
masks:
  - { id: pii, columns: public.customers.email, as: redact }
`
const draft = `policy: shop
connections: [shop]
rules:
  - { id: read, who: { groups: [analysts] }, allow: { sql: [select, insert], on: "public.*" } }
  - { id: not-notes, who: { groups: [analysts] }, deny: { sql: select, on: public.orders, columns: note } }
  - { id: read-too, who: { groups: [engineers] }, allow: { sql: select, on: "public.*" } }
  - { id: ask, who: { groups: [engineers] }, approve: { sql: update, on: "public.*" }, by: { groups: [dba] } }
masks:
  - { id: pii, columns: [public.customers.email, public.customers.name], as: redact }
`

let postgres: RealPostgres
let gateway: TestGateway

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  const direct = new Client({ ...database })
  await direct.connect()
  await direct.query('create table customers (id int, name text, email text); create table orders (id int, note text)')
  await direct.end()
  gateway = await startTestGateway({ database, policies: { shop: inForce } })
  await as('analysts', ['select id from orders', 'select note from orders', 'select note from orders', 'insert into orders values (1)', 'select name from customers',
    "select id from customers where email = 'ann@example.com'", 'prepare p as select 1', 'execute p', 'select from from'])
  await as('engineers', ["update orders set note = 'x' where id = 1"])
  for (const [folder, policy] of [['draft', draft], ['same', inForce]] as const) {
    mkdirSync(join(gateway.folder, folder))
    writeFileSync(join(gateway.folder, folder, 'shop.yaml'), policy)
  }
}, 90_000)
afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

async function as(group: string, texts: readonly string[]): Promise<void> {
  const client = new Client({ host: gateway.host, port: gateway.port, user: 'x', database: 'shop', password: await gateway.token({ sub: group, groups: [group] }), ssl: false })
  client.on('error', () => undefined)
  await client.connect()
  for (const text of texts) await client.query(text).catch(() => undefined)
  await client.end()
}

function replay(...options: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, 'policy', 'replay', '--config', 'gateway.yaml', ...options], { cwd: gateway.folder, encoding: 'utf8' })
  return { status, stdout, stderr }
}

interface Shown { readonly changes: readonly { readonly change: string; readonly text: string; readonly times: number; readonly principal: string; readonly masked: readonly string[] }[]; readonly judged: number; readonly unjudged: readonly { readonly why: string; readonly times: number }[] }

test.each([['offline', []], ['live', ['--live']]])('says what a draft newly allows, denies, holds and masks, %s', (_, options) => {
  const { status, stdout, stderr } = replay('--draft', 'draft', '--json', ...options)
  expect(stderr).toBe('')
  const report = JSON.parse(stdout) as Shown
  expect(status).toBe(1)
  expect(report.changes.map(({ change, text, times, principal }) => [change, text, times, principal])).toEqual([
    ['newly denied', 'select note from orders', 2, 'test:analysts'],
    ['newly allowed', 'insert into orders values (1)', 1, 'test:analysts'],
    ['newly masked', 'select name from customers', 1, 'test:analysts'],
    ['newly held', "update orders set note = 'x' where id = 1", 1, 'test:engineers'],
  ])
  expect(report.changes[2]!.masked).toEqual(['public.customers.name'])
  expect(report.judged).toBe(8)
  expect(report.unjudged).toEqual([
    { why: 'it runs what was prepared or declared by another statement', times: 1 },
    { why: 'it cannot be parsed', times: 1 },
  ])
})

test('the same policies change nothing, nor do those in force change what they decided', () => {
  expect(replay('--draft', 'same')).toMatchObject({ status: 0, stdout: expect.stringMatching(/8 judged, 0 changed, 2 not judged\n$/) as string })
  expect(replay()).toMatchObject({ status: 0, stdout: expect.stringMatching(/8 judged, 0 changed, 2 not judged\n$/) as string })
})

test('a recorded text whose constants are hidden is judged all the same', () => {
  const recorded = replay('--draft', 'draft', '--json').stdout
  expect(recorded).not.toContain('ann@example.com')
  writeFileSync(join(gateway.folder, 'same', 'more.yaml'), 'policy: more\nconnections: [shop]\nrules: [{ id: d, who: everyone, deny: { sql: select, on: public.customers, columns: email } }]\n')
  expect((JSON.parse(replay('--draft', 'same', '--json').stdout) as Shown).changes.map(({ text }) => text)).toEqual(['select id from customers where email = [masked]'])
  writeFileSync(join(gateway.folder, 'same', 'more.yaml'), 'policy: more\nconnections: [shop]\n')
})

test('looks only at what was asked for', () => {
  expect(replay('--draft', 'draft', '--since', '2999-01-01T00:00:00Z')).toMatchObject({ status: 0, stdout: expect.stringMatching(/0 judged/) as string })
  expect(replay('--draft', 'draft', '--connection', 'other')).toMatchObject({ status: 0, stdout: expect.stringMatching(/0 judged/) as string })
  expect(replay('--since', 'yesterday')).toMatchObject({ status: 1, stderr: expect.stringContaining('expected a duration') as string })
})

test('commands of a connection that is not configured are not judged, and that is no success', () => {
  const other = join(gateway.folder, 'empty.yaml')
  writeFileSync(other, readFileSync(join(gateway.folder, 'gateway.yaml'), 'utf8').replace('name: shop', 'name: shop2'))
  const { status, stdout } = spawnSync(process.execPath, [launcher, 'policy', 'replay', '--config', other], { cwd: gateway.folder, encoding: 'utf8' })
  expect([status, stdout]).toEqual([1, expect.stringContaining('not judged ×10: its connection is not in gateway.yaml')])
})
