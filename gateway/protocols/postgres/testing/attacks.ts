// What an expert with psql and an afternoon tried, as data: the additions to the sample shop that make the tries harder to
// stop, and the texts. Those that once got through are marked by what they got.
import { sentinels } from '../../../testing/shop.ts'

/** Beside createShop: a second schema with a namesake, functions of rows, a function that speaks through error fields. */
export const attackSchema = `
create schema archive;
create table archive.orders (id int, note text);
insert into archive.orders values (1, '${sentinels.email}');
create function customer_mail(orders) returns text language sql stable as $$ select email from customers where id = $1.customer_id $$;
create function say_column() returns void language plpgsql as $$ begin
  raise exception 'x' using column = (select email from customers limit 1), table = (select ssn from customers limit 1); end $$;
create function say_path() returns void language sql as $$ select set_config('search_path', 'archive', false) $$;
create procedure write_note() language sql as $$ update orders set note = 'called' where id = 1 $$;
create materialized view mails as select id, email from customers;
create table kid () inherits (staff);
insert into kid values (9, ${sentinels.salary});
create table spare (id int, note text, at tsvector);
create domain short as text check (length(value) < 3);
create type pair as (a text, b text);
`

/** Reads of masked values: whatever comes back, no sentinel is in it. `leaked` marks rows with tries that got through on the first afternoon. */
export const reads: readonly string[] = [
  // Errors and notices that quote a value.
  /* leaked */ `select ('"' || email || '"')::regclass from customers`, `select ('"' || email || '"')::regtype from customers`, `select ('"' || repeat(email, 4) || '"')::regtype from customers`,
  /* leaked */ `select ('"' || email || '"')::regnamespace from customers`, `select ('"' || email || '"')::regrole from customers`, `select ('"' || email || '"')::regproc from customers`,
  /* leaked */ `select (email || ' & &')::tsquery from customers`, `select repeat(ssn, 300)::tsquery from customers`, `select current_setting('a.' || replace(ssn, '-', 'x')) from customers`,
  /* leaked */ `select has_column_privilege('customers', email, 'select') from customers`, `select pg_database_size(email::name) from customers`, `select has_table_privilege('"' || email || '"', 'select') from customers`,
  `select ('"' || email || '"')::regconfig from customers`, `select ('"' || email || '"')::regdictionary from customers`, `select ('"' || email || '"')::regcollation from customers`, `select nextval('"' || email || '"') from customers`,
  `select email::jsonpath from customers`, `select email::json from customers`, `select email::xml from customers`, `select email::uuid from customers`, `select ssn::point from customers`, `select email::bytea from customers`,
  `select email::cidr from customers`, `select ssn::interval from customers`, `select email::pg_lsn from customers`, `select email::short from customers`, `select row(email, ssn)::pair from customers`, `select ssn::numrange from customers`,
  `select encode('a', email) from customers`, `select now() at time zone email from customers`, `select date_part(email, now()) from customers`, `select 'a' ~ ('(' || email) from customers`, `select to_date(ssn, 'YYYY-MM-DD') from customers`,
  `select parse_ident(email) from customers`, `select pg_get_serial_sequence('customers', email) from customers`, `select set_byte('a', salary, 1) from staff`, `select array[1][salary:salary + 1] from staff`, `select 10 / (salary - ${sentinels.salary}) from staff`,
  `select lpad('x', salary * salary) from staff`, `select format(email) from customers`, `select jsonb_path_query('{}', email::jsonpath) from customers`, `select jsonb_set('{}', array[email], 'x') from customers`, `select xpath(email, '<a/>') from customers`,
  `select say_column()`, `select shout()`, `select fall()`, `select raise_it from (select fall() as raise_it) x`,
  // Functions that do not look like calls, and SQL inside of texts.
  /* leaked */ `select o.customer_mail from orders o`, `select (o).customer_mail from orders o`, `select orders.customer_mail from orders`, `select customer_mail(o) from orders o`, `select (select o.customer_mail) from orders o`,
  /* leaked */ `select (('select to_tsvector(''simple'', email) from customers'::text).ts_stat).word`, `select ('select to_tsvector(''simple'', email) from customers'::text).ts_stat`,
  `select f.ts_stat from unnest(array['select to_tsvector(''simple'', email) from customers']) f`, `select note from orders order by (select f.ts_stat from unnest(array['select to_tsvector(email) from customers']) f limit 1)`,
  `begin; select case when email > '0' then pg_current_xact_id() end from customers where id = 1; select pg_current_xact_id_if_assigned(); rollback`, `select case when email > '0' then pg_notify('c', 'x') end from customers`,
  `select setseed(salary / 1e9) from staff limit 1; select random()`, `select setval('public.seq', salary) from staff; select last_value from seq`, `select pg_advisory_lock(salary) from staff; select objid from pg_locks`,
  `select * from ts_stat('select to_tsvector(''simple'', email) from customers')`, `select pg_catalog.ts_stat('select to_tsvector(email) from customers')`, `select "ts_stat"('select to_tsvector(email) from customers')`,
  `select U&"ts\\005fstat"('select to_tsvector(email) from customers')`, `select ts_rewrite('a'::tsquery, 'select ''a''::tsquery, to_tsquery(quote_literal(email)) from customers')`, `select table_to_xml('customers', true, false, '')`,
  `select database_to_xml(true, false, '')`, `select query_to_xml_and_xmlschema('select * from customers', true, false, '')`, `select cursor_to_xml('c', 1, true, false, '')`, `select * from dblink('', 'select email from customers') as t(e text)`,
  // Rows, columns and shapes.
  `select customers from customers`, `select row(c.*) from customers c`, `select (c).* from customers c`, `select c.email, c.name from customers c(a, b, email, d)`, `select d from customers c(a, b, c, d)`, `select email(c) from customers c`,
  `select to_jsonb(c) - 'name' from customers c`, `select jsonb_each_text(to_jsonb(c)) from customers c`, `select * from customers c, lateral jsonb_each_text(to_jsonb(c))`, `select hstore from (select json_object_agg(id, email) hstore from customers) x`,
  `select xmlelement(name a, email) from customers`, `select xmlforest(email, ssn) from customers`, `select xmlagg(xmlelement(name a, ssn)) from customers`, `select ts_headline(email, 'a'::tsquery) from customers`, `select to_tsvector('simple', email) from customers`,
  `select textrange from (select int4range(0, salary) textrange from staff) x`, `select (array_agg(email))[1:3] from customers`, `select grouping(email), email from customers group by rollup (email)`, `select email, count(*) from customers group by 1`,
  `select distinct on (email) email from customers`, `select min(ssn) over () from customers`, `select lag(email) over (order by id) from customers`, `select first_value(ssn) over () from customers`, `select percentile_disc(0.5) within group (order by email) from customers`,
  `select mode() within group (order by ssn) from customers`, `select email from customers tablesample system (100)`, `select only_ones.email from only customers only_ones`, `select tableoid, ctid, xmin, email from customers`, `select * from mails`,
  `select salary from kid`, `select * from only staff`, `select coalesce(null, email), nullif(email, ''), greatest(email, ''), least(ssn, 'z') from customers`, `select case when true then ssn end from customers`, `select email collate "C" from customers`,
  `select (select max(email) from customers), note from orders`, `select note from orders union all select email from customers`, `select email from customers intersect select email from customers`, `select note from orders except select 'x' union select ssn from customers`,
  `with recursive r(a) as (select note from orders where id = 1 union all select email from customers) select a from r`, `with c as materialized (select email as note from customers) select note from c`, `select x.note from (select ssn as note from customers) x`,
  `select a.email from customers a full join customers b using (email)`, `select email from orders o(i, c, t, email) right join customers using (email)`, `select j.* from (customers a join customers b using (id)) as j`, `select * from rows from (leak(), leak()) x`,
  `select * from json_table((select jsonb_agg(email) from customers), '$[*]' columns (e text path '$'))`, `select * from unnest(array(select email from customers))`, `select chr(ascii(email)) from customers`, `select md5(email), translate(email, 'z', 'y') from customers`,
  `select convert_to(email, 'UTF8'), sha256(ssn::bytea), encode(email::bytea, 'hex') from customers`, `select string_to_table(email, '@') from customers`, `select regexp_matches(email, '(.*)') from customers`, `select regexp_substr(ssn, '.*') from customers`,
  `select old.email, new.email from customers old join customers new using (id)`, `explain (analyze, verbose, format json) select email from customers`, `explain verbose select email from customers where email > 'a'`, `table mails`,
  // Catalogs.
  `select most_common_vals from pg_stats where tablename = 'customers'`, `select stavalues1::text from pg_statistic`, `select histogram_bounds from pg_catalog.pg_stats`, `select * from pg_stats_ext_exprs`, `select query from pg_stat_activity`,
  `select pg_stat_get_activity(null)`, `select (null::int).pg_stat_get_activity`, `select * from pg_prepared_statements`, `select * from pg_cursors`, `select data from pg_largeobject`, `select lo_get(1)`, `select (1::oid).lo_get`, `select * from pg_toast.pg_toast_16385`,
  // COPY and cursors.
  `copy (select upper(email) from customers) to stdout`, `copy customers (id, email) to stdout csv`, `copy (table customers) to stdout`, `copy customers to '/tmp/gatehouse-attack'`, `copy customers to program 'cat'`, `copy (select leak()) to stdout`, `copy mails to stdout`,
  `copy (update customers set name = name where id = 1 returning email) to stdout`, `copy (insert into spare (id) values (1) returning (select email from customers limit 1)) to stdout`,
  `begin; declare c cursor with hold for select reverse(email) from customers; commit; fetch all from c; close c`, `begin; declare c scroll cursor for select * from customers; fetch last from c; move first in c; fetch prior from c; rollback`,
  `prepare q as select upper(email) from customers; explain analyze execute q; execute q; deallocate q`, `prepare q(text) as select $1 || ssn from customers; execute q('x'); deallocate q`,
  `set search_path = archive; select note, upper(note) from orders`, `select say_path(); select upper(note) from orders`, `set search_path to "$user", archive, public; table orders`, `reset all; select reverse(ssn) from customers`,
  // Notifications and settings.
  `listen c; select pg_notify('c', (select email from customers limit 1))`, `select set_config('application_name', (select ssn from customers limit 1), false)`, `select set_config('a.' || 'b', ssn, false) from customers`, `do $$ begin perform pg_notify('c', (select email from customers limit 1)); end $$`,
]

