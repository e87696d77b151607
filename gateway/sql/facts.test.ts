import { loadModule, parseSync } from 'libpg-query'
import { beforeAll, describe, expect, test } from 'vitest'
import type { SqlStatement } from '../../shared/command.ts'
import { factsOf } from './facts.ts'

beforeAll(() => loadModule())

function statements(sql: string): readonly SqlStatement[] {
  return factsOf(parseSync(sql), Buffer.byteLength(sql)).statements
}

/** `TAG kind(relation) kind(schema.relation) +flag`, statements joined by `;`. */
function summary(sql: string): string {
  return statements(sql).map((one) => {
    const accesses = one.accesses.map(({ kind, relation }) => (relation === null ? kind : `${kind}(${relation.schema === null ? '' : `${relation.schema}.`}${relation.name})`))
    const flags = [one.isHarmless && '+harmless', one.isCopyingWrite && '+copying', one.setsSearchPath && '+path', one.setting !== null && `+set:${one.setting}`,
      one.prepares !== null && `+prepares:${one.prepares}`, one.executes !== null && `+executes:${one.executes}`, one.deallocates !== null && `+deallocates:${one.deallocates}`,
      one.declares !== null && `+declares:${one.declares}`, one.fetches !== null && `+fetches:${one.fetches}`, one.closes !== null && `+closes:${one.closes}`]
    return [one.tag, ...accesses, ...flags.filter((flag) => flag !== false)].join(' ')
  }).join('; ')
}

type Table = readonly (readonly [sql: string, expected: string])[]

function check(name: string, table: Table): void {
  describe(name, () => {
    test.each(table)('%s', (sql, expected) => expect(summary(sql)).toBe(expected))
  })
}

check('reads', [
  ['select 1', 'SELECT select'],
  ['values (1), (2)', 'SELECT select'],
  ['table a', 'SELECT select(a)'],
  ['select * from a', 'SELECT select(a)'],
  ['SELECT * FROM "A".Bcd', 'SELECT select(A.bcd)'],
  ['select * from db.s.a', 'SELECT select(s.a)'],
  ['select * from only a', 'SELECT select(a)'],
  ['select * from a, b x, s.c', 'SELECT select(a) select(b) select(s.c)'],
  ['select * from a join b using (id) left join c on true natural join d', 'SELECT select(a) select(b) select(c) select(d)'],
  ['select * from (select * from a) x', 'SELECT select(a)'],
  ['select (select max(id) from a), array(select id from b)', 'SELECT select(a) select(b)'],
  ['select 1 where exists (select from a) and 1 in (select id from b) and 2 = any (select id from c)', 'SELECT select(a) select(b) select(c)'],
  ['select * from a where id = (select id from b order by (select 1 from c) limit (select 1 from d) offset (select 1 from e))', 'SELECT select(a) select(b) select(c) select(e) select(d)'],
  ['select 1 group by (select 1 from a) having (select true from b)', 'SELECT select(a) select(b)'],
  ['select sum(x) filter (where x in (select 1 from b)) over (partition by (select 1 from c)) from a', 'SELECT select(b) select(c) select(a)'],
  ['select 1 from a window w as (order by (select 1 from b))', 'SELECT select(a) select(b)'],
  ['select * from a union select * from b intersect select * from c except all select * from d', 'SELECT select(a) select(b) select(c) select(d)'],
  ['values ((select 1 from a))', 'SELECT select(a)'],
  ['select * from a tablesample system (10)', 'SELECT select(a)'],
  ['select * from f((select 1 from a)), lateral (select * from b) l', 'SELECT select(a) select(b)'],
  ["select * from xmltable('/r' passing (select x from a) columns c int path 'c')", 'SELECT select(a)'],
  ["select * from json_table((select j from a), '$' columns (c int path '$.c'))", 'SELECT select(a)'],
  ["select json_value((select j from a), '$.x')", 'SELECT select(a)'],
  ["select json_object('k': (select 1 from a)), json_array(select id from b)", 'SELECT select(a) select(b)'],
  ['select case when (select true from a) then (select 1 from b) else (select 2 from c) end', 'SELECT select(a) select(b) select(c)'],
  ['select coalesce((select 1 from a)), nullif((select 1 from b), 1), greatest((select 1 from c)), row((select 1 from d))', 'SELECT select(a) select(b) select(c) select(d)'],
  ['select array[(select 1 from a)], (array[1])[(select 1 from b)], (select x from c)::int, (select x from d) collate "C"', 'SELECT select(a) select(b) select(c) select(d)'],
  ['select xmlelement(name n, (select 1 from a)), xmlforest((select 1 from b) as x), xmlserialize(content (select x from c) as text)', 'SELECT select(a) select(b) select(c)'],
  ['select grouping(x) from a group by grouping sets ((x), ()), rollup (y), cube (z)', 'SELECT select(a)'],
  ['select * from a for update', 'SELECT lock(a) select(a)'],
  ['select * from a x join b on true for no key update of x', 'SELECT lock(a) select(a) select(b)'],
  ['select * from (select * from a) x for share of x', 'SELECT lock(a) select(a)'],
  ['with c as (select 1) select * from c for update', 'SELECT select'],
])

