// A whole table read once, by select and by COPY: megabytes a second.
import { drain } from '../drain.ts'
import { cpuMicroseconds, median } from '../measure.ts'
import type { Table } from '../table.ts'
import type { Target } from '../target.ts'
import { interleaved, present, type BenchContext } from './context.ts'

const ways = [
  { name: 'select', sql: 'select * from cells' },
  { name: 'COPY', sql: 'copy cells to stdout' },
] as const

const nothing = { rate: Number.NaN, bytes: Number.NaN, cpu: Number.NaN }

export async function bulk(context: BenchContext): Promise<Table[]> {
  const { options, targets } = context
  const list = present([targets.direct, targets.pgbouncer, targets.off, targets.columns, targets.all])
  const rows: (string | number | null)[][] = []
  for (const { name, sql } of ways) {
    const refused = new Set<Target>()
    const results = await interleaved(list, Math.min(options.rounds, 3), async (target) => {
      if (refused.has(target)) return nothing
      context.progress(`bulk ${name}: ${target.name}`)
      const before = target.pid === null ? null : cpuMicroseconds(target.pid)
      const read = await drain(target, sql)
      if ('refused' in read) {
        refused.add(target)
        return nothing
      }
      const { bytes, seconds } = read
      const after = target.pid === null ? null : cpuMicroseconds(target.pid)
      return { rate: bytes / 1e6 / seconds, bytes, cpu: before === null || after === null ? Number.NaN : (after - before) / (bytes / 1e6) }
    })
    list.forEach((target, i) => {
      const rate = median(results[i]!.map((result) => result.rate))
      rows.push([name, target.name, rate, rate / median(results[0]!.map((result) => result.rate)), target.pid === null ? null : median(results[i]!.map(({ cpu }) => cpu)), results[i]![0]!.bytes / 1e6])
    })
  }
  return [{ notes: ['–: policy or masks refuse it'], name: 'bulk', title: 'a whole table of text, one client', columns: ['way', 'target', 'MB/s', '× direct', 'CPU µs/MB', 'MB'], rows }]
}
