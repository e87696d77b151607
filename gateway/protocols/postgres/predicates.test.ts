// What masked columns may decide, through a real gateway to a real PostgreSQL: every allowed form works, every other is refused by the
// column's name, and the budget of probes runs out and comes back.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import Cursor from 'pg-cursor'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { probeWindowMs } from '../../limits.ts'
import { createProbeBudget } from '../../pipeline/probe-budget.ts'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, sentinels, shopPolicy } from '../../testing/shop.ts'
import { bind, execute, parse, query, reportOf, sync } from './testing/messages.ts'

/** Enough for what the tests of forms ask; those of the budget end the window first. */
const perHour = 400
const clock = { now: 0 }
let postgres: RealPostgres
let database: DatabaseAddress
let gateway: TestGateway
let [ana, eli, pia]: Client[] = []

beforeAll(async () => {
  postgres = await startPostgres()
  database = await postgres.database('shop')
  await createShop(database)
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy }, seams: { probes: createProbeBudget(() => clock.now, perHour) } })
  ;[ana, eli, pia] = await Promise.all([signedIn('analysts'), signedIn('engineers'), signedIn('privacy')])
})
afterAll(async () => {
  await Promise.all([ana, eli, pia].map((client) => client?.end().catch(() => undefined)))
  await gateway?.stop()
  await postgres?.stop()
})
afterEach(() => {
  clock.now += probeWindowMs
})

async function signedIn(group: string): Promise<Client> {
  const client = new Client({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub: group, groups: [group] }) })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const mail = (id: number): string => `${id}-${sentinels.email}`

/** The first column, in both protocols. */
async function firstOf(client: Client | undefined, text: string): Promise<unknown[]> {
  const answers: unknown[][] = []
  for (const queryMode of ['simple', 'extended'] as const) {
    const result = await client!.query({ text, rowMode: 'array', queryMode } as never) as unknown as { readonly rows: unknown[][] }
    answers.push(result.rows.map(([first]) => first))
  }
  expect(answers[1]).toEqual(answers[0])
  return answers[0]!
}