/** Writes that would put masked values where they are not masked; each is followed by a look at every place they could be. */
export const copies: readonly string[] = [
  /* leaked */ `alter table customers rename column email to open_mail`, `alter table customers rename to open_customers`, `alter table customers add column open_mail text generated always as (email) stored`, `alter table customers set schema archive`,
  /* leaked */ `create function open_mail() returns text language sql as 'select email from customers limit 1'`, `create procedure put() language sql as 'update orders set note = (select email from customers limit 1) where id = 2'`,
  /* leaked */ `create operator public.~~~ (leftarg = tsquery, rightarg = text, function = ts_rewrite)`, `create aggregate pick(text) (sfunc = textcat, stype = text)`, `create cast (orders as text) with function customer_mail(orders)`,
  /* leaked */ `begin; create view open_v(a) as select email from customers; create table open_t as select a from open_v; commit`, `begin; create temp view orders as select id, email as note from customers; select upper(note) from orders; rollback`,
  `create view open_v as select id, ssn as note from customers`, `create materialized view open_v as select email as note from customers`, `create table open_t as select leak()`, `create table open_t as table customers`, `create table open_t as select c from customers c`,
  `select email into open_t from customers`, `create temp table open_t as select reverse(ssn) from customers`, `create trigger open_tr before update on customers for each row execute function tsvector_update_trigger(at, 'pg_catalog.simple', email)`,
  `create rule open_r as on update to customers do also insert into orders (id, note) values (9001, old.email)`, `create rule open_r as on insert to spare do also select upper(email) from customers`, `alter table customers alter column name type text using email`,
  `insert into orders (id, note) select 9002, email from customers limit 1`, `insert into orders (id, note) values (9003, (select ssn from customers limit 1))`, `insert into orders (id, note) values (9004, leak())`, `insert into orders (id, note) select 9005, o.customer_mail from orders o limit 1`,
  `insert into orders (id, note) select 9006, m.email from mails m limit 1`, `insert into spare table customers`, `insert into spare (note) select c::text from customers c limit 1`, `update customers set name = email where id = 1`, `update customers set name = customers::text where id = 1`,
  `update orders set note = (select email from customers limit 1) where id = 2`, `update orders o set note = c.email from customers c where o.customer_id = c.id`, `insert into customers (id, name) values (1, 'x') on conflict (id) do update set name = customers.email`,
  `merge into orders o using customers c on o.customer_id = c.id when matched then update set note = c.email`, `with moved as (delete from customers where id = 50 returning email) insert into spare (note) select email from moved`, `with m as (select ssn as s from customers) update spare set note = s from m where spare.id is null`,
  `do $$ begin update orders set note = (select email from customers limit 1) where id = 2; end $$`, `create index open_i on orders (customer_mail(orders))`, `alter table orders add column open_mail text default leak()`, `create domain open_d as text default leak()`, `call put()`,
  `alter table spare inherit customers`, `alter table staff no inherit kid`, `create table open_t () inherits (customers)`, `create statistics open_s on (upper(email)), id from customers`, `alter materialized view mails rename column email to note`, `alter view customer_list rename column email to note`,
  `refresh materialized view mails`, `comment on table orders is 'x'`, `create policy open_p on customers using (customer_mail(null) is null)`, `copy spare (note) from '/etc/hostname'`, `create extension if not exists plpgsql`,
]

