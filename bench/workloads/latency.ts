// One client, one select after another: what the way in between adds to each, in microseconds.
import { median } from '../measure.ts'
import { runPgbench } from '../pgbench.ts'
import type { Table } from '../table.ts'
import { interleaved, present, type BenchContext } from './context.ts'
import { selectScript } from './selects.ts'

export async function latency(context: BenchContext): Promise<Table[]> {
  const { options, pgbench, targets } = context
  if (pgbench === null) return []
  const list = present([targets.direct, targets.pgbouncer, targets.off, targets.all])
  const results = await interleaved(list, options.rounds, (target) => {
    context.progress(`latency: ${target.name}`)
    return runPgbench(pgbench, { target, script: selectScript, clients: 1, protocol: 'simple', seconds: options.seconds, latencies: true })
  })
  const [p50, p99] = [results.map((runs) => median(runs.map((run) => run.p50))), results.map((runs) => median(runs.map((run) => run.p99)))]
  return [{
    name: 'latency', title: 'one client, simple protocol: latency of a select, µs', columns: ['target', 'p50', 'p99', 'added p50', 'added p99'],
    rows: list.map((target, i) => [target.name, p50[i]!, p99[i]!, p50[i]! - p50[0]!, p99[i]! - p99[0]!]),
  }]
}
