// One run of pgbench against one target.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuMicroseconds, percentile } from './measure.ts'
import type { Target } from './target.ts'

export interface PgbenchRun {
  readonly target: Target
  readonly script: string
  readonly clients: number
  readonly protocol: 'simple' | 'extended' | 'prepared'
  readonly seconds: number
  /** Also p50 and p99 of single transactions: pgbench then writes a line for each. */
  readonly latencies?: boolean
}

export interface PgbenchResult {
  readonly perSecond: number
  /** Of the process in between; null for none. */
  readonly cpuPerTransaction: number | null
  readonly p50: number
  readonly p99: number
}

export async function runPgbench(pgbench: string, run: PgbenchRun): Promise<PgbenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pgbench-'))
  try {
    const script = join(folder, 'script.sql')
    writeFileSync(script, run.script)
    const { target } = run
    const cpuBefore = target.pid === null ? null : cpuMicroseconds(target.pid)
    const output = await spawned(pgbench, [
      '--no-vacuum', `--file=${script}`, `--client=${run.clients}`, `--jobs=${Math.min(run.clients, 2)}`, `--time=${run.seconds}`, `--protocol=${run.protocol}`,
      ...(run.latencies === true ? ['--log', `--log-prefix=${join(folder, 'log')}`] : []),
    ], { PGHOST: target.host, PGPORT: String(target.port), PGUSER: target.user, PGPASSWORD: target.password, PGDATABASE: target.database, PGSSLMODE: 'disable' })
    const cpuAfter = target.pid === null ? null : cpuMicroseconds(target.pid)
    const transactions = Number(/transactions actually processed: (\d+)/.exec(output)?.[1])
    const failed = Number(/failed transactions: (\d+)/.exec(output)?.[1] ?? 0)
    if (!(transactions > 0) || failed > 0) throw new Error(`pgbench on ${target.name}: ${transactions} transactions, ${failed} failed: ${output.slice(-500)}`)
    const latencies = run.latencies === true ? readLatencies(folder) : []
    return {
      perSecond: Number(/tps = ([\d.]+)/.exec(output)?.[1]), p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99),
      cpuPerTransaction: cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / transactions,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Third column of pgbench's log: microseconds of one transaction. */
function readLatencies(folder: string): number[] {
  return readdirSync(folder).filter((name) => name.startsWith('log')).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8').trim().split('\n').map((entry) => Number(entry.split(' ')[2])))
}

function spawned(command: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
    child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString() })
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`pgbench failed (${code}): ${errors.slice(-1000)}`))))
  })
}