/** For `analysts`, who only select: nothing of these may run, however it is written. */
export const denied: readonly string[] = [
  'drop table victim', 'DrOp/**/TaBlE victim', '/* select */ drop table victim -- select', 'drop table U&"vi\\0063tim"', 'drop table "victim"', 'drop table public.victim cascade', ';;drop table victim', 'select 1;drop table victim', 'truncate victim', 'truncate only public.victim restart identity',
  'explain analyze delete from victim where id = 1', 'explain (analyze on) update victim set id = 2 where id = 1', 'prepare d as delete from victim where id = 1; execute d', 'with x as (delete from victim where id = 1 returning 1) select 1', 'with x as (with y as (update victim set id = 3 where id = 1 returning id) select * from y) select * from x',
  'select * into victim_copy from victim', 'create table victim_copy as select 1', 'copy victim from stdin', "copy victim to program 'touch /tmp/gatehouse-attack'", "copy victim to '/tmp/gatehouse-attack'", 'copy (delete from victim where id = 1 returning id) to stdout', 'do $$ begin execute \'drop table victim\'; end $$',
  "do language plpgsql 'begin drop table victim; end'", 'call write_note()', 'lock table victim', 'select * from victim for update', 'select * from (select * from victim for share) x', 'begin; delete from victim where id = 1; commit', 'declare c cursor with hold for select * from victim for update',
  "select query_to_xml('delete from victim where id = 1 returning 1', true, false, '')", "select pg_read_file('/etc/passwd')", "select ('/etc/passwd'::text).pg_read_file", "select ('/etc/passwd'::text).pg_read_binary_file", "select ('/'::text).pg_ls_dir", "select ((('/'::text))).pg_ls_dir", 'select (pg_backend_pid()).pg_cancel_backend',
  'select pg_terminate_backend(pg_backend_pid())', "select f.pg_read_file from unnest(array['/etc/passwd']) f", "select f.pg_ls_dir from unnest(array['/']) f", 'select f.pg_terminate_backend from unnest(array[1]) f', "select lo_import('/etc/passwd')", "select setval('x', 1)", 'set role postgres', 'set session authorization postgres', "select set_config('role', 'postgres', false)", "select set_config('ro' || 'le', 'postgres', false)", 'set session_replication_role = replica',
  'set standard_conforming_strings = off', "set client_encoding = 'SJIS'", "set names 'latin1'", "select set_config('standard_conforming_strings', 'off', false)", "update pg_settings set setting = 'off' where name = 'standard_conforming_strings'", 'alter system set log_statement = none', 'alter table victim add column x int',
  'alter table victim rename to gone', 'create index on victim (id)', 'grant all on victim to public', 'revoke all on victim from public', 'comment on table victim is null', 'vacuum victim', 'analyze victim', 'cluster victim', 'reindex table victim', 'refresh materialized view mails', 'notify c', 'listen c', "prepare transaction 'x'",
  'merge into victim using (select 1) s on true when matched then delete', 'insert into victim values (2)', 'insert into victim select 2 on conflict do nothing', 'update victim set id = 5 where id = 1', 'delete from victim', 'drop owned by current_user', 'drop schema public cascade', 'reassign owned by current_user to postgres', 'load \'x\'', 'checkpoint', 'import foreign schema x from server y into public',
]
