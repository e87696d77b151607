// Forms of masks through a real gateway to a real PostgreSQL: what a client gets in both formats, what is recorded, what an expression
// gets, and that the hidden part of a value comes out nowhere.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { execute, frame, int16, parse, query, reportOf, sync, text, valuesOf } from './testing/messages.ts'

const policy = `
policy: shop
connections: [shop]
rules:
  - { id: all, who: { groups: [analysts, privacy, half] }, allow: { sql: [select, insert, update, delete, merge], on: ["public.*"] } }
masks:
  - { id: mail, columns: ["public.*.email"], as: email, except: { groups: [privacy, half] } }
  - { id: card, columns: [public.people.card, public.people.tags, public.cards.card], as: { partial: { first: 0, last: 4 } }, except: { groups: [privacy] } }
  - { id: join, columns: ["public.*.person", public.people.token], as: hash, except: { groups: [privacy] } }
  - { id: pay, columns: [public.people.salary, public.people.age], as: { range: 1000 }, except: { groups: [privacy] } }
  - { id: when, columns: [public.people.born, public.people.seen], as: date-year, except: { groups: [privacy] } }
  - { id: doc, columns: [public.people.doc.$.card, public.people.raw.$..card, public.people.docs.$.card], as: redact, except: { groups: [privacy] } }
  - { id: doc-mail, columns: [public.people.doc.$.mail], as: email, except: { groups: [privacy] } }
  - { id: gone, columns: [public.people.note], as: null, except: { groups: [privacy] } }
  - { id: strict-mail, columns: [public.letters.email], as: hash, except: { groups: [half] } }
`

const schema = `
create domain mail as text check (value like '%@%');
create table people (id int primary key, email mail, card text, tags text[], person text, token uuid, salary numeric(12,2), age int2, born date, seen timestamptz, doc jsonb, raw json, docs jsonb[], note text, name text);
insert into people values (1, 'sentinelalice@example.com', '4111-1111-1111-1234', '{sentinelfirst0001,NULL}', 'sentinelperson', '5e471ae1-0000-4000-8000-000000000001', 73219.77, 321, '1984-05-17', '2021-07-17 11:12:13+00',
  '{"card": "sentinelcard", "mail": "sentinelmail@example.org", "n": 12345678901234567890.10}', '{"a":[{"card":"sentinelraw","card":{"x":"sentineldeep"}}],"\\u0063ard":5e471ae1e1, "n": 1.0}'::text::json, null, 'sentinelnote', 'Alice');
update people set docs = array['{"card": "sentinellist"}'::jsonb];
create table visits (person text, page text); insert into visits values ('sentinelperson', '/a'), ('other', '/b');
create table letters (email varchar(60)); insert into letters values ('sentinelletter@example.com');
create view contacts as select id, email as contact, card from people;
create table cards (id int, card text) partition by range (id); create table cards_1 partition of cards for values from (0) to (10); insert into cards values (1, '4111-1111-1111-1234');
`
const sentinels = [/sentinel/i, /c2VudGluZWw/, /73[ ,]?219|77\b/, /5e471ae1/i, /1984-05|05-17|07-17|11:12/, /4111|1111/, /321/]

let postgres: RealPostgres
let gateway: TestGateway
let ana: Client

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  const direct = new Client({ ...database })
  await direct.connect()
  await direct.query(schema.replace('5e471ae1e1', '"sentinelescaped"'))
  await direct.end()
  gateway = await startTestGateway({ database, policies: { shop: policy } })
  ana = await signedIn('analysts')
})
afterAll(async () => {
  await ana?.end()
  await gateway?.stop()
  await postgres?.stop()
})

async function signedIn(group: string): Promise<Client> {
  const client = new Client({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub: group, groups: [group] }) })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function row(client: Client, statement: string): Promise<readonly (string | null)[]> {
  const { rows } = await client.query({ text: statement, rowMode: 'array', types: { getTypeParser: () => (value: unknown) => value } } as never)
  return (rows as unknown as (string | null)[][])[0]!
}

const asRaw = async (group: string, parameters: Record<string, string> = {}) => RawClient.signIn(gateway, await gateway.token({ sub: group, groups: [group] }), parameters)
const inBinary = frame('B', text(''), text('s'), int16(0), int16(0), int16(1), int16(1))
const hashed = /^gh1_[0-9a-f]{32}$/