check('CTE names are not tables, in their scope only', [
  ['with a as (select 1) select * from a', 'SELECT select'],
  ['with a as (select * from a) select * from a', 'SELECT select(a)'],
  ['with recursive a as (select 1 union all select * from a) select * from a', 'SELECT select'],
  ['with a as (select 1), b as (select * from a) select * from b', 'SELECT select'],
  ['with b as (select * from a), a as (select 1) select * from a, b', 'SELECT select(a)'],
  ['with a as (select 1) select * from s.a', 'SELECT select(s.a)'],
  ['select * from (with a as (select 1) select * from a) x, a', 'SELECT select(a)'],
  ['with a as (select 1) select (with b as (select * from a) select * from b)', 'SELECT select'],
  ['with a as (with b as (select 1) select * from b) select * from b', 'SELECT select(b)'],
  ['(with a as (select 1) select * from a) union select * from a', 'SELECT select(a)'],
  ['with a as (select 1) insert into a select * from a', 'INSERT insert(a)'],
  ['with a as (select 1) delete from a', 'DELETE delete(a) delete-without-where(a)'],
])

check('writes, nested ones too', [
  ['insert into a values (1)', 'INSERT insert(a)'],
  ['insert into a default values', 'INSERT insert(a)'],
  ['insert into a select * from b', 'INSERT insert(a) select(b) +copying'],
  ['insert into a values ((select email from b))', 'INSERT insert(a) select(b) +copying'],
  ['insert into a values (1) returning id', 'INSERT insert(a) select(a)'],
  ['insert into a values (1) on conflict do nothing', 'INSERT insert(a)'],
  ['insert into a (id) values (1) on conflict (id) do update set n = excluded.n where a.n > (select 1 from b)', 'INSERT insert(a) update(a) select(b) +copying'],
  ['insert into a (id) values (1) on conflict (id) do update set n = a.email', 'INSERT insert(a) update(a) +copying'],
  ['insert into a (id) values (1) on conflict (id) do update set n = excluded.n', 'INSERT insert(a) update(a)'],
  ['update a set n = 1 where id = 2', 'UPDATE update(a)'],
  ['update a set n = n + 1 where id = 2', 'UPDATE update(a)'],
  ['update a set notes = email where id = 2', 'UPDATE update(a) +copying'],
  ['update a set notes = upper(a.email) where id = 2', 'UPDATE update(a) +copying'],
  ['update a set notes = a::text where id = 2', 'UPDATE update(a) +copying'],
  ['update a excluded set notes = excluded.email where id = 2', 'UPDATE update(a) +copying'],
  ['update a set (n, m) = (select x, y from b) where id = 1', 'UPDATE update(a) select(b) +copying'],
  ['update a set n = b.n from b where a.id = b.id', 'UPDATE update(a) select(b) +copying'],
  ['delete from a where id = 1', 'DELETE delete(a)'],
  ['delete from a using b where a.id = b.id returning *', 'DELETE delete(a) select(a) select(b)'],
  ['delete from a where current of c', 'DELETE delete(a)'],
  ['with x as (delete from a where id = 1) select 1', 'SELECT delete(a)'],
  ['with x as (delete from a returning *) select * from x', 'SELECT delete(a) delete-without-where(a) select(a)'],
  ['with x as (delete from a where id = 1 returning *) insert into b select * from x', 'INSERT delete(a) select(a) insert(b) +copying'],
  ['with x as (update a set n = 1 returning *), y as (insert into b values (1)) select * from x', 'SELECT update(a) update-without-where(a) select(a) insert(b) +copying'],
  ['merge into a using b on a.id = b.id when matched then update set n = b.n when not matched then insert values (1) when not matched by source then delete', 'MERGE merge(a) update(a) insert(a) delete(a) select(b) +copying'],
  ['merge into a using b on true when matched then delete', 'MERGE merge(a) delete(a) delete-without-where(a) select(b) +copying'],
  ['merge into a using b on a.id = b.id when matched and b.x then do nothing returning *', 'MERGE merge(a) select(a) select(b) +copying'],
  ['truncate a, s.b cascade', 'TRUNCATE TABLE truncate(a) truncate(s.b)'],
  ['select * into a from b', 'SELECT INTO create(a) select(b) +copying'],
  ['create table a as select * from b', 'CREATE TABLE AS create(a) select(b) +copying'],
  ['create temp table a as table b', 'CREATE TABLE AS create(pg_temp.a) select(b) +copying'],
  ['create table a as execute p', 'CREATE TABLE AS create(a) session +copying +executes:p'],
  ['create materialized view a as select * from b', 'CREATE MATERIALIZED VIEW create(a) select(b) +copying'],
])

