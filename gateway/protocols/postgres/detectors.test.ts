// Detectors through a real gateway to a real PostgreSQL: a policy's own, encoded findings, JSON, COPY, messages, and the recording.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'

const policies = {
  names: `
policy: names
connections: [nothing]
detectors:
  - { name: employee-number, pattern: '\\bEMP-[0-9]{6}\\b', examples: [EMP-654321] }
`,
  shop: `
policy: shop
connections: [shop]
rules:
  - { id: all, who: everyone, allow: { sql: [select, insert], on: ["public.*"] } }
masks:
  - { id: secrets, detect: [email, credit-card, phone, ip-address, employee-number], as: redact, except: { groups: [privacy] } }
`,
}

let postgres: RealPostgres
let gateway: TestGateway
let ann: Client

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  const direct = new Client({ ...database })
  await direct.connect()
  await direct.query(`create table notes (id int, note text, doc jsonb, tags text[]);
    insert into notes values (1, E'badge EMP-654321\\nsentinel.ann@example.com', '{"n": 4111111111111111, "text": "one\\nsentinel.ann@example.com", "at": "10.1.2.3"}', '{"+49 30 1234567",plain}')`)
  await direct.end()
  gateway = await startTestGateway({ database, policies })
  ann = await signedIn([])
})
afterAll(async () => {
  await ann?.end()
  await gateway?.stop()
  await postgres?.stop()
})

async function signedIn(groups: string[]): Promise<Client> {
  const client = new Client({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub: `ann-${groups.join('')}`, groups }) })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const value = async (sql: string, parameters: readonly unknown[] = []): Promise<unknown> => Object.values((await ann.query(sql, [...parameters])).rows[0] as object)[0]

describe('what a client gets', () => {
  test('text, with what a policy of another file looks for', async () => {
    expect(await value('select note from notes')).toBe('badge [masked:employee-number]\n[masked:email]')
  })

  test('JSON that is still JSON', async () => {
    expect(await value('select doc from notes')).toMatchObject({ n: '[masked:credit-card]', at: '[masked:ip-address]' })
    expect(JSON.stringify(await value('select doc from notes'))).not.toContain('sentinel')
  })

  test('an array that is still one', async () => {
    expect(await value('select tags from notes')).toEqual(['[masked:phone]', 'plain'])
  })

  test.each(['base64', 'hex'])('what encode() makes of it in %s, in lines too', async (encoding) => {
    expect(await value(`select encode(convert_to(note, 'UTF8'), '${encoding}') from notes`)).toBe('[masked:employee-number]')
    const long = await value(`select encode(convert_to(repeat('nothing here. ', 4) || note || repeat(' nothing here.', 9), 'UTF8'), '${encoding}') from notes`)
    expect(long).toBe('[masked:employee-number]')
  })

  test('COPY, where line ends and backslashes are escaped', async () => {
    const chunks: Buffer[] = []
    for await (const chunk of ann.query(copyTo('copy notes (id, note, doc) to stdout'))) chunks.push(chunk as Buffer)
    const [id, note, doc] = Buffer.concat(chunks).toString().trimEnd().split('\t')
    expect([id, note]).toEqual(['1', 'badge [masked:employee-number][masked:email]'])
    expect(JSON.parse(doc!.replaceAll('\\\\', '\\'))).toMatchObject({ n: '[masked:credit-card]' })
  })

  test('the value itself, for whom the mask excepts', async () => {
    const privacy = await signedIn(['privacy'])
    expect((await privacy.query('select note from notes')).rows).toEqual([{ note: 'badge EMP-654321\nsentinel.ann@example.com' }])
    await privacy.end()
  })
})

test('no recording holds what was found, whoever saw it', async () => {
  await ann.query('select \'EMP-654321\' as badge')
  const recorded = readdirSync(join(gateway.folder, 'data'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('')
  expect(recorded).toContain('[masked:employee-number]')
  expect(recorded).not.toMatch(/sentinel\.ann@|EMP-654321/)
})
