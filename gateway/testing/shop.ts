// The small schema and policy of the gateway's own tests. Masked columns hold sentinels that stand nowhere else, so a test can
// search every byte it heard for them.
import { Client } from 'pg'
import type { DatabaseAddress } from './real-postgres.ts'

export const sentinels = { email: 'zz-sentinel-mail@example.test', ssn: '078-05-1120', salary: '987654321' } as const

export const shopPolicy = `
policy: shop
connections: [shop]
rules:
  - { id: analysts-read, who: { groups: [analysts] }, allow: { sql: [select], on: ["public.*"] } }
  - { id: few, who: { groups: [few] }, allow: { sql: [select], on: ["public.*"] }, limit: { rows: 10, seconds: 1 } }
  - { id: engineers, who: { groups: [engineers] }, allow: { sql: ["*"], on: ["public.*"] } }
  - { id: privacy-read, who: { groups: [privacy] }, allow: { sql: [select, insert, update], on: ["public.*"] } }
  - { id: careful, who: { groups: [careful] }, approve: { sql: [delete], on: ["public.*"] }, by: { groups: [on-call], count: 1 }, within: 15m }
  - { id: never, who: everyone, deny: { sql: [drop, truncate, update-without-where, delete-without-where] } }
masks:
  - { id: pii, columns: [public.customers.email, public.customers.ssn, public.staff.salary], as: redact, except: { groups: [privacy] } }
`

const schema = `
create table customers (id int primary key, name text, email text unique, ssn varchar(11), joined date default '2024-02-03');
insert into customers select i, 'name ' || i, i || '-${sentinels.email}', '${sentinels.ssn}' from generate_series(1, 50) i;
create table orders (id int primary key, customer_id int references customers, total numeric(10,2), note text);
insert into orders select i, 1 + i % 50, i * 1.5, 'note ' || i from generate_series(1, 200) i;
create table staff (id int primary key, salary int);
insert into staff select i, ${sentinels.salary} from generate_series(1, 3) i;
create view customer_list as select id, upper(name) as name, email from customers;
create table events (at date, what text) partition by range (at);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
insert into events values ('2024-05-05', 'x');
create function leak() returns text language sql as $$ select email from customers limit 1 $$;
create function shout() returns void language plpgsql as $$ begin raise notice '%', (select email from customers limit 1); end $$;
create function swap() returns void language plpgsql as $$ begin execute 'deallocate s'; execute 'prepare s as select upper(email) from customers'; end $$;
create function fall() returns void language plpgsql as $$ begin raise exception '%', (select ssn from customers limit 1) using errcode = '42P01'; end $$;
`

export async function createShop(database: DatabaseAddress): Promise<void> {
  const client = new Client({ ...database })
  await client.connect()
  await client.query(schema)
  await client.end()
}
