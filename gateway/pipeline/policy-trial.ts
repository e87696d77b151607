// What would become of a statement, found by the gateway's own Access: nothing runs. For `policy test` and `policy explain`.
// Without a catalog, names are taken as written and columns as the masks name them; what views and functions read is then not known.
import { createSecretKey, randomBytes } from 'node:crypto'
import type { SqlFacts } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import type { Effect } from '../../shared/verdict.ts'
import { compileGlob } from '../../shared/policy/glob.ts'
import type { RowField, Treatment } from '../masking/plan.ts'
import { masksFor } from '../policy/masks.ts'
import type { ColumnMaskRule, PolicySnapshot } from '../policy/snapshot.ts'
import type { Catalog, CatalogRelation } from '../sql/catalog.ts'
import { freeCatalog } from '../sql/free-catalog.ts'
import type { Lineages } from '../sql/lineages.ts'
import type { SearchPath } from '../sql/resolve.ts'
import { createAccess, type Decision } from './access.ts'

export interface TrialInputs {
  readonly snapshot: PolicySnapshot
  readonly principal: Principal
  readonly connection: ConnectionSummary
  readonly facts: SqlFacts
  /** Null: offline. */
  readonly catalog: Catalog | null
  readonly now: number
  readonly lineages: Lineages
  /** `default` when left out. */
  readonly searchPath?: SearchPath
  /** Not known when left out, which counts as many. */
  readonly estimatedRows?: number | null
}

export interface TriedColumn {
  readonly name: string
  readonly treatment: Treatment['kind']
  /** Of a masked column: what its values become, as policies write it. */
  readonly as: string | null
  readonly why: string | null
}

export const isMasked = ({ treatment }: Pick<TriedColumn, 'treatment'>): boolean => treatment === 'replace' || treatment === 'transform'

export interface Trial {
  readonly effect: Effect
  readonly reason: string
  readonly decision: Decision
  columns(fields: readonly RowField[]): readonly TriedColumn[]
}

export async function tryCommand({ snapshot, principal, connection, facts, catalog, now, lineages, searchPath = 'default', estimatedRows = null }: TrialInputs): Promise<Trial> {
  const assumed = catalog ?? assumedCatalog(facts, masksFor(snapshot, principal, connection).columns)
  const access = createAccess({ principal, connection, snapshot, catalog: assumed, lineages: catalog === null ? untraceable : lineages, hashKey: noValues })
  const { untraced } = access.decide(facts, searchPath, now)
  if (untraced.length > 0) await lineages.trace(untraced, assumed)
  const decision = access.decide(facts, searchPath, now, estimatedRows)
  const { verdict, refusal } = decision
  return {
    effect: refusal !== null && refusal.kind !== 'needs-approval' ? 'deny' : verdict.effect,
    reason: refusal?.message ?? verdict.reason,
    decision,
    columns: (fields) => decision.columns(0, Buffer.alloc(0), () => fields).columns.map(({ client }, at) => ({ name: fields[at]!.name, treatment: client.kind, ...told(client) })),
  }
}

function told(treatment: Treatment): Pick<TriedColumn, 'as' | 'why'> {
  switch (treatment.kind) {
    case 'clear': return { as: null, why: null }
    case 'scan': return { as: null, why: 'values are searched by detectors' }
    case 'replace': case 'transform': return {
      as: treatment.kind === 'transform' ? treatment.as : 'redact', why: `${treatment.why}: rule ${treatment.rule.rule} (policy ${treatment.rule.policy})`,
    }
  }
}

/** No value is seen here, so none is hashed. */
const noValues = createSecretKey(randomBytes(32))

/** Without a catalog nothing can be traced, and what conditions ask of masked columns is not judged. */
const untraceable: Pick<Lineages, 'known'> = { known: () => ({ kind: 'unknown', reason: 'there is no catalog', uses: [] }) }

/** Every name of the statement is a table of its schema, else of pg_catalog if it is a listed one, else of public. */
export function assumedCatalog(facts: SqlFacts, masks: readonly ColumnMaskRule[]): Catalog {
  const names = facts.statements.flatMap(({ accesses }) => accesses.flatMap(({ relation }) => (relation === null ? [] : [relation])))
  const byName = new Map<string, CatalogRelation>()
  for (const { schema, name } of names) {
    const within = schema ?? (freeCatalog.has(`pg_catalog.${name}`) ? 'pg_catalog' : 'public')
    const key = `${within}.${name}`
    if (byName.has(key)) continue
    const columns = maskedColumns(masks, within, name).map((column, at) => ({ number: at + 1, name: column, typeOid: 25 }))
    byName.set(key, { oid: 16_384 + byName.size, schema: within, name, kind: 'table', columns, parents: [], reads: [] })
  }
  const all = [...byName.values()]
  return {
    version: 0, searchPath: ['pg_catalog', 'public'], byName, userFunctions: new Set(),
    byOid: new Map(all.map((relation) => [relation.oid, relation])),
    named: (name) => all.filter((relation) => relation.name === name),
  }
}

function maskedColumns(masks: readonly ColumnMaskRule[], schema: string, table: string): readonly string[] {
  return [...new Set(masks.flatMap(({ column }) => {
    const [ofSchema, ofTable, name] = column.split('.') as [string, string, string]
    return compileGlob(ofSchema, null)(schema) && compileGlob(ofTable, null)(table) ? [name] : []
  }))]
}
