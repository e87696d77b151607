// One client's selects while another reads a whole table with everything on: what a neighbour's load does to a session's p99.
import { drain } from '../drain.ts'
import { median } from '../measure.ts'
import { runPgbench } from '../pgbench.ts'
import type { Table } from '../table.ts'
import type { Target } from '../target.ts'
import { interleaved, present, type BenchContext } from './context.ts'
import { selectScript } from './selects.ts'

export async function neighbours(context: BenchContext): Promise<Table[]> {
  const { options, pgbench, targets } = context
  if (pgbench === null) return []
  const list = present([targets.direct, targets.pgbouncer, targets.all])
  const measure = (target: Target) => runPgbench(pgbench, { target, script: selectScript, clients: 1, protocol: 'simple', seconds: options.seconds, latencies: true })
  const results = await interleaved(list, Math.min(options.rounds, 3), async (target) => {
    context.progress(`neighbours: ${target.name}`)
    const alone = await measure(target)
    const over = new AbortController()
    const reading = readUntil(over.signal, target)
    const beside = await measure(target)
    over.abort()
    await reading
    return { alone: alone.p99, beside: beside.p99 }
  })
  return [{
    name: 'neighbours', title: 'p99 of one client’s selects, µs, alone and beside a bulk read through the same way', columns: ['target', 'alone', 'beside', 'added'],
    rows: list.map((target, i) => {
      const [alone, beside] = [median(results[i]!.map((result) => result.alone)), median(results[i]!.map((result) => result.beside))]
      return [target.name, alone, beside, beside - alone]
    }),
  }]
}

async function readUntil(signal: AbortSignal, target: Target): Promise<void> {
  while (!signal.aborted) await drain(target, 'select * from cells')
}
