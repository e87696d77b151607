// What a workload gets, and what it gives. Rounds are interleaved: every target once, then every target again, so that whatever
// else the machine does falls on all of them.
import type { BenchDatabase } from '../database.ts'
import type { BenchOptions } from '../options.ts'
import type { Table } from '../table.ts'
import type { Target } from '../target.ts'

export interface BenchContext {
  readonly options: BenchOptions
  readonly database: BenchDatabase
  readonly pgbench: string | null
  readonly targets: {
    readonly direct: Target
    /** Null: not installed, or does not start. */
    readonly pgbouncer: Target | null
    readonly pgbouncerSession: Target | null
    readonly off: Target | null
    readonly columns: Target | null
    readonly all: Target | null
  }
  progress(text: string): void
}

export type Workload = (context: BenchContext) => Promise<Table[]>

/** Results per target, in the targets' order; each round goes through the targets from another start. */
export async function interleaved<R>(targets: readonly Target[], rounds: number, measure: (target: Target, round: number) => Promise<R>): Promise<R[][]> {
  const results: R[][] = targets.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < targets.length; step++) {
      const i = (round + step) % targets.length
      results[i]!.push(await measure(targets[i]!, round))
    }
  }
  return results
}

export function present(targets: readonly (Target | null)[]): Target[] {
  return targets.filter((target) => target !== null)
}