describe('a condition that is none', () => {
  const none = ['true', 'not false', '1=1', '1 = 2 or true', "'a'='a'", 'id = id', 'a.id = id', 'id <> id or true', 'x is null or x is not null', 'x is not null or x is null', 'n = 1 or n <> 1',
    'n > 3 or n <= 3', 'n = 1 or not n = 1', '(1=1) and true', '1', "'t'", 'true::bool', '(id = id) is true', 'not (1=2)', 'coalesce(id = id, true)', 'exists (select 1)', 'exists (select * from b)',
    'exists (select id from b where true)', 'id in (id)', 'id = any (array[id])', 'id between id and id', 'id is not distinct from id', "name like '%'", "name ilike '%%'", 'now() is not null',
    'random() < 2', '$1', 'case when true then true else true end', "upper(name) = upper(name)", 'id = id and n = n', '((((true))))', '(select true)', "current_user = current_user", 'id::text = id::text']
  test.each(none)('update and delete where %s', (condition) => {
    expect(summary(`update a set n = 1 where ${condition}`)).toContain('update-without-where(a)')
    expect(summary(`delete from a where ${condition}`)).toContain('delete-without-where(a)')
    expect(summary(`with x as (delete from a where ${condition}) select 1`)).toContain('delete-without-where(a)')
  })
  const some = ['id = 1', 'id = $1', 'a.id = b.id', "name like 'a%'", 'x is null', 'x is null or y is not null', 'id = 1 and true', 'not deleted', 'deleted', 'id in (1, 2)', 'id in (select id from b)',
    'exists (select 1 from b where b.id = a.id)', 'current of c', 'n > 3 or n <= 2', 'id = n', 'id between 1 and 2', '(id, n) = (1, 2)', 'id = 1 or id = 2']
  test.each(some)('but where %s is one', (condition) => {
    expect(summary(`delete from a using b where ${condition}`)).not.toContain('without-where')
    expect(summary(`update a set n = 1 from b where ${condition}`)).not.toContain('without-where')
  })
})

check('statements that wrap another', [
  ['explain select * from a', 'EXPLAIN select(a)'],
  ['explain (verbose, analyze) delete from a where id = 1', 'EXPLAIN explain-analyze delete(a)'],
  ['explain analyze select 1', 'EXPLAIN explain-analyze'],
  ['explain (analyze off) select * from a', 'EXPLAIN select(a)'],
  ['explain (analyze 1) select * from a', 'EXPLAIN explain-analyze select(a)'],
  ['explain create table a as select * from b', 'EXPLAIN create(a) select(b) +copying'],
  ['explain execute p (1)', 'EXPLAIN session +executes:p'],
  ['explain declare c cursor for select * from a', 'EXPLAIN select(a) +declares:c'],
  ['prepare p (int) as delete from a', 'PREPARE delete(a) delete-without-where(a) +prepares:p'],
  ['execute p (1, (select 2))', 'EXECUTE session +executes:p'],
  ['deallocate p', 'DEALLOCATE session +harmless +deallocates:p'],
  ['deallocate all', 'DEALLOCATE session +harmless +deallocates:*'],
  ['declare c scroll cursor with hold for select * from a', 'DECLARE CURSOR select(a) +declares:c'],
  ['fetch all from c', 'FETCH session +fetches:c'],
  ['move 5 in c', 'MOVE session +fetches:c'],
  ['close c', 'CLOSE CURSOR session +harmless +closes:c'],
  ['close all', 'CLOSE CURSOR session +harmless +closes:*'],
  ['copy a to stdout', 'COPY select(a)'],
  ['copy s.a (x) to stdout with (format csv)', 'COPY select(s.a)'],
  ['copy a from stdin', 'COPY insert(a)'],
  ['copy a from stdin where x > 1', 'COPY insert(a)'],
  ['copy (select * from a join b using (id)) to stdout', 'COPY select(a) select(b)'],
  ['copy (delete from a where id = 1 returning *) to stdout', 'COPY delete(a) select(a)'],
  ["copy a to program 'curl'", 'COPY copy-program select(a)'],
  ["copy a from program 'cat'", 'COPY copy-program insert(a)'],
  ["copy a to '/tmp/x'", 'COPY copy-file select(a)'],
  ["copy (select 1) to '/tmp/x'", 'COPY copy-file'],
  ['call p(1)', 'CALL call +path'],
  ['do $$ begin delete from a; end $$', 'DO do +path'],
])

