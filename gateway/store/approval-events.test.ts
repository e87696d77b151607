// A reader by cursor misses no event, whatever the order in which transactions that write them begin and end: on a real server,
// where they overlap.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Secret } from '../credentials/secret.ts'
import { startPostgres } from '../testing/real-postgres.ts'
import { createApprovalEvents } from './approval-events.ts'
import { createApprovalRows } from './approvals.ts'
import { openStore } from './store.ts'

test('an event is visible only after all that have a lower cursor', async () => {
  const postgres = await startPostgres()
  const { user, password, host, port, database } = await postgres.database('events')
  const url = new Secret(`postgres://${user}:${password}@${host}:${port}/${database}`)
  const store = await openStore({ dataDir: mkdtempSync(join(tmpdir(), 'gatehouse-events-')), url })
  await store.query(`insert into gatehouse.approvals (id, kind, state, intent, requester_id, connection, likeness, asked, created_at, expires_at)
    values ('ap_1', 'command', 'open', 'i', 'corp:eve', 'shop', 'x', '{}', now(), now())`)
  const rows = createApprovalRows(store, 'gw_a')
  const events = createApprovalEvents(store)
  const writers = 40
  let isDone = false
  const written = Promise.all(Array.from({ length: writers }, (_, index) => rows.transaction(async (tx) => {
    await tx.event('viewed', 'ap_1', null)
    // The transaction that took its cursor first ends last, if it may.
    await tx.query('select pg_sleep($1::float8)', [(index % 5) * 0.004])
  }))).then(() => { isDone = true })
  const seen: number[] = []
  for (let cursor = 0; ;) {
    const wasDone = isDone
    const page = await events.after(cursor, 7)
    for (const { id } of page) seen.push(id)
    cursor = page.at(-1)?.id ?? cursor
    if (wasDone && page.length === 0) break
  }
  await written
  const all = (await store.query('select id from gatehouse.approval_events order by id')).map((row) => Number(row['id']))
  expect(all).toHaveLength(writers)
  expect(seen).toEqual(all)
  await store.dispose()
  await postgres.stop()
}, 60_000)