describe('allowed: equality with constants, and tests for NULL', () => {
  test.each<[string, readonly unknown[]]>([
    ['select id from customers where email = M3', [3]],
    ['select id from customers where M3 = email', [3]],
    ['select id from customers c where c.email = M3 and c.id < 10', [3]],
    ['select id from public.customers where email::text = M3', [3]],
    ["select id from customers where email = '3-' || lower('ZZ-SENTINEL-MAIL@EXAMPLE.TEST')", [3]],
    ['select id from customers where email is not distinct from M3', [3]],
    ['select id from customers where (customers).email = M3', [3]],
    ['select id from customers where email in (M3, M4) order by id', [3, 4]],
    ["select id from customers where email = any('{MM3,MM4,nobody}') order by id", [3, 4]],
    ['select id from customers where email = any(array[M3, M4]) order by id', [3, 4]],
    ['select id from customers where (id, email) = (3, M3)', [3]],
    ['select id from customers where (email, name) in ((M3, \'name 3\'), (M4, \'name 3\'))', [3]],
    ["select id from customers where email = M3 or (email = M4 and ssn = 'S') order by id", [3, 4]],
    ["select count(*)::int from customers where ssn = 'S' and email = 'nobody'", [0]],
    ['select count(*)::int from customers where email is null', [0]],
    ['select count(*)::int from customers where email is not null and not ssn is null', [50]],
    ['select count(email)::int from customers', [50]],
    ['select count(c.*)::int from orders o left join customers c on c.id = o.customer_id', [200]],
    ['select count(*) filter (where email = M3)::int from customers', [1]],
    ['select o.id from orders o join customers c on c.id = o.customer_id and c.email = M3 order by o.id limit 1', [2]],
    ['select id from orders where customer_id in (select id from customers where email = M3) order by id limit 1', [2]],
    ['select id from orders o where exists (select 1 from customers c where c.id = o.customer_id and c.email = M3) order by id limit 1', [2]],
    ['select count(*)::int from orders o where not exists (select 1 from customers c where c.id = o.customer_id and c.email = M3)', [196]],
    ['select id from customer_list where email = M3', [3]],
    ['select n from (select id as n, email as mail from customers) x where x.mail = M3', [3]],
    ['with x as (select id, email from customers) select id from x where email = M3', [3]],
    ['with x as (select * from customer_list) select y.id from (select * from x) y(id, n, e) where e = M3', [3]],
    ['select id from staff where salary = W order by id limit 1', [1]],
    ["select id from customers where email = M3 union all select id from orders where note = 'note 7'", [3, 7]],
    ['select email from customers where email = M3', ['[masked]']],
    ['select name from customers where id = 3 order by name', ['name 3']],
  ])('%s', async (sql, expected) => {
    expect(await firstOf(ana, withValues(sql))).toEqual(expected)
  })

  test('with parameters, arrays of them and binary ones too', async () => {
    expect((await ana!.query('select id from customers where email = $1', [mail(3)])).rows).toEqual([{ id: 3 }])
    expect((await ana!.query({ name: 'by mail', text: 'select id from customers where email = any($1) order by id', values: [[mail(3), mail(4)]] })).rows).toEqual([{ id: 3 }, { id: 4 }])
    expect((await ana!.query({ name: 'by mail', text: 'select id from customers where email = any($1) order by id', values: [[mail(5)]] })).rows).toEqual([{ id: 5 }])
    expect((await ana!.query('select id from customers where ($1, $2) = (email, id)', [mail(3), 3])).rows).toEqual([{ id: 3 }])
  })

  test('by PREPARE and EXECUTE, by DECLARE and FETCH, by a driver that reads in portions', async () => {
    await ana!.query('prepare p as select id from customers where email = $1')
    expect(await firstOf(ana, `execute p('${mail(3)}')`)).toEqual([3])
    await ana!.query('deallocate p')
    await ana!.query('begin')
    await ana!.query(`declare k cursor for select id from customers where email = '${mail(3)}'`)
    expect((await ana!.query('fetch all from k')).rows).toEqual([{ id: 3 }])
    await ana!.query('commit')
    const cursor = ana!.query(new Cursor('select id from customers where email = any($1) order by id', [[mail(3), mail(4)]]))
    expect([await cursor.read(1), await cursor.read(1), await cursor.read(1)]).toEqual([[{ id: 3 }], [{ id: 4 }], []])
    await cursor.close()
  })

  test('in writes, for whom may write', async () => {
    expect((await eli!.query(`update customers set name = 'name 3' where email = '${mail(3)}'`)).rowCount).toBe(1)
    expect((await eli!.query(`delete from orders using customers c where c.id = customer_id and c.email = 'nobody'`)).rowCount).toBe(0)
    expect((await eli!.query(`insert into customers (id, email) values (3, '${mail(3)}') on conflict (email) do nothing`)).rowCount).toBe(0)
  })

  test('whoever is exempt asks as they like', async () => {
    expect(await firstOf(pia, "select id from customers where email like '3-%' order by email")).toEqual([3])
    expect(await firstOf(pia, 'select count(distinct email)::int from customers')).toEqual([50])
  })
})

const withValues = (sql: string): string => sql.replace(/\bM(\d)/g, (_, id: string) => `'${mail(Number(id))}'`).replace(/\bMM(\d)/g, (_, id: string) => mail(Number(id)))
  .replaceAll("'S'", `'${sentinels.ssn}'`).replaceAll('= W', `= ${sentinels.salary}`)