check('the session', [
  ['begin', 'BEGIN transaction +harmless'],
  ['start transaction isolation level serializable', 'START TRANSACTION transaction +harmless'],
  ['commit', 'COMMIT transaction +harmless'],
  ['rollback; savepoint x; release x; rollback to x', 'ROLLBACK transaction +harmless; SAVEPOINT transaction +harmless; RELEASE transaction +harmless; ROLLBACK transaction +harmless'],
  ["prepare transaction 'x'", 'PREPARE TRANSACTION transaction'],
  ["commit prepared 'x'", 'COMMIT PREPARED transaction'],
  ["rollback prepared 'x'", 'ROLLBACK PREPARED transaction'],
  ['set constraints all deferred', 'SET CONSTRAINTS transaction +harmless'],
  ['set transaction read only', 'SET set +harmless +set:transaction'],
  ['set session characteristics as transaction isolation level serializable', 'SET set +harmless +set:session characteristics'],
  ["set transaction snapshot 'x'", 'SET set +set:transaction snapshot'],
  ['show search_path', 'SHOW show +harmless'],
  ['show all', 'SHOW show +harmless'],
  ['set search_path = a, public', 'SET set +harmless +path +set:search_path'],
  ["set schema 'a'", 'SET set +harmless +path +set:search_path'],
  ['set local Search_Path to default', 'SET set +harmless +path +set:search_path'],
  ['reset search_path', 'RESET set +harmless +path +set:search_path'],
  ['reset all', 'RESET set +harmless +path'],
  ["set client_encoding = 'UTF8'", 'SET set +harmless +set:client_encoding'],
  ["set client_encoding = 'SJIS'", 'SET set +set:client_encoding'],
  ["set names 'latin1'", 'SET set +set:client_encoding'],
  ['set standard_conforming_strings = on', 'SET set +harmless +set:standard_conforming_strings'],
  ['set standard_conforming_strings = off', 'SET set +set:standard_conforming_strings'],
  ["set time zone 'UTC'", 'SET set +harmless +set:timezone'],
  ['set extra_float_digits = 3', 'SET set +harmless +set:extra_float_digits'],
  ['set statement_timeout = 0', 'SET set +harmless +set:statement_timeout'],
  ["set application_name = 'x'", 'SET set +harmless +set:application_name'],
  ["set app.tenant = 'x'", 'SET set +set:app.tenant'],
  ['set log_statement = none', 'SET set +set:log_statement'],
  ['set session_replication_role = replica', 'SET set +set:session_replication_role'],
  ['set synchronous_commit = off', 'SET set +set:synchronous_commit'],
  ["set client_min_messages = 'debug5'", 'SET set +set:client_min_messages'],
  ['set role dba', 'SET set-role +path +set:role'],
  ['reset role', 'RESET set-role +path +set:role'],
  ['set local role none', 'SET set-role +path +set:role'],
  ['set session authorization x', 'SET set-role +path +set:session_authorization'],
  ['discard all', 'DISCARD session +harmless +path +deallocates:* +closes:*'],
  ['discard plans', 'DISCARD session +harmless'],
  ['listen x', 'LISTEN listen'],
  ['unlisten *', 'UNLISTEN listen +harmless'],
  ["notify x, 'y'", 'NOTIFY notify'],
  ["update pg_settings set setting = 'dba' where name = 'role'", 'UPDATE update(pg_settings) set-role +path'],
  ["select set_config(new_value := 'dba', setting_name := 'role', is_local := false)", 'SELECT set-role +path'],
  ["select set_config('search_path', '', false)", 'SELECT select +path'],
  ["select pg_catalog.set_config('search_path', 'a', true)", 'SELECT select +path'],
  ["select set_config('role', 'dba', false)", 'SELECT set-role +path'],
  ["select set_config('ro' || 'le', 'dba', false)", 'SELECT set-role +path'],
  ['select set_config($1, $2, false)', 'SELECT set-role +path'],
  ["select set_config('app.user', '1', false)", 'SELECT set'],
  ["select set_config('timezone', 'UTC', false)", 'SELECT select'],
  ["select set_config('client_encoding', 'sjis', false)", 'SELECT set'],
  ["select set_config('client_encoding', email, false) from a", 'SELECT set select(a)'],
])

check('functions that are more than functions', [
  ["select query_to_xml('select * from secret', true, true, '')", 'SELECT other'],
  ["select * from dblink('host=x', 'select 1') as t(a int)", 'SELECT other'],
  ["select pg_read_file('/etc/passwd')", 'SELECT copy-file'],
  ["select pg_catalog.pg_ls_dir('.')", 'SELECT copy-file'],
  ["select lo_export(1, '/tmp/x')", 'SELECT other'],
  ['select pg_terminate_backend(1)', 'SELECT other'],
  ["select pg_notify('c', email) from a", 'SELECT notify select(a)'],
  ["insert into a values (pg_read_file('x'))", 'INSERT insert(a) copy-file'],
  ['select now(), lower(x) from a', 'SELECT select(a)'],
])

