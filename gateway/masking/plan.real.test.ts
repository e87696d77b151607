// The plan against what PostgreSQL really says of its columns: sentinels in masked columns, statements that try to carry them out
// under another origin, and not one of them in what is left. The parse tree is not asked here unless a test says so.
import { Client, type QueryResult } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Catalog } from '../sql/catalog.ts'
import { loadCatalog } from '../sql/catalog-load.ts'
import { type RealPostgres, startPostgres } from '../testing/real-postgres.ts'
import { bindMasks } from './binding.ts'
import { planColumns, type RowField } from './plan.ts'

const sentinel = 'SENTINEL-7f3a'
let server: RealPostgres
let client: Client
let catalog: Catalog

beforeAll(async () => {
  server = await startPostgres()
  client = new Client({ host: server.host, port: server.port, user: server.user, password: server.password, database: 'postgres' })
  await client.connect()
  await client.query(`
    create table customers (id int primary key, gone int, name text, email text);
    alter table customers drop column gone;
    create table products (id int, name text);
    create table orders (id int, card text) partition by range (id);
    create table orders_1 (card text, id int); alter table orders attach partition orders_1 for values from (0) to (10);
    insert into customers values (1, 'Ann', '${sentinel}@x'), (2, 'Bob', '${sentinel}@y');
    insert into products values (1, 'Pen'), (2, 'Ink');
    insert into orders values (1, '${sentinel}');
    create view contacts as select name, email as contact from customers;
    create view contacts2 as select upper(contact) as c, name from contacts;
    create materialized view report as select * from contacts2;
    create function leak() returns setof text language sql as 'select email from customers';
    create type pair as (a text, b int);
    analyze customers`)
  catalog = (await loadCatalog(client, 1)).catalog
})
afterAll(async () => {
  await client.end()
  await server.stop()
})

const raw = { getTypeParser: () => (value: unknown) => value }

/** The rows of a statement as a client would get them. */
async function through(text: string, isTainted: boolean): Promise<readonly string[]> {
  const result = await client.query({ text, rowMode: 'array', types: raw }) as unknown as QueryResult<(string | null)[]>
  const fields = result.fields.map((field): RowField => ({ name: field.name, tableOid: field.tableID, columnNumber: field.columnID, typeOid: field.dataTypeID, format: 0 }))
  const masks = { columns: ['public.customers.email', 'public.orders_1.card'].map((column) => ({ policy: 'shop', rule: 'pii', column, as: 'redact' as const, isExempt: false })), detect: [] }
  const { columns: plan } = planColumns({ bound: bindMasks(masks, catalog), fields, isTainted, lineage: null })
  return result.rows.map((row) => row.map((value, index) => {
    const treatment = plan[index]!.client
    return value === null || treatment.kind !== 'replace' ? String(value) : treatment.bytes?.toString() ?? 'NULL'
  }).join('|'))
}

/** Where the server names the origin itself, the plan needs no parse tree. */
describe('with the origins of RowDescription alone', () => {
  test.each([
    ['select id, email, name from customers order by id', ['1|[masked]|Ann', '2|[masked]|Bob']],
    ['select c.email as name from customers c where id = 1', ['[masked]']],
    ['select e from (select email as e from customers where id = 1) s', ['[masked]']],
    ['with q as (select email e, name n from customers where id = 1) select e, n from q', ['[masked]|Ann']],
    ['with q as materialized (select email from customers where id = 1) select * from q', ['[masked]']],
    ['select b.email from products a join customers b using (id) where id = 1', ['[masked]']],
    ['select x.email from products p, lateral (select email from customers c where c.id = p.id) x where p.id = 1', ['[masked]']],
    ['select * from contacts where name = \'Ann\'', ['[masked]|[masked]']],
    ['select c from contacts2 where name = \'Ann\'', ['[masked]']],
    ['select c from report where name = \'Ann\'', ['[masked]']],
    ['select c from customers c where id = 1', ['NULL']],
    ['select id, card from orders', ['1|[masked]']],
    ['select id, card from orders_1', ['1|[masked]']],
    ['select id, card from only orders_1', ['1|[masked]']],
    ['update customers set name = name where id = 1 returning email, old.email, new.email', ['[masked]|[masked]|[masked]']],
    ['insert into customers values (9, \'Zed\', \'x\') returning email', ['[masked]']],
    ['delete from customers where id = 9 returning *', ['9|Zed|[masked]']],
    ['select name from products where id = 1', ['Pen']],
  ])('%s', async (text, rows) => {
    expect(await through(text, false)).toEqual(rows)
  })
})

/** Here the server gives no origin, or one that is not the whole truth: the parse tree says that customers is read, and all is masked. */
describe('with the word of the parse tree that the statement touches masked columns', () => {
  test.each([
    "select email || '' from customers", 'select upper(email) from customers', 'select coalesce(null, email) from customers', 'select (select email from customers limit 1)', 'select max(email) from customers',
    'select array_agg(email) from customers', 'select json_agg(c) from customers c', 'select to_jsonb(c) from customers c', 'select row(email, 1) from customers', 'select customers::text from customers', "select string_agg(email, ',') from customers",
    'select name from products union all select email from customers', 'select name from (select name from products union all select email from customers) s', 'with recursive r(n, e) as (select 1, name from products union all select n + 1, email from r, customers where n < 2) select e from r',
    'select name from products except select email from customers union select email from customers', 'select v from (values ((select email from customers limit 1))) t(v)', 'select case when id > 0 then email end from customers', 'select email::varchar from customers', 'select distinct email from customers',
    'select email from customers group by email', 'select email, count(*) from customers group by rollup (email)', 'select first_value(email) over () from customers', 'select unnest(array[email]) from customers', 'select s from customers, regexp_split_to_table(email, \'@\') s', 'select (c).email from customers c',
    'select (r).a from (select row(email, 1)::pair as r from customers) s', 'select x.* from customers c, lateral (select c.email) x', 'select coalesce(a.name, b.email) from products a full join customers b using (id)',
    'select name from customers c full join (select email as name from customers) d using (name)', 'select * from (select name from products intersect all select name from products union all select email from customers) s order by 1', 'table contacts', 'select * from leak()',
    "select xmlelement(name e, email) from customers", 'select email from customers tablesample system (100)', 'select most_common_vals::text, histogram_bounds::text from pg_stats where tablename = \'customers\'', 'select stavalues1::text from pg_statistic',
    'merge into customers t using customers s on t.id = s.id when matched then update set name = t.name returning s.email, t.email, merge_action()',
  ])('%s', async (text) => {
    const rows = await through(text, true)
    expect(rows.join('\n')).not.toMatch(/sentinel/i)
  })
})

test('a statement that reads no masked column is left alone', async () => {
  expect(await through('select upper(name), count(*) from products group by name order by 1', false)).toEqual(['INK|1', 'PEN|1'])
  expect(await through("select relname, relkind from pg_class where relname = 'customers'", false)).toEqual(['customers|r'])
})