describe('refused, with the column named', () => {
  test.each([
    'select id from customers where email <> M3', 'select id from customers where not email = M3', 'select id from customers where not (id = 1 and email = M3)',
    'select id from customers where email not in (M3)', 'select id from customers where email is distinct from M3', 'select id from customers where (email = M3) is true',
    "select id from customers where email < 'm'", "select id from customers where email between 'a' and 'b'", "select id from customers where email like '3-%'",
    "select id from customers where email ~ '^3'", "select id from customers where email similar to '3%'", 'select id from customers where lower(email) = M3',
    "select id from customers where left(email, 1) = '3'", "select id from customers where email::varchar(2) = '3-'", "select id from customers where email::char(1) = '3'",
    "select id from customers where email collate \"C\" = M3", "select id from customers where coalesce(email, '') = M3", "select id from customers where case when email = M3 then true end",
    "select id from customers where nullif(email, M3) is null", 'select id from customers where email = (select M3)', "select id from customers where email = any(string_to_array('a,b', ','))",
    'select id from customers where email = any(array(select note from orders))', "select id from customers where email = all('{a}')", 'select id from customers where email = gen_random_uuid()::text',
    "select id from customers where customers = row(1, 'a', 'b', 'c', null)", 'select id from customers where email in (select note from orders)', 'select id from customers where email = name',
    "select id from orders where (select email from customers where id = 1) like '1%'", "select id from orders where note in (select email from customers)",
    "select id from orders o where exists (select 1 from customers c where c.email = o.note)", 'select (select count(*) from orders o where o.note = c.email) from customers c',
    'select 1 from customers c join orders o on o.note = c.email', 'select 1 from customers a join customers b using (email)', 'select 1 from customers a natural join customer_list b',
    'select count(*) from customers group by email', 'select 1 from customers group by id having max(email) > M3', 'select id from customers order by email', 'select email from customers order by 1',
    'select id, email as x from customers order by x', 'select distinct email from customers', 'select distinct on (email) id from customers', 'select count(distinct email) from customers',
    "select count(nullif(email, M3)) from customers", "select count(case when email like '3%' then 1 end) from customers", 'select id from orders limit (select length(email) from customers where id = 1)',
    "select count(*) filter (where email > 'm') from customers", "select string_agg(name, ',' order by email) from customers", 'select rank() over (order by email) from customers',
    'select row_number() over w from customers window w as (partition by email)', 'select email from customers union select note from orders', 'select note from orders except select email from customers',
    "select regexp_split_to_table(email, '') from customers", 'select 1 from customers, generate_series(1, length(email))', "select id from customer_list where email like '3%'",
    'select id from customer_list where lower(email) = M3', 'select n from (select id as n, upper(email) as mail from customers) x where x.mail = M3',
    "with x as (select id, email from customers) select id from x where email > 'm'", "with x as (select count(*) from customers where email > 'm') select 1",
    "with recursive r(n, e) as (select 1, email from customers union all select n + 1, left(e, n) from r where n < 9) select n from r where e = '3'",
    "prepare q as select id from customers where email like '3%'", "explain select id from customers where email > 'm'",
  ])('%s', async (sql) => {
    for (const queryMode of ['simple', 'extended']) {
      await expect(ana!.query({ text: withValues(sql), queryMode } as never)).rejects.toMatchObject({
        code: '42501', message: expect.stringMatching(/denied by masking: .*public\.customers\.email/), hint: expect.stringContaining("email = 'value'"),
      })
    }
  })

  test.each(['select id from staff where salary > 5', 'select id from staff where salary::numeric(3,0) = 5', 'select id from staff where salary % 2 = 0', 'select id from staff order by salary', 'select 1 from staff, generate_series(1, salary)', 'select id from staff where -salary = 5'])('of a number: %s', async (sql) => {
    await expect(firstOf(ana, sql)).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('public.staff.salary') })
  })

  test.each([
    "update customers set name = 'x' where email like '3%'", "delete from orders using customers c where note = c.email", "delete from customers where ssn > '0'",
    "insert into customers (id, email) values (3, 'x') on conflict (id) do update set name = 'x' where customers.email > 'm'", 'create index on customers (left(email, 1))',
    'with x as (delete from customers where email like $$3%$$ returning id) select 1',
  ])('in a write: %s', async (sql) => {
    await expect(eli!.query(sql)).rejects.toMatchObject({ code: '42501', message: expect.stringMatching(/denied by masking: .*public\.customers\.(email|ssn)/) })
  })

  // The rule on writes that copy comes first, and goes by names.
  test.each(['insert into customers (id, email) select id, note from orders on conflict (email) do nothing', 'merge into orders using customers c on note = c.email when matched then delete'])('by the rule on copies: %s', async (sql) => {
    await expect(eli!.query(sql)).rejects.toMatchObject({ code: '42501', message: expect.stringMatching(/denied by masking: .*email/) })
  })

  test('a cursor over it is not made, and a declared one cannot be', async () => {
    await ana!.query('begin')
    await expect(ana!.query("declare k cursor for select id from customers where email > 'm'")).rejects.toMatchObject({ message: expect.stringContaining('public.customers.email') })
    await ana!.query('rollback')
    const cursor = ana!.query(new Cursor('select id from customers where email > $1', ['m']))
    await expect(cursor.read(1)).rejects.toMatchObject({ message: expect.stringContaining('public.customers.email') })
  })

  test.each([
    "select case when email like '1%' then 1 / (id - id) end from customers", "select case when email > 'm' then 1 / (id - id) end from customers", "select email > 'm' and 1 / (id - id) = 1 from customers",
    "select case when email > 'm' then (select id from orders) end from customers", "select coalesce(nullif(email, M3), (select note from orders)) from customers", "select email like '1\\' from customers",
    'select 1 / (length(email) - 31) from customers', 'select 1 / (n - 31) from (select length(email) as n from customers) x', 'select email::int from customers', 'select email::uuid from customer_list',
    "select case when s.flag then s.bad end from (select email > 'm' as flag, 1 / (id - id) as bad from customers) s", "select repeat('x', ascii(email) * 9999999) from customers",
    "select substr('x', 1, length(email) - 31) from customers", "with x as (select email from customers) select chr(length(email) - 40) from x", "select sum(case when email > 'm' then 9e307::float8 else 0 end) from customers",
  ])('by the error that would tell: %s', async (sql) => {
    await expect(firstOf(ana, withValues(sql))).rejects.toMatchObject({ code: '42501', message: expect.stringMatching(/public\.customers\.email.*can fail/) })
  })

  test.each(['select salary + 1159829326 from staff', 'select salary * 3 from staff', 'select salary::smallint from staff', 'select sqrt(5 - salary) from staff', 'select -salary from staff'])('by the error that would tell of a number: %s', async (sql) => {
    await expect(firstOf(ana, sql)).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('public.staff.salary') })
  })

  test.each([
    "select coalesce(email, '-') from customers where id = 3", "select lower(email) || ' <' || name || '>' from customers where id = 3", "select max(email) from customers", "select email = 'x' from customers where id = 3",
    "select case when email is null then 'none' else 'some' end from customers where id = 3", 'select substring(email from 1 for 3) from customers where id = 3', "select (select c.email from customers c where c.id = o.customer_id) from orders o where o.id = 1",
    'select sum(salary) from staff', 'select avg(salary)::text from staff', 'select to_char(salary, $$999$$) from staff where id = 1',
    "select json_build_object('mail', c.email, 'orders', coalesce((select json_agg(o.id) from orders o where o.customer_id = c.id), '[]'), 'half', id / 2) from customers c where id = 3",
  ])('what cannot fail is masked, not refused: %s', async (sql) => {
    for (const value of await firstOf(ana, sql)) expect([null, '[masked]']).toContain(value)
  })

  test('what is not known may be it', async () => {
    const client = await signedIn('analysts')
    await expect(client.query("select id from orders where leak() like '1%'")).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('public.customers.email') })
    await expect(client.query("select id from orders where length(swap()::text) = 1")).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('swap') })
    await client.query('set search_path = public')
    await expect(client.query("select id from customers where email = 'x'")).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('search_path') })
    expect((await client.query(`select id from public.customers where email = '${mail(3)}'`)).rows).toEqual([{ id: 3 }])
    await client.end()
  })

  test('nothing of a refused question is answered, not even by how it fails', async () => {
    const raw = await RawClient.signIn(gateway, await gateway.token({ sub: 'analysts', groups: ['analysts'] }))
    const frames = await raw.ask([parse('', 'select 1 from customers where 1 / (length(email) - 30) = 1'), bind('', ''), execute(''), sync])
    expect(frames.map(({ type }) => type).filter((type) => type === 'D')).toEqual([])
    expect(reportOf(frames.find(({ type }) => type === 'E')!.body)).toMatchObject({ C: '42501' })
    raw.end()
  })
})