const columns = 'email, card, tags, salary, age, born, seen, doc, raw, docs, note'
const masked = ['[masked]@example.com', '****1234', '{****0001,NULL}', '73000', '0', '1984-01-01', '2021-01-01 00:00:00+00', '{"n": 12345678901234567890.10, "card": "[masked]", "mail": "[masked]@example.org"}',
  '{"a":[{"card":"[masked]","card":"[masked]"}],"\\u0063ard":"[masked]", "n": 1.0}', '{"\\"[masked]\\""}', null]

test('each column has the form of its mask', async () => {
  expect(await row(ana, `select ${columns} from people`)).toEqual(masked)
})

test('in binary too: what a driver reads is what PostgreSQL would have sent for the masked value', async () => {
  const raw = await asRaw('analysts')
  const frames = await raw.ask([parse('s', `select ${columns} from people`), inBinary, execute(''), sync])
  const { body } = frames.find(({ type }) => type === 'D')!
  const direct = new Client({ host: postgres.host, port: postgres.port, user: postgres.user, password: postgres.password, database: 'shop' })
  await direct.connect()
  let at = 2
  for (const [index, type] of ['text', 'text', 'text[]', 'numeric', 'int2', 'date', 'timestamptz', 'jsonb', 'json', 'jsonb[]', 'text'].entries()) {
    const length = body.readInt32BE(at)
    const value = length === -1 ? null : body.subarray(at + 4, at + 4 + length)
    at += 4 + Math.max(length, 0)
    const { rows } = await direct.query<{ v: string | null }>(`select ($1::${type})::text as v`, [value])
    expect(rows[0]!.v).toBe(masked[index])
  }
  expect(body.toString('latin1')).not.toMatch(/sentinel/i)
  await direct.end()
  raw.end()
})

test('hashes join within the connection: over tables, types, formats, sessions', async () => {
  const [person, token] = await row(ana, 'select person, token from people')
  expect(person).toMatch(hashed)
  expect(token).toMatch(/^6768315f-[0-9a-f]{4}-8/)
  const other = await signedIn('half')
  expect(await row(other, "select person from visits where page = '/a'")).toEqual([person])
  expect(await row(other, "select person from visits where page = '/b'")).not.toEqual([person])
  await other.end()
  const raw = await asRaw('analysts')
  const frames = await raw.ask([parse('s', 'select person, token from people'), inBinary, execute(''), sync])
  const { body } = frames.find(({ type }) => type === 'D')!
  expect(body.toString('latin1')).toContain(person)
  expect(body.toString('hex')).toContain(token!.replaceAll('-', ''))
  raw.end()
})

describe('whatever is no plain column is redacted', () => {
  test.each([
    ['an expression', "select email || '' from people", ['[masked]']],
    ['a cast', 'select born::text, salary::text from people', ['[masked]', '[masked]']],
    ['a member of a masked document', "select doc->>'card', doc->>'n', doc->'mail', raw->'a' from people", ['[masked]', '[masked]', '"[masked]"', '"[masked]"']],
    ['an element', 'select tags[1] from people', ['[masked]']],
    ['an aggregate', 'select min(born), max(card), avg(salary) from people', [null, '[masked]', null]],
    ['a union', 'select card from people union all select page from visits limit 1', ['[masked]']],
    ['a row', 'select p from people p', [null]],
    ['a view’s column', 'select contact, card from contacts', ['[masked]', '[masked]']],
  ])('%s', async (_, statement, expected) => {
    expect(await row(ana, statement)).toEqual(expected)
  })

  test('a partitioned table and its partitions have the form', async () => {
    for (const table of ['cards', 'cards_1', 'only cards_1']) expect(await row(ana, `select id, card from ${table}`)).toEqual(['1', '****1234'])
  })

  test('a cursor and a prepared statement have it too', async () => {
    await ana.query('begin; declare c cursor for select card from people; prepare mine as select card from people')
    expect(await row(ana, 'fetch 1 from c')).toEqual(['****1234'])
    expect(await row(ana, 'execute mine')).toEqual(['****1234'])
    await ana.query('rollback; deallocate mine')
  })

  test('and a plain column through aliases, subqueries and common tables has its form still', async () => {
    expect(await row(ana, 'with w as (select card as c, email from people) select x.c, x.mail from (select c, email as mail from w) x')).toEqual(['****1234', '[masked]@example.com'])
  })
})