check('definitions', [
  ['create table a (id int)', 'CREATE TABLE create(a)'],
  ['create temporary table a (id int)', 'CREATE TABLE create(pg_temp.a)'],
  ['create table s.a (id int references b, like c including all)', 'CREATE TABLE create(s.a) select(b) select(c)'],
  ['create table a () inherits (b)', 'CREATE TABLE alter(b) create(a)'],
  ["create table a partition of s.b for values in ('x')", 'CREATE TABLE alter(s.b) create(a)'],
  ['create foreign table a (id int) server s', 'CREATE FOREIGN TABLE create(a)'],
  ['create table a (id int default f((1)))', 'CREATE TABLE create(a)'],
  ['create view a as select * from b join c using (id)', 'CREATE VIEW create(a) select(b) select(c)'],
  ['create or replace recursive view a (n) as select 1 from b', 'CREATE VIEW create(a) select(b)'],
  ['create unique index concurrently i on a (lower(x)) where y', 'CREATE INDEX create(a)'],
  ['create sequence s.q', 'CREATE SEQUENCE create(s.q)'],
  ['create trigger t after insert on a for each row execute function f()', 'CREATE TRIGGER create(a)'],
  ['create rule r as on insert to a do also delete from b', 'CREATE RULE create(a) delete(b) delete-without-where(b)'],
  ['create policy p on a using (x in (select 1 from b))', 'CREATE POLICY create(a) select(b)'],
  ['create statistics s on x, y from a', 'CREATE STATISTICS create(a)'],
  ["create function s.f() returns int language sql as 'select 1'", 'CREATE FUNCTION create(s.f)'],
  ['create function f() returns int language sql begin atomic select x from a; end', 'CREATE FUNCTION create(f) select(a)'],
  ['create function f() returns int language sql return (select 1 from a)', 'CREATE FUNCTION create(f) select(a)'],
  ["create procedure p() language sql as ''", 'CREATE PROCEDURE create(p)'],
  ['create aggregate g (int) (sfunc = f, stype = int)', 'CREATE AGGREGATE create(g)'],
  ['create operator === (function = f, leftarg = int, rightarg = int)', 'CREATE OPERATOR create(===)'],
  ['create type a as (x int)', 'CREATE TYPE create(a)'],
  ["create type a as enum ('x')", 'CREATE TYPE create(a)'],
  ['create type a as range (subtype = int)', 'CREATE TYPE create(a)'],
  ['create domain a as int check (value > 0)', 'CREATE DOMAIN create(a)'],
  ['create schema s', 'CREATE SCHEMA create(s.*)'],
  ['create schema s create table s.a (id int) create view s.v as select * from b', 'CREATE SCHEMA create(s.*) create(s.a) create(s.v) select(b)'],
  ['create schema authorization x', 'CREATE SCHEMA create(*.*)'],
  ['create extension dblink', 'CREATE EXTENSION create(?.dblink)'],
  ['create role evil superuser', 'CREATE ROLE create(?.evil)'],
  ['create database d', 'CREATE DATABASE create(?.d)'],
  ["create tablespace t location '/x'", 'CREATE TABLESPACE create(?.t)'],
  ['create server s foreign data wrapper w', 'CREATE SERVER create(?.s)'],
  ['create foreign data wrapper w', 'CREATE FOREIGN DATA WRAPPER create(?.w)'],
  ['create user mapping for x server s', 'CREATE USER MAPPING create(?.x)'],
  ['import foreign schema r from server s into l', 'IMPORT FOREIGN SCHEMA create(l.*)'],
  ['create publication p for table a', 'CREATE PUBLICATION create(?.p) select(a)'],
  ["create subscription s connection 'x' publication p", 'CREATE SUBSCRIPTION create(?.s)'],
  ['create event trigger e on ddl_command_start execute function f()', 'CREATE EVENT TRIGGER create(?.e)'],
  ['create cast (int as text) without function', 'CREATE CAST create(?.)'],
  ["create collation c (locale = 'C')", 'CREATE COLLATION create(c)'],
  ['create language l', 'CREATE EXTENSION create(?.l)'],
  ['create access method m type table handler h', 'CREATE ACCESS METHOD create(?.m)'],
  ["create conversion c for 'UTF8' to 'LATIN1' from f", 'CREATE CONVERSION create(c)'],
  ['create operator class c for type int using btree as operator 1 <', 'CREATE OPERATOR CLASS create(c)'],
  ['create operator family f using btree', 'CREATE OPERATOR FAMILY create(f)'],
  ['create text search configuration c (parser = p)', 'CREATE TSCONFIGURATION create(c)'],
  ['create transform for int language l (from sql with function f(internal))', 'CREATE TRANSFORM create(?.l)'],

  ['alter table s.a add x int default 1', 'ALTER TABLE alter(s.a)'],
  ['alter table a add foreign key (x) references b', 'ALTER TABLE alter(a) select(b)'],
  ['alter table a attach partition b default', 'ALTER TABLE alter(a) alter(b)'],
  ['alter table a detach partition b', 'ALTER TABLE alter(a) alter(b)'],
  ['alter table a inherit b', 'ALTER TABLE alter(a) alter(b)'],
  ['alter table a alter x type text using y::text', 'ALTER TABLE alter(a)'],
  ['alter table a rename to b', 'ALTER TABLE create(b) alter(a)'],
  ['alter table a rename x to y', 'ALTER COLUMN alter(a)'],
  ['alter table a set schema s', 'ALTER TABLE create(s.a) alter(a)'],
  ['alter view a owner to x', 'ALTER VIEW alter(a)'],
  ['alter index i rename to j', 'ALTER INDEX create(j) alter(i)'],
  ['alter sequence q restart', 'ALTER SEQUENCE alter(q)'],
  ['alter schema s rename to t', 'ALTER SCHEMA create(t.*) alter(s.*)'],
  ['alter schema s owner to x', 'ALTER SCHEMA alter(s.*)'],
  ['alter function s.f(int) owner to x', 'ALTER FUNCTION alter(s.f)'],
  ['alter function f(int) security definer', 'ALTER FUNCTION alter(f)'],
  ["alter type e add value 'y'", 'ALTER TYPE alter(e)'],
  ['alter type e rename to f', 'ALTER TYPE alter(e)'],
  ['alter domain d drop not null', 'ALTER DOMAIN alter(d)'],
  ["alter role x password 'y'", 'ALTER ROLE alter(?.x)'],
  ['alter role x set search_path = y', 'ALTER ROLE alter(?.x)'],
  ['alter role x rename to y', 'ALTER ROLE alter(?.x)'],
  ['alter database d set x.y = 1', 'ALTER DATABASE alter(?.d)'],
  ['alter database d rename to e', 'ALTER DATABASE alter(?.d)'],
  ['alter system set log_statement = none', 'ALTER SYSTEM alter(?.system)'],
  ['alter extension x update', 'ALTER EXTENSION alter(?.x)'],
  ['alter extension x add table s.a', 'ALTER EXTENSION alter(?.x) alter(s.a)'],
  ['alter default privileges in schema s grant select on tables to x', 'ALTER DEFAULT PRIVILEGES grant(*.*)'],
  ['alter table all in tablespace t set tablespace u', 'ALTER TABLE alter(*.*)'],
  ['alter policy p on a using (true)', 'ALTER POLICY alter(a)'],
  ['alter trigger t on a depends on extension x', 'ALTER TRIGGER alter(a)'],
  ['alter publication p add table a', 'ALTER PUBLICATION alter(?.p) select(a)'],
  ['alter subscription s disable', 'ALTER SUBSCRIPTION alter(?.s)'],
  ['reassign owned by x to y', 'REASSIGN OWNED alter(*.*)'],
  ["security label on table s.a is 'x'", 'SECURITY LABEL alter(s.a)'],

  ['drop table a, s.b cascade', 'DROP TABLE drop(a) drop(s.b)'],
  ['drop view if exists a', 'DROP VIEW drop(a)'],
  ['drop materialized view a', 'DROP MATERIALIZED VIEW drop(a)'],
  ['drop index concurrently s.i', 'DROP INDEX drop(s.i)'],
  ['drop sequence q', 'DROP SEQUENCE drop(q)'],
  ['drop schema s cascade', 'DROP SCHEMA drop(s.*)'],
  ['drop function s.f(int), g', 'DROP FUNCTION drop(s.f) drop(g)'],
  ['drop type s.t', 'DROP TYPE drop(s.t)'],
  ['drop trigger t on s.a', 'DROP TRIGGER drop(s.a)'],
  ['drop rule r on a', 'DROP RULE drop(a)'],
  ['drop policy p on a', 'DROP POLICY drop(a)'],
  ['drop extension x', 'DROP EXTENSION drop(?.x)'],
  ['drop role x, y', 'DROP ROLE drop(?.x) drop(?.y)'],
  ['drop database d', 'DROP DATABASE drop(*.*)'],
  ['drop owned by x', 'DROP OWNED drop(*.*)'],
  ['drop tablespace t', 'DROP TABLESPACE drop(?.t)'],
  ['drop server s', 'DROP FOREIGN SERVER drop(?.s)'],
  ['drop operator class c using btree', 'DROP OPCLASS drop(c)'],
  ['drop cast (int as text)', 'DROP CAST drop(?.text)'],
  ['drop subscription s', 'DROP SUBSCRIPTION drop(?.s)'],
  ['drop user mapping for x server s', 'DROP USER MAPPING drop(?.x)'],

  ['grant select (x), insert on a, s.b to public', 'GRANT grant(a) grant(s.b)'],
  ['grant all on all tables in schema s to x', 'GRANT grant(s.*)'],
  ['grant usage on schema s to x', 'GRANT grant(s.*)'],
  ['grant execute on function s.f(int) to x', 'GRANT grant(s.f)'],
  ['grant connect on database d to x', 'GRANT grant(?.d)'],
  ['revoke select on a from x', 'REVOKE revoke(a)'],
  ['grant dba to x', 'GRANT ROLE grant(?.dba)'],
  ['revoke dba from x', 'REVOKE ROLE revoke(?.dba)'],
  ["comment on table s.a is 'x'", 'COMMENT comment(s.a)'],
  ["comment on column a.x is 'x'", 'COMMENT comment(a)'],
  ["comment on constraint c on s.a is 'x'", 'COMMENT comment(s.a)'],
  ["comment on function f(int) is 'x'", 'COMMENT comment(f)'],
  ["comment on database d is 'x'", 'COMMENT comment(?.d)'],
])

