// COPY TO STDOUT through a real gateway: masked by lineage in every format, recorded masked for everyone.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, sentinels, shopPolicy } from '../../testing/shop.ts'
import { query, reportOf } from './testing/messages.ts'

let postgres: RealPostgres
let gateway: TestGateway

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy } })
})
afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

async function signedIn(groups: string[]): Promise<Client> {
  const client = new Client({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub: groups.join('-'), groups }) })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function copied(text: string, groups = ['analysts']): Promise<Buffer> {
  const client = await signedIn(groups)
  const chunks: Buffer[] = []
  for await (const chunk of client.query(copyTo(text))) chunks.push(chunk as Buffer)
  await client.end()
  return Buffer.concat(chunks)
}

const recordedIn = (folder: string): string => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('')

describe('cells that carry a masked value are masked, the others are not', () => {
  test.each([
    ['a query', 'copy (select id, name, email, upper(email) from customers where id = 1) to stdout', '1\tname 1\t[masked]\t[masked]\n'],
    ['a table', 'copy staff to stdout', '1\t\\N\n2\t\\N\n3\t\\N\n'],
    ['some columns of a table', 'copy customers (ssn, id) to stdout with (format csv, header, delimiter \';\')', /^ssn;id\n\[masked\];1\n/],
    ['a count beside it', 'copy (select count(*), max(email) from customers) to stdout (format csv)', '50,[masked]\n'],
    ['NULL said otherwise', "copy (select id, salary from staff where id = 1) to stdout (null 'nothing')", '1\tnothing\n'],
    ['forced quotes', 'copy (select id, email from customers where id = 1) to stdout (format csv, force_quote *)', '"1",[masked]\n'],
    ['a function that reads a masked column', 'copy (select leak()) to stdout', '[masked]\n'],
    ['clean columns only', 'copy (select id, name from customers where id = 2) to stdout', '2\tname 2\n'],
    ['a table that has none', "copy (select note from orders where id = 1) to stdout (encoding 'LATIN1')", 'note 1\n'],
  ])('%s', async (_, text, expected) => {
    const out = (await copied(text)).toString()
    if (typeof expected === 'string') expect(out).toBe(expected)
    else expect(out).toMatch(expected)
  })

  test('binary', async () => {
    const out = await copied('copy (select id, email, length(email) from customers where id < 3 order by id) to stdout (format binary)')
    expect(out.toString('latin1')).not.toContain(sentinels.email)
    const row = (id: number) => [0, 3, 0, 0, 0, 4, 0, 0, 0, id, 255, 255, 255, 255, 255, 255, 255, 255]
    expect([...out.subarray(19)]).toEqual([...row(1), ...row(2), 255, 255])
  })
})

test('a privacy officer gets the values; the recording does not', async () => {
  expect((await copied('copy (select id, email from customers where id = 1) to stdout', ['privacy'])).toString()).toBe(`1\t1-${sentinels.email}\n`)
  const folder = join(gateway.folder, 'data', 'recordings')
  await expect.poll(() => recordedIn(folder)).toContain('1\t[masked]\n')
  expect(recordedIn(folder)).not.toContain(sentinels.email)
})

test.each([
  ['an encoding of its own', "copy customers to stdout (encoding 'SJIS')", /options under which they cannot be masked/],
  ['columns that are not known', 'copy (select r.* from leak() r, customers) to stdout', /which columns|pinned/],
])('%s: refused', async (_, text, message) => {
  const raw = await RawClient.signIn(gateway, await gateway.token({ sub: 'ana', groups: ['analysts'] }))
  const frames = await raw.ask([query(text)])
  expect(reportOf(frames.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0)).M).toMatch(message)
  expect(frames.some(({ type }) => type === 'd')).toBe(false)
  raw.end()
})