test.each([
  "update people set doc = jsonb_build_object('x', doc->'card') where id = 1 returning doc",
  "update people set doc['x'] = doc['card'] where id = 1",
  'update people set card = reverse(card) where id = 1',
  'update people excluded set card = reverse(excluded.card) where id = 1',
  'update people excluded set name = excluded.card where id = 1 returning name',
  'update people set (name, card) = (name, substr(card, 1, 8)) where id = 1',
  'update people p set card = (select reverse(p.card)) where id = 1',
  'update people p set person = left(p.person, 1) where id = 1',
  'with w as (update people set card = lower(public.people.card) where id = 1 returning card) select * from w',
  "insert into people (id, card) values (1, 'x') on conflict (id) do update set card = reverse(people.card) returning card",
  'merge into people p using (values (1)) v(id) on p.id = v.id when matched then update set card = reverse(p.card)',
  'prepare steal as update people set card = reverse(card) where id = 1; execute steal',
  'update people set name = people::text where id = 1 returning name',
  "update contacts set contact = 'x@' || replace(contact, '@', '.') || '.com' where id = 1",
  'merge into contacts c using (values (1)) v(id) on c.id = v.id when matched then update set contact = lower(c.contact)',
  "update people set name = card where id = 1 returning name",
  "insert into visits select card, email from people returning page",
  "update people set email = card || '@x.org' where id = 1 returning email",
])('%s does not carry a hidden part into what is shown', async (statement) => {
  const answer = await ana.query(statement).then(({ rows }) => JSON.stringify(rows), (error: Error) => error.message)
  expect(answer).toMatch(/denied by masking|\[masked\]/)
  for (const sentinel of sentinels) expect(answer).not.toMatch(sentinel)
  await ana.query('rollback').catch(() => undefined)
})

test('writing a constant or a parameter works, and gives the column back in its form', async () => {
  const { rows } = await ana.query<{ card: string }>("insert into people (id, card) values (7, $1) on conflict (id) do update set card = excluded.card returning card", ['5500-0000-0000-0004'])
  expect(rows).toEqual([{ card: '****0004' }])
  expect((await ana.query<{ card: string }>("update people set card = '5500-0000-0000-9999', name = upper(name) where id = 7 returning *")).rows[0]?.card).toBe('****9999')
  await ana.query('delete from people where id = 7')
})

describe('exceptions', () => {
  test('who is excepted sees the value; of several masks the strictest that is about them holds', async () => {
    const [pia, hal] = [await signedIn('privacy'), await signedIn('half')]
    expect(await row(pia, 'select email, card, doc from people')).toEqual(['sentinelalice@example.com', '4111-1111-1111-1234', '{"n": 12345678901234567890.10, "card": "sentinelcard", "mail": "sentinelmail@example.org"}'])
    expect(await row(ana, 'select email from letters')).toEqual([expect.stringMatching(hashed)])
    expect(await row(pia, 'select email from letters')).toEqual([expect.stringMatching(hashed)])
    expect(await row(hal, 'select email from letters')).toEqual(['sentinelletter@example.com'])
    await pia.end()
    await hal.end()
  })
})

test('the app is told each column’s form', async () => {
  const raw = await asRaw('analysts', { options: '-c gatehouse.masks=on' })
  const frames = await raw.ask([query('select id, email, card, doc, person, note, upper(card) as big from people')])
  const notice = frames.map(({ type, body }) => (type === 'N' ? reportOf(body) : {})).find((fields) => fields['C'] === '01G01')!
  expect((JSON.parse(notice['D']!) as { index: number; as: string }[]).map(({ index, as }) => [index, as])).toEqual([
    [1, 'email'], [2, 'partial: { first: 0, last: 4 }'], [3, '$.card: redact, $.mail: email'], [4, 'hash'], [5, 'null'], [6, 'redact'],
  ])
  expect(valuesOf(frames.find(({ type }) => type === 'D')!.body)[6]).toBe('[masked]')
  raw.end()
})

test('COPY shows nothing that a form would hide', async () => {
  const raw = await asRaw('analysts')
  for (const statement of ['copy people (card, doc) to stdout', 'copy (select email, born from people) to stdout (format csv)', 'copy (select card from people) to stdout (format binary)']) {
    const heard = (await raw.ask([query(statement)])).map(({ body }) => body.toString('latin1')).join('')
    for (const sentinel of sentinels) expect(heard).not.toMatch(sentinel)
  }
  raw.end()
})

test('recordings hold the masked form for everyone, of those who saw the value too; the key is in a file of its owner', async () => {
  const files = readdirSync(join(gateway.folder, 'data', 'recordings'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1')).join('')
  expect(files).toContain('[masked]@example.com')
  expect(files).toContain('****1234')
  for (const sentinel of [/sentinel(?!s)/i, /4111-1111/, /73219/]) expect(files).not.toMatch(sentinel)
  expect(readFileSync(join(gateway.folder, 'data', 'keys', 'mask-hash'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
})