check('maintenance, and what has no word of its own', [
  ['lock table a, s.b in exclusive mode', 'LOCK TABLE lock(a) lock(s.b)'],
  ['vacuum', 'VACUUM vacuum(*.*)'],
  ['vacuum (full) s.a', 'VACUUM vacuum(s.a)'],
  ['analyze', 'ANALYZE analyze(*.*)'],
  ['analyze a (x)', 'ANALYZE analyze(a)'],
  ['reindex table a', 'REINDEX reindex(a)'],
  ['reindex schema s', 'REINDEX reindex(s.*)'],
  ['reindex database d', 'REINDEX reindex(*.*)'],
  ['cluster', 'CLUSTER cluster(*.*)'],
  ['cluster a using i', 'CLUSTER cluster(a)'],
  ['refresh materialized view concurrently a', 'REFRESH MATERIALIZED VIEW refresh(a)'],
  ['checkpoint', 'CHECKPOINT other'],
  ["load 'x'", 'LOAD other'],
])

test('several statements in one text are told apart, by bytes', () => {
  const sql = "select 'é' ;; delete from a\n;  -- end\n select 2"
  const found = statements(sql)
  const bytes = Buffer.from(sql)
  expect(found.map(({ start, end }) => bytes.subarray(start, end).toString().trim())).toEqual(["select 'é'", 'delete from a', 'select 2'])
  expect(found.map(({ kind }) => kind)).toEqual(['select', 'delete', 'select'])
})

