// `gatehouse policy test`, `explain` and `check --live` as people run them, against a real PostgreSQL.
import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeGatewayConfig } from '../../gateway/testing/gateway.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../../gateway/testing/real-postgres.ts'
import { createShop, shopPolicy } from '../../gateway/testing/shop.ts'

const launcher = join(import.meta.dirname, '../../bin/gatehouse')
let postgres: RealPostgres
let database: DatabaseAddress
let folder: string

beforeAll(async () => {
  postgres = await startPostgres()
  database = await postgres.database('shop')
  await createShop(database)
  folder = (await writeGatewayConfig({ database, policies: {} })).folder
}, 60_000)
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await postgres.stop()
})

const write = (tests: string, masks = '') => writeFileSync(join(folder, 'policies', 'shop.yaml'), `${shopPolicy}${masks}tests:\n${tests}`)

function run(...words: readonly string[]): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'policy', ...words, '--config', 'gateway.yaml'], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

const passing = `  - { as: { groups: [analysts] }, run: "select id, email, upper(ssn) as s from customers", expect: allow, rule: analysts-read, masked: [email, s] }
  - { as: { groups: [analysts] }, run: "select id, note from orders", expect: allow, masked: [] }
  - { as: { groups: [privacy] }, run: select email from customers, expect: allow, masked: [] }
  - { as: { groups: [engineers] }, run: "create table copy as select email from customers", expect: deny }
  - { as: { groups: [careful] }, run: delete from orders where id = 1, expect: approve, rule: careful }
`

describe('gatehouse policy test', () => {
  test('decides as the gateway does, masks and guard included, and runs nothing', async () => {
    write(`${passing}  - { as: { groups: [engineers] }, run: insert into orders values (9999), expect: allow, masked: [] }\n`)
    expect(await run('test')).toEqual({ status: 0, stdout: '6 passed, 0 failed\n', stderr: '' })
    const client = new Client({ ...database })
    await client.connect()
    expect((await client.query('select 1 from orders where id = 9999')).rowCount).toBe(0)
    await client.end()
  })

  test('says what differs, fails, and writes JUnit', async () => {
    write('  - { as: { groups: [analysts] }, run: select email from customers, expect: deny, masked: [id] }\n  - { as: {}, run: selec 1, expect: deny }\n')
    const { status, stdout } = await run('test', '--junit', 'junit.xml')
    expect(status).toBe(1)
    expect(stdout.split('\n')).toEqual([
      'failed: shop test 1 on shop: select email from customers',
      '  expected deny, got allow: allowed by rule analysts-read (policy shop)',
      '  expected id masked, got it clear (or no such column)',
      '  expected email clear, got it masked',
      'failed: shop test 2 on shop: selec 1',
      '  not decidable: syntax error at or near "selec"',
      '0 passed, 2 failed', '',
    ])
    expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toContain('<testsuites tests="2" failures="2">')
  })

  test('offline takes names as written, and does not guess which columns are masked', async () => {
    write(passing)
    const { status, stdout } = await run('test', '--offline')
    expect(status).toBe(1)
    expect(stdout).toContain('note: connection shop: offline; names are taken as written\n')
    expect(stdout).toContain('not decidable: which columns are masked: no catalog (offline)')
    expect(stdout).toContain('2 passed, 3 failed')
  })
})

test('gatehouse policy explain: rules, accesses, masks with reasons', async () => {
  write(passing)
  const { status, stdout } = await run('explain', '--as', 'groups=few', '--connection', 'shop', '--run', 'select id, email from customers')
  expect(status).toBe(0)
  for (const line of ['allow: allowed by rule few (policy shop)', 'limit: 10 rows, 1 s', '  - shop/analysts-read (allow) who: is not about this principal',
    '  + shop/few (allow) accesses: select on public.customers', '  select on public.customers: allowed by shop/few', '  id: clear',
    '  email: masked (the column is masked: rule pii (policy shop))']) expect(stdout.split('\n')).toContain(line)
  const guarded = await run('explain', '--as', '{"groups":["engineers"]}', '--connection', 'shop', '--run', 'do $$ begin end $$', '--json')
  expect(JSON.parse(guarded.stdout)).toMatchObject({ effect: 'deny', objection: expect.stringContaining('DO runs code') as string })
})

test('a mask with a form counts as masked, and explain says the form; check --live knows a path’s column', async () => {
  write('  - { as: { groups: [analysts] }, run: "select id, name, joined, lower(name) as low from customers", expect: allow, masked: [name, joined, low] }\n',
    '  - { id: half, columns: [public.customers.name], as: { partial: { first: 1, last: 1 } } }\n  - { id: year, columns: [public.customers.joined], as: date-year }\n  - { id: path, columns: [public.orders.note.$.card, public.orders.not.$.card], as: hash }\n')
  expect(await run('test')).toMatchObject({ status: 0, stdout: '1 passed, 0 failed\n' })
  const { stdout } = await run('explain', '--as', 'groups=analysts', '--connection', 'shop', '--run', 'select name, joined, lower(name) as low from customers')
  for (const line of ['  name: masked as partial: { first: 1, last: 1 } (the column is masked: rule half (policy shop))', '  joined: masked as date-year (the column is masked: rule year (policy shop))']) expect(stdout.split('\n')).toContain(line)
  expect(stdout).toMatch(/^ {2}low: masked \(carries public\.customers\.name/m)
  const checked = await run('check', '--live')
  expect(checked.stdout).toContain('public.orders.not.$.card is no column of connection shop')
  expect(checked.stdout).not.toContain('orders.note')
})

test('gatehouse policy check --live names columns that are not there, as warnings', async () => {
  write(passing, '  - { id: typo, columns: [public.customers.emial], as: redact }\n')
  const { status, stdout } = await run('check', '--live')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^warning: policies\/shop\.yaml:\d+:\d+: masks\[1\]\.columns\[0\]: public\.customers\.emial is no column of connection shop/m)
})
