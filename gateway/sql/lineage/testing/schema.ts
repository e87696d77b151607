// What the cases are about: tables with the usual oddities.
export const schema = `
create table c (id int primary key, name text, email text, ssn text, tags text[], doc jsonb);
create table o (id int primary key, cid int, total numeric, note text, at timestamptz);
create table t (id int, a int, b int generated always as (a * 2) stored, v int generated always as (a + 1) virtual);
create schema s; create table s.c (id int, secret text);
create table "Mixed Case" ("Id" int, "select" text);
create table events (id int, day date, what text) partition by range (day);
create table events_26 partition of events for values from ('2026-01-01') to ('2027-01-01');
create table child (extra text) inherits (o);
create view plain as select id, email from c;
create view renamed (x, y) as select name, lower(email) from c where ssn like '1%';
create view over_views as select p.id, r.y || r.x as xy, count(*) over () as n from plain p join renamed r on r.x = p.email;
create materialized view frozen as select cid, sum(total) as total, max(at) as last from o group by cid;
create view unioned as select id, email as what from c union all select id, note from o;
create view with_lateral as select c.id, l.total from c, lateral (select total from o where o.cid = c.id order by at limit 1) l;
create view recursive_view as with recursive r(n, s) as (select id, name from c union all select n + 1, s from r where n < 3) select * from r;
create table ruled (id int, x text);
create rule r as on insert to ruled do instead insert into c (id, email) values (new.id, new.x) returning id, email;
create function leak(int) returns text language sql immutable as 'select email from c where id = $1';
create view leaking as select id, leak(id) as l from c;
create domain short as text check (length(value) < 9);
create type pair as (l text, r text);
create operator === (leftarg = text, rightarg = text, function = texteq);
create function same(int, int) returns bool language sql as 'select true';
create operator ==== (leftarg = int, rightarg = int, function = same);
create view over_ruled as select x, id from ruled;
create function instead() returns trigger language plpgsql as 'begin new.email := ''x''; return new; end';
create view triggered as select id, email from c;
create trigger t instead of insert on triggered for each row execute function instead();
create aggregate sneaky(int) (sfunc = int4_sum, stype = bigint);
`
