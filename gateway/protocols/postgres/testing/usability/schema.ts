// A shop as analysts, engineers and ORMs meet it: keys, enums, arrays, JSON, partitions, views, triggers; four masked columns.
export const policy = `
policy: shop
connections: [shop]
rules:
  - { id: analysts-read, who: { groups: [analysts] }, allow: { sql: [select], on: ["public.*"] } }
  - { id: engineers, who: { groups: [engineers] }, allow: { sql: ["*"], on: ["public.*", "pg_temp.*"] } }
masks:
  - { id: pii, columns: [public.customers.email, public.customers.ssn, public.employees.salary, public.payments.card], as: redact, except: { groups: [privacy] } }
`

export const schema = `
create type order_status as enum ('new', 'paid', 'sent', 'returned');
create domain money_amount as numeric(12, 2) check (value >= 0);
create table customers (id serial primary key, name text not null, email text unique, ssn varchar(11), city text default 'Ghent', country char(2) default 'BE', joined date not null default '2024-02-03', tags text[] default '{}');
insert into customers (name, email, ssn, city, joined, tags) select 'Name ' || i, 'mail' || i || '@example.test', '078-05-' || (1000 + i), (array['Ghent', 'Lyon', 'Porto'])[1 + i % 3], date '2024-01-01' + i, array['t' || i % 4, 'all'] from generate_series(1, 60) i;
create table products (id serial primary key, sku text unique, title text, price money_amount, attributes jsonb default '{}');
insert into products (sku, title, price, attributes) select 'SKU-' || i, 'Product ' || i, i * 3.5, jsonb_build_object('color', (array['red', 'blue'])[1 + i % 2], 'sizes', array[i, i + 1]) from generate_series(1, 20) i;
create table orders (id serial primary key, customer_id int not null references customers, status order_status not null default 'new', total numeric(10, 2), note text, created_at timestamptz not null default '2024-03-01 10:00:00+00', updated_at timestamptz);
insert into orders (customer_id, status, total, note, created_at) select 1 + i % 60, (enum_range(null::order_status))[1 + i % 4], i * 1.5, 'note ' || i, timestamptz '2024-01-01 00:00:00+00' + i * interval '13 hours' from generate_series(1, 240) i;
create table order_items (order_id int references orders on delete cascade, line int, product_id int references products, quantity int not null, primary key (order_id, line));
insert into order_items select o, l, 1 + (o * 7 + l) % 20, 1 + (o + l) % 5 from generate_series(1, 240) o, generate_series(1, 3) l;
create table payments (id serial primary key, order_id int references orders, card text, amount numeric(10, 2), paid_on date);
insert into payments (order_id, card, amount, paid_on) select i, '4111-1111-' || i, i * 1.5, date '2024-02-01' + i from generate_series(1, 100) i;
create table employees (id int primary key, name text, manager_id int references employees, salary int, team text);
insert into employees select i, 'Emp ' || i, nullif(i / 3, 0), 4000 + i, (array['ops', 'dev'])[1 + i % 2] from generate_series(1, 15) i;
create table events (at date not null, what text, payload jsonb) partition by range (at);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
insert into events select date '2024-11-01' + i * 5, 'visit', jsonb_build_object('n', i) from generate_series(1, 30) i;
create index orders_by_day on orders (created_at); create index customers_lower on customers (lower(name)); create unique index products_title on products (title) where price > 1;
create view order_totals as select o.customer_id, count(*) as orders, sum(o.total) as total from orders o group by 1;
create view customer_directory as select id, upper(name) as name, email from customers;
create materialized view daily as select created_at::date as day, sum(total) as total from orders group by 1;
create function touch() returns trigger language plpgsql as $$ begin new.updated_at := timestamptz '2024-06-01 00:00:00+00'; return new; end $$;
create trigger orders_touch before update on orders for each row execute function touch();
create function net(amount numeric) returns numeric language sql immutable as 'select round(amount / 1.21, 2)';
create sequence tickets start 100;
comment on table customers is 'people who buy'; comment on column customers.city is 'where they live';
alter table events enable row level security; create policy everyone on events using (true);
create statistics orders_stats on customer_id, status from orders;
create publication shop_changes for table orders;
create table spare (id int, note text);
analyze;
`