describe('the budget', () => {
  const left = (count: number) => ({ code: '54000', message: expect.stringContaining(`${count} of the ${perHour}`) })
  const list = (count: number): string => Array.from({ length: count }, (_, index) => `'x${index}'`).join(',')

  test('runs out by every value asked for, in whatever form, and comes back', async () => {
    await ana!.query(`select 1 from customers where email in (${list(perHour - 10)})`)
    await ana!.query('select 1 from customers where email = any($1)', [['a', 'b', 'c', 'd']])
    await ana!.query("select 1 from customers where email = 'x' or ssn = 'y'")
    await expect(ana!.query("select 1 from customers where email = any('{a,b,c,d,e}')")).rejects.toMatchObject(left(4))
    await expect(ana!.query('select 1 from customers where email = any($1)', [['a', 'b', 'c', 'd', 'e']])).rejects.toMatchObject(left(4))
    await ana!.query("select 1 from customers where email = any('{a,b,c,d}')")
    await expect(ana!.query("select 1 from customers where email = 'x'")).rejects.toMatchObject({ ...left(0), hint: expect.stringContaining('60 min') })
    clock.now += probeWindowMs
    await ana!.query("select 1 from customers where email = 'x'")
  })

  test('is not taken by what asks nothing of masked columns, is refused, or is only prepared', async () => {
    const all = `select 1 from customers where email in (${list(perHour)})`
    await ana!.query(`select 1 from customers where name in (${list(perHour)}) and email is not null`)
    await expect(ana!.query(`select 1 from customers where email in (${list(perHour + 1)})`)).rejects.toMatchObject({ ...left(perHour), hint: expect.stringContaining('fewer values') })
    await expect(ana!.query(`${all} order by email`)).rejects.toMatchObject({ code: '42501' })
    const raw = await RawClient.signIn(gateway, await gateway.token({ sub: 'analysts', groups: ['analysts'] }))
    await raw.ask([parse('s', all), sync])
    expect((await raw.ask([bind('', 's'), execute('', 1), execute(''), sync])).map(({ type }) => type)).not.toContain('E')
    expect(reportOf((await raw.ask([bind('', 's'), execute(''), sync])).find(({ type }) => type === 'E')!.body)).toMatchObject({ C: '54000' })
    raw.end()
  })

  test('counts each execution of a prepared statement, each statement of a text, and all sessions of one person', async () => {
    const other = await signedIn('analysts')
    const half = `select 1 from customers where email in (${list(perHour / 2)})`
    await ana!.query({ name: 'half', text: half })
    await other.query({ name: 'half', text: half })
    await expect(other.query({ name: 'half', text: half })).rejects.toMatchObject(left(0))
    clock.now += probeWindowMs
    await expect(ana!.query(`${half}; ${half}; select 1 from customers where email = 'x'`)).rejects.toMatchObject({ code: '54000' })
    await other.end()
  })

  test('is taken when a cursor is opened or a statement runs, not when it is prepared or read on', async () => {
    const most = `select id from customers where email in (${list(perHour - 1)}) or name like 'name%'`
    await ana!.query(`prepare most as ${most}`)
    expect((await ana!.query('execute most')).rowCount).toBe(50)
    await expect(ana!.query('execute most')).rejects.toMatchObject(left(1))
    await ana!.query('deallocate most')
    clock.now += probeWindowMs
    await ana!.query('begin')
    await ana!.query(`declare k cursor for ${most}`)
    for (let fetched = 0; fetched < 50; fetched += 10) expect((await ana!.query('fetch 10 from k')).rowCount).toBe(10)
    await ana!.query('commit')
    await ana!.query("select 1 from customers where email = 'x'")
    await expect(ana!.query("select 1 from customers where email = 'x'")).rejects.toMatchObject(left(0))
  })

  test('is each one\'s own, and none for whom nothing is masked', async () => {
    await ana!.query(`select 1 from customers where email in (${list(perHour)})`)
    await expect(ana!.query("select 1 from customers where email = 'x'")).rejects.toMatchObject(left(0))
    await eli!.query("select 1 from customers where email = 'x'")
    await pia!.query(`select 1 from customers where email in (${list(perHour + 1)})`)
  })

  test('counts the elements of a long array, not its characters', async () => {
    const mails = Array.from({ length: perHour }, (_, index) => `${index}-somebody-of-some-length@example.test`)
    expect((await ana!.query('select 1 from customers where email = any($1)', [mails])).rows).toEqual([])
  })

  test('that is refused is in the record, as a verdict with its reason', async () => {
    const raw = await RawClient.signIn(gateway, await gateway.token({ sub: 'analysts', groups: ['analysts'] }))
    await raw.ask([query(`select 1 from customers where email in (${list(perHour)})`)])
    const error = reportOf((await raw.ask([query("select 1 from customers where email = 'nobody'")])).find(({ type }) => type === 'E')!.body)
    expect(error).toMatchObject({ C: '54000', M: expect.stringContaining('probesPerHourMax') })
    raw.end()
    const folder = join(gateway.folder, 'data', 'recordings')
    const recorded = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('')
    await expect.poll(recorded).toMatch(/"effect":"deny"[^}]*probesPerHourMax/)
  })
})
