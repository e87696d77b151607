// What stands behind the tables of a command that waits is part of what is approved: triggers, rules, policies, defaults, checks,
// cascades, operators. Replaced while it waits, the command is another and does not run. On a real PostgreSQL.
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { FakeApprovals } from '../../testing/fake-approvals.ts'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop } from '../../testing/shop.ts'
import { query, reportOf } from './testing/messages.ts'

const policy = `
policy: shop
connections: [shop]
rules:
  - { id: ask, who: { groups: [engineers] }, approve: { sql: [update, delete, insert] }, by: { groups: [on-call] } }
`
const remake = `
drop schema if exists b cascade; create schema b;
create table b.ledger (id int primary key, note text);
create function b.log() returns trigger language plpgsql as $$ begin insert into b.ledger values (new.id, 'seen'); return new; end $$;
create function b.quiet() returns trigger language plpgsql as $$ begin return old; end $$;
create table b.plain (id int primary key, total int);
create table b.logged (id int primary key, total int default 1 check (total < 1000));
create trigger log after update on b.logged for each row execute function b.log();
create table b.parent (id int primary key);
create table b.child (id int primary key, parent int references b.parent on delete cascade);
create table b.parts (id int, total int) partition by range (id);
create table b.part_1 partition of b.parts for values from (0) to (100);
create view b.seen as select id, total from b.plain;
create function b.same(int, int) returns boolean language sql as $$ select $1 = $2 $$;
create operator b.=== (function = b.same, leftarg = int, rightarg = int);
insert into b.plain values (1, 1); insert into b.logged values (1, 1); insert into b.parent values (1); insert into b.child values (1, 1); insert into b.parts values (1, 1);`

const approvals = new FakeApprovals()
let postgres: RealPostgres
let gateway: TestGateway
let direct: Client

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  direct = new Client({ ...database })
  await direct.connect()
  gateway = await startTestGateway({ database, policies: { shop: policy }, seams: { approvals } })
})
/** The gateway reads the catalog again for what is approved, so one approval makes it know the new tables. */
beforeEach(async () => {
  await direct.query(remake)
  await approvedAfter('update b.child set id = 1 where id = 1', 'select 1')
})
afterAll(async () => {
  await direct?.end()
  await gateway?.stop()
  await postgres?.stop()
})

const errorOf = (frames: readonly { type: string; body: Buffer }[]) => reportOf(frames.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))

/** What becomes of it when `change` happens while it waits, and then humans agree. */
async function approvedAfter(text: string, change: string): Promise<string> {
  const client = await RawClient.signIn(gateway, await gateway.token({ sub: 'eli', groups: ['engineers'] }))
  const before = approvals.holds.length
  const answered = client.ask([query(text)])
  await expect.poll(() => approvals.holds.length, { timeout: 10_000, interval: 5 }).toBe(before + 1)
  await direct.query(change)
  approvals.holds.at(-1)!.approve()
  const frames = await answered
  client.end()
  return errorOf(frames)['M'] ?? 'ran'
}
const logged = 'update b.logged set total = 2 where id = 1'
const plain = 'update b.plain set total = 2 where id = 1'

test.each([
  ['a trigger is added', plain, 'create trigger log after update on b.plain for each row execute function b.log()'],
  ['a trigger is dropped', logged, 'drop trigger log on b.logged'],
  ['a trigger is disabled', logged, 'alter table b.logged disable trigger log'],
  ['a trigger runs another function', logged, 'create or replace trigger log after update on b.logged for each row execute function b.quiet()'],
  ['the function of a trigger has another body', logged, `create or replace function b.log() returns trigger language plpgsql as $$ begin delete from b.ledger; return new; end $$`],
  ['a rule is added', plain, `create rule instead as on update to b.plain do instead delete from b.plain`],
  ['row security is turned on', plain, 'alter table b.plain enable row level security'],
  ['a policy is added', plain, 'create policy few on b.plain using (id > 1)'],
  ['a default is another', 'insert into b.logged (id) values (7)', 'alter table b.logged alter total set default 99'],
  ['a check is dropped', logged, 'alter table b.logged drop constraint logged_total_check'],
  ['what goes with its rows gets a trigger', 'delete from b.parent where id = 1', 'create trigger log before delete on b.child for each row execute function b.quiet()'],
  ['a foreign key cascades now', 'delete from b.logged where id = 1', 'create table b.late (id int, logged int references b.logged on delete cascade)'],
  ['a partition gets a trigger', 'update b.parts set total = 3', 'create trigger log after update on b.part_1 for each row execute function b.log()'],
  ['the table of a view gets a trigger', 'update b.seen set total = 3', 'create trigger log after update on b.plain for each row execute function b.log()'],
  ['an operator works by another function', 'update b.plain set total = 3 where id operator(b.===) 1', 'drop operator b.=== (int, int); create function b.other(int, int) returns boolean language sql as $$ select true $$; create operator b.=== (function = b.other, leftarg = int, rightarg = int)'],
  ['the function of an operator has another body', 'update b.plain set total = 3 where id operator(b.===) 1', 'create or replace function b.same(int, int) returns boolean language sql as $$ select true $$'],
])('%s: it is another command, and does not run', async (_, text, change) => {
  expect(await approvedAfter(text, change)).toMatch(/what the command means has changed while it waited/)
  expect((await direct.query('select count(*)::int as n from b.ledger')).rows[0].n).toBe(0)
})

test.each([
  ['nothing', logged, 'select 1'],
  ['another table gets a trigger', plain, 'create trigger log after update on b.child for each row execute function b.log()'],
  ['rows change', logged, 'insert into b.logged values (5, 5)'],
  ['an index is made', plain, 'create index on b.plain (total)'],
  ['a comment is written', plain, `comment on table b.plain is 'x'`],
])('it runs where no definition of its own changes: %s', async (_, text, change) => {
  expect(await approvedAfter(text, change)).toBe('ran')
})

test('a change that the gateway has not seen yet is found when it is approved, and a retry is asked about as it is now', async () => {
  const client = await RawClient.signIn(gateway, await gateway.token({ sub: 'eli', groups: ['engineers'] }))
  const intents: string[] = []
  for (const change of ['select 1', 'alter table b.plain enable row level security']) {
    await direct.query(change)
    const before = approvals.holds.length
    const answered = client.ask([query(plain)])
    await expect.poll(() => approvals.holds.length, { timeout: 10_000, interval: 5 }).toBe(before + 1)
    intents.push(approvals.holds.at(-1)!.command.intent)
    approvals.holds.at(-1)!.deny('no')
    await answered
  }
  client.end()
  // The second looked at the catalog of before, which humans are not asked about twice: what is approved is read again.
  expect(intents[0]).toBe(intents[1])
  expect(await approvedAfter(plain, 'select 1')).toMatch(/has changed while it waited/)
  expect(await approvedAfter(plain, 'select 1')).toBe('ran')
})