test('a text of blanks and comments has no statements', () => {
  expect(statements(' ; -- nothing\n /* at all */ ;')).toEqual([])
})

describe('columns', () => {
  const columns = (sql: string) => statements(sql)[0]!.columns.map(({ qualifier, name, use }) => `${use === 'target' ? '>' : ''}${qualifier === null ? '' : `${qualifier}.`}${name}`).sort()
  test.each([
    ['select a, t.b, s.t.c, lower("D") from t where e = 1 group by f having g order by h', ['D', 'D.lower', 'a', 'e', 'f', 'g', 'h', 't.b', 't.c']],
    ['select *, t.* from t', ['*', 't.*']],
    ['table t', ['*']],
    ['insert into t (a, b) select c from u', ['>a', '>b', 'c']],
    ['insert into t values (1)', ['>*']],
    ['update t set a = b where c = 1 returning d', ['>a', 'b', 'c', 'd']],
    ['copy t (a, b) to stdout', ['a', 'b']],
    ['copy t to stdout', ['*']],
    ['copy t (a) from stdin', ['>a']],
    ['select 1 from a join b using (email)', ['email']],
    ['select 1 from a natural join b', ['*']],
    ['create index on t (email)', ['email']],
    ['insert into t (a) values (1) on conflict (email) do nothing', ['>a', 'email']],
  ])('%s', (sql, expected) => expect(columns(sql)).toEqual(expected))

  // How a row's columns can be had without naming them.
  test.each(['select c from customers c', 'select customers from customers', 'select row_to_json(c) from customers c', 'select (c).email from customers c', 'select c::text from customers as c',
    'select c.* from customers c', 'select count(c) from customers c', 'select x from customers as c(a, b, x)', 'with w(a, b) as (select email, 1 from customers) select a from w',
    'select (c).* from customers c', 'update customers c set notes = c::text where id = 1', 'delete from customers c where id = 1 returning c', 'select s from (select email from customers) s', 'insert into customers values (1) returning new', 'update customers set a = 1 where id = 1 returning old',
    'update customers set a = 1 where id = 1 returning with (old as o) o', 'insert into customers (a) values (1) on conflict (a) do update set a = excluded::text', 'select j from (customers a join orders b using (id)) as j',
    'select u from customers a join orders b using (id) as u', 'select f from json_table(x, \'$\' columns (c int)) f', 'select r from rows from (f(1)) r'])('%s reads a star', (sql) => {
    expect(statements(sql)[0]!.columns.some(({ name, use }) => name === '*' && use === 'read')).toBe(true)
  })

  test('a column called like a function names the column', () => {
    expect(columns('select email(c) from customers c')).toContain('c.email')
  })
})

