// What one run of the bench does: how long, how often, with how much.
import { parseArgs } from 'node:util'

export interface BenchOptions {
  readonly isQuick: boolean
  /** Of the tables; empty: all. */
  readonly only: ReadonlySet<string>
  readonly json: boolean
  readonly rounds: number
  /** One measurement of one target. */
  readonly seconds: number
  readonly clients: readonly number[]
  readonly protocols: readonly ('simple' | 'extended' | 'prepared')[]
  /** Rows of 10 text cells, some 250 bytes each. */
  readonly rows: number
  readonly idleSessions: number
}

export const usage = `usage: npm run bench -- [--quick] [--only selects,latency,rows,bulk,neighbours,idle,approvals,journal,kubernetes,kubernetes-neighbours] [--rounds N] [--seconds N] [--json]`

export function parseOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean' }, only: { type: 'string' }, rounds: { type: 'string' }, seconds: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help === true) return null
  const isQuick = values.quick === true
  return {
    isQuick, json: values.json === true, only: new Set(values.only?.split(',')),
    rounds: Number(values.rounds ?? (isQuick ? 2 : 5)), seconds: Number(values.seconds ?? (isQuick ? 2 : 4)),
    clients: isQuick ? [1, 8] : [1, 8, 32], protocols: isQuick ? ['simple', 'prepared'] : ['simple', 'extended', 'prepared'],
    rows: isQuick ? 200_000 : 1_000_000, idleSessions: isQuick ? 300 : 1_500,
  }
}
