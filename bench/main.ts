// `npm run bench`: starts a database and every way to it, runs the workloads interleaved, prints tables. What is not installed is
// named and left out.
import { createDatabase, findPgbench } from './database.ts'
import { gateway, type GatewayWork } from './gateway-target.ts'
import { parseOptions, usage } from './options.ts'
import { pgbouncer } from './pgbouncer-target.ts'
import { printTable, type Table } from './table.ts'
import { isMissing, type Missing, type Target } from './target.ts'
import { approvals } from './workloads/approvals.ts'
import { bulk } from './workloads/bulk.ts'
import type { BenchContext, Workload } from './workloads/context.ts'
import { idle } from './workloads/idle.ts'
import { journal } from './workloads/journal.ts'
import { kubernetes } from './workloads/kubernetes.ts'
import { kubernetesNeighbours } from './workloads/kubernetes-neighbours.ts'
import { latency } from './workloads/latency.ts'
import { neighbours } from './workloads/neighbours.ts'
import { rows } from './workloads/rows.ts'
import { selects } from './workloads/selects.ts'

const workloads: Readonly<Record<string, Workload>> = { selects, latency, rows, bulk, neighbours, idle, approvals }

const options = parseOptions(process.argv.slice(2))
if (options === null) {
  process.stdout.write(`${usage}\n`)
  process.exit(0)
}
const isWanted = (name: string) => options.only.size === 0 || options.only.has(name)
const progress = (text: string) => void process.stderr.write(`bench: ${text}\n`)
const report = (tables: readonly Table[]) => {
  for (const table of tables) process.stdout.write(options.json ? `${JSON.stringify(table)}\n` : `${printTable(table)}\n`)
}

if (isWanted('journal')) report(await journal(options, progress))
if (isWanted('kubernetes')) report(await kubernetes(options, progress))
if (isWanted('kubernetes-neighbours')) report(await kubernetesNeighbours(options, progress))
const wanted = Object.entries(workloads).filter(([name]) => isWanted(name))
if (wanted.length > 0) await withTargets(async (context) => {
  for (const [name, workload] of wanted) {
    // One workload that fails is said, and the others still run.
    await workload(context).then(report, (error: unknown) => {
      progress(`${name} failed: ${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    })
  }
})

async function withTargets(work: (context: BenchContext) => Promise<void>): Promise<void> {
  const started: { stop(): Promise<unknown> }[] = []
  const keep = <T extends { stop(): Promise<unknown> }>(part: T): T => { started.push(part); return part }
  const orNull = (target: Target | Missing): Target | null => {
    if (!isMissing(target)) return keep(target)
    progress(target.missing)
    return null
  }
  const stopAll = async () => { for (const part of started.splice(0).toReversed()) await part.stop() }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stopAll().then(() => process.exit(130)))
  try {
    progress('starting a database')
    const database = await createDatabase(options!.rows, options!.idleSessions + 200)
    keep(database.postgres)
    const pgbench = findPgbench()
    if (pgbench === null) progress('pgbench is not installed (Debian: apt-get install postgresql-contrib); only bulk and idle are measured')
    const { address } = database
    progress('starting the targets')
    const gatewayOf = async (work: GatewayWork) => orNull(await gateway(address, await database.postgres.database(`store_${work}`), work))
    const targets = {
      direct: { ...address, name: 'direct', pid: null, stop: async () => {} },
      pgbouncer: orNull(await pgbouncer(address, 'transaction')), pgbouncerSession: orNull(await pgbouncer(address, 'session')),
      off: await gatewayOf('off'), columns: await gatewayOf('columns'), all: await gatewayOf('all'),
    }
    await work({ options: options!, database, pgbench, targets, progress })
  } finally {
    await stopAll()
  }
}