describe('functions', () => {
  const functions = (sql: string) => statements(sql)[0]!.functions.map(({ schema, name, isConstant }) => `${schema === null ? '' : `${schema}.`}${name}${isConstant ? '!' : ''}`).sort()
  test.each([
    ["select f(1, 'x', $1, null, true), s.g(h(x)), count(*) from t", ['count!', 'f!', 'h', 's.g']],
    ['select * from generate_series(1, 2), rows from (f(1), g(x))', ['f!', 'g', 'generate_series!']],
    ["select f('x'::text, date '2026-01-01')", ['f!']],
    ['create trigger t after insert on a execute function s.f()', ['s.f!']],
    ['call p(x)', ['p']],
    ['select sum(x) filter (where f(y)) over (order by g(z)) from t', ['f', 'g', 'sum']],
    ['select * from t tablesample bernoulli (f(1))', ['f!']],
  ])('%s', (sql, expected) => expect(functions(sql)).toEqual(expected))
})

test.each([
  ['update a set n = lower(n), m = 1', ['n']], ['update a set (n, m) = (1, a.m || 1)', ['m']], ["update a set d['x'] = d['y']", ['d']], ['update a set n = (select n)', ['n']],
  ['insert into a (n) values (1) on conflict (n) do update set n = a.n || excluded.n, m = excluded.m', ['n']], ['merge into a using (values (1)) v(i) on a.i = v.i when matched then update set n = a.n', ['n']],
  ['with w as (update a set n = n || 1 returning n) select n from w', ['n']], ['update a excluded set n = excluded.n || 1', ['n']], ['update a set n = m where n = 1 returning n', undefined], ['select n from a', undefined],
])('%s writes %j from their own values', (sql, names) => expect(statements(sql)[0]!.rewrites).toEqual(names))

describe('names of rows, which stand before the dot of a column', () => {
  /** `name=table,…`, `name=` for a subquery or WITH table, `name=*` for what may be any. */
  const rows = (sql: string) => statements(sql)[0]!.rows?.filter(({ name }) => !['old', 'new', 'excluded'].includes(name)).map(({ name, relations }) => `${name}=${relations === 'any' ? '*' : relations.map((one) => one.name).join(',')}`)

  test.each([
    ['select 1 from a', ['a=a']],
    ['select 1 from a x, b', ['x=a', 'b=b']],
    ['select 1 from a x where exists (select 1 from b x)', ['x=a,b']],
    ['select 1 from (select 1) x', ['x=']],
    ['with x as (select 1 from a) select 1 from x', ['a=a', 'x=']],
    ['with a as (select 1) update a set n = 1 from a b', ['a=a', 'b=']],
    ['select 1 from (a join b on true) as j', ['a=a', 'b=b', 'j=*']],
    ['select 1 from a join b using (id) as j', ['a=a', 'b=b', 'j=*']],
    ['select 1 from f() x, (select 1) x', ['x=*']],
    ['select 1 from (select 1) j, (a join b on true) as j', ['j=*', 'a=a', 'b=b']],
    ['update a x set n = 1 from b y', ['x=a', 'y=b']],
    ['delete from a using b', ['a=a', 'b=b']],
    ['insert into a as x values (1) on conflict do nothing', ['x=a']],
    ['update a set n = 1 returning with (old as o) o.n', ['a=a', 'o=*']],
  ])('%s', (sql, expected) => expect(rows(sql)?.toSorted()).toEqual(expected.toSorted()))

  test('names that are too many are left out', () => {
    const many = `select 1 from ${Array.from({ length: 1_100 }, (_, at) => `a x${at}`).join(', ')}`
    expect(statements(many)[0]).not.toHaveProperty('rows')
  })
})

test('names that the statement gives to columns', () => {
  expect(statements('with w(p) as (select 1) select a as b, c, (select d as e from t) from u as v(f) order by b')[0]!.gives).toEqual(['p', 'b', 'e', 'f'])
})
