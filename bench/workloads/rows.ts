// A page of 100 rows of ten text cells, eight clients: what browsing a table costs when every value is looked at.
import { median } from '../measure.ts'
import { runPgbench } from '../pgbench.ts'
import type { Table } from '../table.ts'
import { interleaved, present, type BenchContext } from './context.ts'

export async function rows(context: BenchContext): Promise<Table[]> {
  const { options, pgbench, targets, database } = context
  if (pgbench === null) return []
  const script = `\\set id random(1, ${database.rows - 100})\nSELECT * FROM cells WHERE id > :id ORDER BY id LIMIT 100;\n`
  const list = present([targets.direct, targets.pgbouncer, targets.off, targets.columns, targets.all])
  const results = await interleaved(list, options.rounds, (target) => {
    context.progress(`100 rows: ${target.name}`)
    return runPgbench(pgbench, { target, script, clients: 8, protocol: 'simple', seconds: options.seconds })
  })
  const perSecond = results.map((runs) => median(runs.map((run) => run.perSecond)))
  const base = targets.pgbouncer === null ? Number.NaN : perSecond[list.indexOf(targets.pgbouncer)]!
  return [{
    name: 'rows', title: '100 rows × 10 text cells, 8 clients', columns: ['target', 'tps', '× pgbouncer', 'CPU µs/tx'],
    rows: list.map((target, i) => [target.name, perSecond[i]!, perSecond[i]! / base, target.pid === null ? null : median(results[i]!.map(({ cpuPerTransaction }) => cpuPerTransaction ?? Number.NaN))]),
  }]
}
