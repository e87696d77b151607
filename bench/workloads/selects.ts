// pgbench's own select by key: transactions a second as ratios to pgbouncer, and CPU of whatever stands in between.
import { pgbenchAccounts } from '../database.ts'
import { median } from '../measure.ts'
import { runPgbench } from '../pgbench.ts'
import type { Table } from '../table.ts'
import { interleaved, present, type BenchContext } from './context.ts'

export const selectScript = `\\set aid random(1, ${pgbenchAccounts})\nSELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n`

export async function selects(context: BenchContext): Promise<Table[]> {
  const { options, pgbench, targets } = context
  if (pgbench === null) return []
  const rows: (string | number | null)[][] = []
  for (const protocol of options.protocols) {
    for (const clients of options.clients) {
      const bouncer = protocol === 'prepared' ? targets.pgbouncerSession : targets.pgbouncer
      const list = present([targets.direct, bouncer, targets.off, targets.all])
      const results = await interleaved(list, options.rounds, (target) => {
        context.progress(`selects, ${protocol}, ${clients} clients: ${target.name}`)
        return runPgbench(pgbench, { target, script: selectScript, clients, protocol, seconds: options.seconds })
      })
      const base = bouncer === null ? Number.NaN : median(results[list.indexOf(bouncer)]!.map(({ perSecond }) => perSecond))
      list.forEach((target, i) => {
        const perSecond = median(results[i]!.map((result) => result.perSecond))
        rows.push([`${protocol}, ${clients}`, target.name, perSecond, perSecond / base, target.pid === null ? null : median(results[i]!.map(({ cpuPerTransaction }) => cpuPerTransaction ?? Number.NaN))])
      })
    }
  }
  return [{
    name: 'selects', title: 'pgbench select by key', columns: ['protocol, clients', 'target', 'tps', '× pgbouncer', 'CPU µs/tx'], rows,
    notes: ['prepared: pgbouncer in session mode (before 1.21 it loses prepared statements in transaction mode)'],
  }]
}
