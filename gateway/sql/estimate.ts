// How many rows a statement would give or change, as PostgreSQL's planner estimates: EXPLAIN, never ANALYZE, on a connection of the
// gateway's own, in a read-only transaction that is rolled back. The number tells of rows that people may not count (a masked column
// in a condition among them), so it decides and is shown to who approves, and never goes to the client.
import type { SqlStatement } from '../../shared/command.ts'
import { estimateIdleMs, estimateLockMs, estimateMs, estimatesWaitingMax, statementBytesMax } from '../limits.ts'
import { connectTo, type CatalogConnection, type CatalogTarget } from './catalog-connection.ts'

export interface EstimateRequest {
  /** One statement, as it is sent. */
  readonly text: string
  /** Text values as strings, binary ones as bytes; null is NULL. */
  readonly parameters: readonly (string | Buffer | null)[]
}

export interface Estimator {
  /** Null: not known (not planned in time, refused, lost). Never rejects. */
  estimate(request: EstimateRequest): Promise<number | null>
  dispose(): Promise<void>
}

const plannedTags: ReadonlySet<string> = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/**
 * Whether EXPLAIN of the text would plan just this. `runsCode`: it calls functions that are not PostgreSQL's own, and one that says
 * it is immutable would run while it is planned.
 */
export function isEstimable(statements: readonly SqlStatement[], runsCode: boolean): boolean {
  const [only, ...more] = statements
  return only !== undefined && more.length === 0 && !runsCode && !only.setsSearchPath && plannedTags.has(only.tag)
}

export function createEstimator(target: CatalogTarget): Estimator {
  return new OneAtATime(target)
}

class OneAtATime implements Estimator {
  readonly #target: CatalogTarget
  #connection: CatalogConnection | null = null
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #idle: NodeJS.Timeout | null = null
  #isDisposed = false

  constructor(target: CatalogTarget) {
    this.#target = target
  }

  async estimate(request: EstimateRequest): Promise<number | null> {
    if (this.#isDisposed || this.#waiting >= estimatesWaitingMax || bytesOf(request) > statementBytesMax) return null
    this.#waiting++
    const mine = this.#last.then(() => this.#inTime(request))
    this.#last = mine
    return mine.finally(() => { this.#waiting-- })
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true
    this.#drop()
    await this.#last
  }

  /** Whatever the server does, the next one gets its turn. */
  async #inTime(request: EstimateRequest): Promise<number | null> {
    if (this.#idle !== null) clearTimeout(this.#idle)
    let deadline: NodeJS.Timeout | undefined
    const late = new Promise<null>((resolve) => { deadline = setTimeout(() => { this.#drop(); resolve(null) }, estimateMs + graceMs) })
    try {
      return await Promise.race([this.#explain(request), late])
    } catch {
      this.#drop()
      return null
    } finally {
      clearTimeout(deadline)
      this.#idle = setTimeout(() => this.#drop(), estimateIdleMs).unref()
    }
  }

  async #explain({ text, parameters }: EstimateRequest): Promise<number | null> {
    const { client } = (this.#connection ??= await this.#connect())
    await client.query(`begin transaction read only; set local statement_timeout = ${estimateMs}; set local lock_timeout = ${estimateLockMs}`)
    // The extended protocol takes one statement only, whatever the text holds (PostgreSQL protocol 55.2.3).
    const asked = { text: `explain (format json) ${text}`, values: [...parameters], queryMode: 'extended', rowMode: 'array' as const }
    const rows = await client.query<[unknown]>(asked).then((result) => planRows(result.rows[0]?.[0]), () => null)
    await client.query('rollback')
    return rows
  }

  async #connect(): Promise<CatalogConnection> {
    const connection = await connectTo(this.#target, estimateMs + graceMs)
    const forget = () => {
      if (this.#connection === connection) this.#connection = null
    }
    connection.client.on('error', forget)
    connection.client.on('end', forget)
    if (this.#isDisposed) {
      connection.destroy()
      throw new Error('the gateway is shutting down')
    }
    return connection
  }

  #drop(): void {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#connection?.destroy()
    this.#connection = null
  }
}

/** For signing in and the way there and back, beside the server's own timeout. */
const graceMs = 1_000

const bytesOf = ({ text, parameters }: EstimateRequest): number => parameters.reduce((sum, value) => sum + (value?.length ?? 0), text.length)

/** The rows of the whole, or of what a part of it changes if those are more: a node that changes rows gives none itself. */
export function planRows(explained: unknown): number | null {
  const plan = Array.isArray(explained) ? (explained[0] as { readonly Plan?: unknown } | undefined)?.Plan : undefined
  const all = nodesOf(plan)
  const [top] = all
  if (top === undefined || typeof top['Plan Rows'] !== 'number') return null
  const changed = all.filter((node) => node['Node Type'] === 'ModifyTable').map((node) => childrenOf(node).filter(isInput).reduce((sum, child) => sum + Number(child['Plan Rows']), 0))
  const most = Math.max(top['Plan Rows'], ...changed)
  return Number.isFinite(most) ? most : null
}

type PlanNode = Readonly<Record<string, unknown>>
const isNode = (value: unknown): value is PlanNode => typeof value === 'object' && value !== null
const childrenOf = (node: PlanNode): readonly PlanNode[] => (Array.isArray(node['Plans']) ? node['Plans'].filter(isNode) : [])
const isInput = (node: PlanNode): boolean => node['Parent Relationship'] === 'Outer' || node['Parent Relationship'] === 'Member'

function nodesOf(plan: unknown): readonly PlanNode[] {
  const found: PlanNode[] = isNode(plan) ? [plan] : []
  for (const node of found) found.push(...childrenOf(node))
  return found
}
