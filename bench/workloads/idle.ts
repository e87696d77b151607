// Sessions that are open and do nothing: resident memory each, of the process in between.
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { residentBytes } from '../measure.ts'
import type { Table } from '../table.ts'
import type { Target } from '../target.ts'
import { present, type BenchContext } from './context.ts'

/** Opened first: what the process takes once, for its first sessions, is not theirs. */
const warmUp = 20

export async function idle(context: BenchContext): Promise<Table[]> {
  const { options, targets } = context
  const rows: (string | number | null)[][] = []
  for (const target of present([targets.pgbouncer, targets.off, targets.all])) {
    context.progress(`idle sessions: ${target.name}`)
    const first = await open(target, warmUp)
    const before = await settledBytes(target)
    const rest = await open(target, options.idleSessions)
    const after = await settledBytes(target)
    rows.push([target.name, before === null ? null : before / 1e6, before === null || after === null ? null : (after - before) / options.idleSessions / 1024])
    await Promise.all([...first, ...rest].map((client) => client.end()))
  }
  return [{ name: 'idle', title: `${options.idleSessions} idle sessions`, columns: ['target', 'MB before', 'KB a session'], rows }]
}

async function settledBytes(target: Target): Promise<number | null> {
  for (let i = 0; i < 3; i++) {
    target.collect?.()
    await pause(1_000)
  }
  return target.pid === null ? null : residentBytes(target.pid)
}

/** Each has asked once: a session that never asked anything is not what idle sessions are. */
async function open({ host, port, user, password, database }: Target, count: number): Promise<Client[]> {
  const clients: Client[] = []
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(10, count - clients.length) }, () => new Client({ host, port, user, password, database, ssl: false }))
    await Promise.all(batch.map(async (client) => {
      await client.connect()
      await client.query('select abalance from pgbench_accounts where aid = 1')
    }))
    clients.push(...batch)
  }
  return clients
}
