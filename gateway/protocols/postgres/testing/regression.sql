-- Statements of all kinds, one a line; each runs directly and through the gateway, and the answers are compared byte for byte.
select 1
select 1 as "Ünïcode 名", 'it''s' as quoted, $$dollar$$, E'a\tb\\c', U&'\0061', x'1f', b'101'

;
select 1; select 2; select 3
select 1 where false
select
select null::int, true, false, 1::smallint, 2::int, 3::bigint, 4.5::numeric(10,3), 'NaN'::numeric, 1e308::float8, 'infinity'::float8, 1.5::real
select 'x'::char(5), 'y'::varchar(3), 'z'::text, 'n'::name, '"c"'::"char"
select '2024-02-29'::date, '12:34:56.789'::time, '12:34+02'::timetz, '2024-02-29 12:34:56.789'::timestamp, '2024-02-29 12:34+05:30'::timestamptz at time zone 'UTC', '1 year 2 mons 3 days 04:05:06'::interval, 'infinity'::date
select '\xdeadbeef'::bytea, decode('YQ==', 'base64'), md5('a'), sha256('a')
select 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '192.168.0.1/24'::inet, '10.0.0.0/8'::cidr, '08:00:2b:01:02:03'::macaddr
select point(1,2), '((0,0),(1,1))'::box, '<(0,0),2>'::circle, '[(0,0),(1,1)]'::lseg, '((0,0),(1,1),(1,0))'::polygon
select array[1,2,3], array[[1,2],[3,4]], '{a,"b,c",null}'::text[], array[]::int[], array[1,null], (array[1,2,3])[2:3]
select '{"a":[1,2,{"b":null}]}'::json, '{"b":1,"a":2}'::jsonb, '{"a":{"b":[10,20]}}'::jsonb #> '{a,b,1}', jsonb_build_object('k', 1, 'l', array[1]), json_agg(x) from generate_series(1, 3) x
select '{"a":1}'::jsonb @> '{"a":1}', jsonb_path_query_array('[1,2,3]', '$[*] ? (@ > 1)'), to_jsonb(row(1, 'a')), jsonb_set('{"a":1}', '{b}', '2')
select int4range(1, 10), numrange(1.5, null), daterange('2024-01-01', '2024-02-01', '[]'), int4range(1,5) * int4range(3,8), '{[1,2),[5,6)}'::int4multirange
select to_tsvector('simple', 'the quick brown fox') @@ to_tsquery('simple', 'fox & quick'), '<a>1</a>'::text, bit '1010' & bit '0110'
select row(1, 'a', null), (1, 2) = (1, 2), row(1,2) is distinct from row(1,3)
select generate_series(1, 200), repeat('x', 50)
select x, sum(x) over (order by x), rank() over (partition by x % 2 order by x desc), lag(x, 1, 0) over w, ntile(3) over w from generate_series(1, 9) x window w as (order by x)
select x % 3 as k, count(*), array_agg(x order by x desc), string_agg(x::text, ','), percentile_cont(0.5) within group (order by x), count(*) filter (where x > 5) from generate_series(1, 20) x group by k order by k
select a, b, grouping(a, b), count(*) from (values (1,1),(1,2),(2,1)) v(a,b) group by rollup(a, b) order by 1, 2
with recursive t(n) as (values (1) union all select n + 1 from t where n < 100) select sum(n), count(*) from t
select * from (values (1,'a'),(2,'b')) v(i,t) left join (values (2,true)) w(i,f) using (i) order by 1
select * from generate_series(1,3) a cross join lateral (select a * 2 as b) s
select distinct on (x % 3) x from generate_series(1, 9) x order by x % 3, x desc
select 1 union all select 2 intersect select 2 except select 3
select case when 1 > 2 then 'a' else 'b' end, coalesce(null, 3), nullif(1, 1), greatest(1, 2, null), least(3, 2)
select regexp_replace('foobar', 'o+', '0', 'g'), substring('abc' from 2 for 1), position('b' in 'abc'), trim(both 'x' from 'xax'), overlay('abcd' placing 'XX' from 2 for 2), 'a' like '_', 'b' ~ '^b$', 'é' = normalize('é')
select extract(epoch from timestamp '2024-01-01'), date_trunc('month', timestamp '2024-05-17 10:00'), age(timestamp '2024-05-17', timestamp '2020-01-01'), timestamp '2024-01-31' + interval '1 month'
select 1/0
select * from no_such_table
select no_such_column from r_types
select no_such_function(1)
selec 1
select 'unterminated
select 'é' || 1/0
select '2024-13-45'::date
select 'x'::int
select 9223372036854775807 + 1
select cast('{' as json)
select array[1,2] || 'x'
select 1 +
select (select generate_series(1, 2))
select count(*) from r_types where id = any(array[1,2])
create table r_types (id serial primary key, t text not null default 'd', n numeric(6,2) check (n < 1000), j jsonb, a int[], ts timestamptz default '2024-01-01 00:00+00', b bytea, g int generated always as (1 + 1) stored)
create table if not exists r_types (id int)
create table r_types (id int)
create unique index r_t on r_types (t)
create index if not exists r_n on r_types using btree (n desc nulls last) where n > 0
create table r_child (id int primary key, parent int references r_types on delete cascade, note varchar(5))
create view r_view as select id, upper(t) as t from r_types
create materialized view r_mat as select count(*) from r_types
create type r_mood as enum ('sad', 'ok', 'happy')
create type r_pair as (x int, y text)
create domain r_small as int check (value < 10)
create sequence r_seq start 5 increment 2
select 'ok'::r_mood < 'happy'::r_mood, '(1,a)'::r_pair, 5::r_small
select 'none'::r_mood
select 11::r_small
select nextval('r_seq'), nextval('r_seq'), currval('r_seq'), lastval()
insert into r_types (t, n, j, a, b) values ('one', 1.5, '{"k":1}', '{1,2}', '\x00ff'), ('two', 2.25, null, '{}', null) returning *
insert into r_types (t) values ('one')
insert into r_types (t, n) values ('big', 5000)
insert into r_types (t) values (null)
insert into r_types (t, n) values ('one', 9) on conflict (t) do update set n = excluded.n returning id, n
insert into r_types (t) values ('one') on conflict do nothing
insert into r_types (t) select 'gen ' || x from generate_series(1, 20) x
insert into r_child values (1, 1, 'abc'), (2, 99999, 'x')
insert into r_child values (1, 1, 'too long a note')
insert into r_child values (1, 1, 'abc')
update r_types set n = coalesce(n, 0) + 1 where id < 5 returning id, t, n
update r_types set t = 'two' where t = 'one'
update r_types set n = 3 from r_child where r_child.parent = r_types.id
merge into r_child c using (values (1, 'new'), (3, 'ins')) v(id, note) on c.id = v.id when matched then update set note = v.note when not matched then insert values (v.id, 1, v.note)
select * from r_types order by id limit 5
select r.*, c.note from r_types r join r_child c on c.parent = r.id order by c.id
select ctid, tableoid::regclass, xmin is not null from r_child order by id
select r_types from r_types order by id limit 2
select * from r_view where id = 1
refresh materialized view r_mat
select * from r_mat
table r_child
values (1, 'a'), (2, 'b') order by 1 desc
delete from r_child where id = 3 returning *
explain (costs off) select * from r_types where id = 1
explain (costs off, format json) select * from r_child
alter table r_types add column extra text default 'new'
alter table r_types rename column extra to renamed
alter table r_types alter column renamed type varchar(10)
alter table r_types drop column renamed
alter table r_types add column extra text, add column extra text
comment on table r_types is 'about types'
select obj_description('r_types'::regclass)
analyze r_types
create temp table r_temp (x int) on commit drop
create temp table r_tmp as select x from generate_series(1, 5) x
select count(*) from r_tmp
truncate r_tmp
begin
insert into r_types (t) values ('in tx')
savepoint s1
insert into r_types (t) values ('in tx')
select 1
rollback to savepoint s1
select t from r_types where t = 'in tx'
release savepoint s1
release savepoint s1
rollback
begin isolation level serializable read only deferrable
show transaction_isolation
insert into r_types (t) values ('ro')
commit
commit
rollback
begin; insert into r_types (t) values ('multi'); select 1/0; select 2; commit
rollback
select 1; select 1/0; select 2
start transaction read only; select 1; commit
begin
declare c1 scroll cursor for select x from generate_series(1, 10) x
fetch 3 from c1
move forward 2 from c1
fetch backward 2 from c1
fetch absolute 9 from c1
fetch all from c1
fetch next from c1
close c1
fetch 1 from c1
rollback
declare c2 cursor with hold for select x from generate_series(1, 3) x
fetch all from c2
close c2
declare c3 cursor for select 1
prepare p1 (int, text) as select $1 + 1, $2 || 'x'
execute p1 (1, 'a')
execute p1 (1)
execute p1 ('z', 'a')
prepare p1 as select 1
deallocate p1
execute p1 (1, 'a')
prepare p2 as insert into r_types (t) values ($1) returning t
execute p2 ('prepared')
explain (costs off) execute p2 ('x')
deallocate all
copy (select x, 'a' || x from generate_series(1, 5) x) to stdout
copy (select x, 'a,"' || x, null from generate_series(1, 3) x) to stdout (format csv, header)
copy (select x from generate_series(1, 3) x) to stdout (format binary)
copy r_child to stdout
copy no_such to stdout
set datestyle = 'SQL, DMY'
select '2024-02-03'::date
set datestyle = 'ISO, MDY'
set intervalstyle = iso_8601
select interval '1 day 2 hours'
reset intervalstyle
set timezone = 'Europe/Paris'
select '2024-06-01 12:00+00'::timestamptz
set timezone to default
set application_name = 'regression'
show application_name
set bytea_output = escape
select '\x01ff41'::bytea
reset bytea_output
set extra_float_digits = 0
select 0.1::float8 + 0.2
reset extra_float_digits
set no_such_setting = 1
set statement_timeout = '100ms'
select pg_sleep(2)
reset statement_timeout
show server_version
show all_of_nothing
listen r_channel
notify r_channel, 'payload ü'
unlisten r_channel
notify r_channel, 'unheard'
create function r_notice(x int) returns int language plpgsql as $f$ begin raise notice 'x is %', x; raise warning 'careful' using detail = 'a detail', hint = 'a hint'; return x; end $f$
select r_notice(7)
create function r_fail() returns void language plpgsql as $f$ begin raise exception 'failed %', 'here' using errcode = 'P0042', detail = 'the detail', hint = 'the hint', column = 'c', table = 't', schema = 's', constraint = 'k', datatype = 'd'; end $f$
select r_fail()
create function r_set(out a int, out b text) returns setof record language sql as $f$ select x, 'r' || x from generate_series(1, 3) x $f$
select * from r_set()
select (r_set()).*
create procedure r_proc(inout x int) language plpgsql as $f$ begin x := x * 2; end $f$
call r_proc(21)
do $d$ begin raise notice 'from do'; end $d$
do $d$ begin perform 1/0; end $d$
create trigger r_trig before insert on r_child for each row execute function no_such()
select * from pg_class where relname = 'r_types' and false
select relname, relkind from pg_class where relname like 'r\_%' order by 1
select column_name, data_type from information_schema.columns where table_name = 'r_types' order by ordinal_position
select current_schema(), current_setting('server_encoding')
lock table r_child in share mode
select * from r_child for update
select pg_typeof(1), pg_typeof('a'), pg_typeof(null), pg_column_size(1)
select repeat('long ', 20000)
select string_agg(x::text, ',') from generate_series(1, 20000) x
select x, x, x, x, x, x, x, x, x, x from generate_series(1, 500) x
vacuum r_child
begin; vacuum r_child
rollback
create schema r_schema create table inner_t (a int)
drop schema r_schema
drop schema r_schema cascade
drop view r_view, r_nothing
drop table if exists r_nothing
drop table r_types
drop table r_types cascade
drop type r_mood, r_pair, r_small_not
discard temp
discard all
