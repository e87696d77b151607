// What would become of a text if it were sent now on a fresh session of this principal: asked of the same Access that decides
// commands, while people type. Nothing runs, nothing is recorded, nobody is asked; what cannot be told is said to be unknown.
import type { SqlFacts, SqlStatement } from '../../shared/command.ts'
import { GatehouseError } from '../../shared/errors.ts'
import type { PreflightStatement, PreflightVerdict } from '../../shared/preflight.ts'
import type { Principal } from '../../shared/principal.ts'
import { wantsReason, type ApprovalNeed } from '../../shared/approval.ts'
import type { GrantKeeper } from '../approvals/grant-keeper.ts'
import { actingId } from '../approvals/people.ts'
import type { RowField } from '../masking/plan.ts'
import { bindMasks } from '../masking/binding.ts'
import { masksFor } from '../policy/masks.ts'
import type { Catalog } from '../sql/catalog.ts'
import type { GatewayContext, PostgresConnection } from './context.ts'
import { isMasked, tryCommand, type Trial } from './policy-trial.ts'

export interface Preflight {
  /** `problem`: why nothing is known of the text. Rejects with connection_unknown. */
  statements(principal: Principal, connection: string, text: string): Promise<{ readonly statements: PreflightStatement[]; readonly problem: string | null }>
  /** `schema.table.column` of what is masked for this principal. Rejects with catalog_unavailable. */
  maskedColumns(principal: Principal, connection: string): Promise<readonly string[]>
}

export interface PreflightParts {
  readonly context: Pick<GatewayContext, 'analyzer' | 'policies' | 'postgres'>
  readonly grants: Pick<GrantKeeper, 'covering'> | null
  readonly now?: () => number
}

export function createPreflight({ context, grants, now = Date.now }: PreflightParts): Preflight {
  const { analyzer, policies, postgres } = context

  function connectionOf(name: string): PostgresConnection {
    const connection = postgres.get(name)
    if (connection === undefined) throw new GatehouseError('connection_unknown', 'no such connection, or none that you have any rule on', { side: 'client' })
    return connection
  }

  async function verdictOf(principal: Principal, { target: { summary } }: PostgresConnection, { statement, catalog }: { readonly statement: SqlStatement; readonly catalog: Catalog }): Promise<PreflightVerdict> {
    const facts: SqlFacts = { kind: 'sql', statements: [statement] }
    const trial = await tryCommand({ snapshot: policies.current, principal, connection: summary, facts, catalog, now: now(), lineages: analyzer.lineages })
    const { verdict: { need }, resolved } = trial.decision
    if (trial.effect === 'approve' && need !== null && grants?.covering({ principal: actingId(principal), connection: summary.name, facts: resolved, need }) == null) {
      return { kind: 'approval', by: decidersOf(need), reason: trial.reason, ...(wantsReason(need) && { wantsReason: true }) }
    }
    if (trial.effect === 'deny') return { kind: 'blocked', reason: trial.reason }
    return unknownIn(statement, trial) ?? maskedBy(statement, { trial, catalog, lineages: analyzer.lineages }) ?? { kind: 'allowed' }
  }

  return {
    async statements(principal, name, text) {
      const connection = connectionOf(name)
      const analysis = await analyzer.analyze(text)
      if (analysis.kind !== 'facts') return { statements: [], problem: analysis.kind === 'syntax-error' ? analysis.message : analysis.reason }
      const catalog = await catalogOf(connection)
      const offsetOf = offsetsIn(text)
      const statements: PreflightStatement[] = []
      let changed: string | null = null
      for (const statement of analysis.facts.statements) {
        const verdict: PreflightVerdict = changed === null ? await verdictOf(principal, connection, { statement, catalog }) : { kind: 'unknown', reason: changed }
        statements.push({ start: offsetOf(statement.start), end: offsetOf(statement.end), tag: statement.tag, verdict })
        if (verdict.kind !== 'blocked') changed ??= changedBy(statement)
      }
      return { statements, problem: null }
    },
    async maskedColumns(principal, name) {
      const connection = connectionOf(name)
      const catalog = await catalogOf(connection)
      const { byOid } = bindMasks(masksFor(policies.current, principal, connection.target.summary), catalog, connection.hashKey)
      return [...byOid].flatMap(([oid, columns]) => {
        const relation = catalog.byOid.get(oid)
        if (relation === undefined || relation.schema === 'pg_catalog' || relation.schema === 'information_schema') return []
        return relation.columns.filter(({ number }) => columns.get(number)?.client != null).map((column) => `${relation.schema}.${relation.name}.${column.name}`)
      }).toSorted()
    },
  }
}

/** The newest that is held, or the first that is read. */
async function catalogOf({ catalog }: PostgresConnection): Promise<Catalog> {
  const keeper = catalog()
  try {
    return keeper.current()
  } catch {
    return keeper.refresh()
  }
}

const decidersOf = ({ also, ...first }: ApprovalNeed): string[] => [...new Set([first, ...also].flatMap(({ groups, users }) => [...groups, ...users]))]

/** What hangs on the session, or on names that nobody knows yet. */
function unknownIn({ executes, fetches }: SqlStatement, { decision: { unknownRelations } }: Trial): PreflightVerdict | null {
  if (executes !== null) return { kind: 'unknown', reason: `it runs ${executes}, which was prepared before` }
  if (fetches !== null) return { kind: 'unknown', reason: `it reads ${fetches}, which was declared before` }
  if (unknownRelations.length > 0) return { kind: 'unknown', reason: `${unknownRelations.join(', ')} is not known` }
  return null
}

/** Statements after this one are judged by other names. */
function changedBy({ setsSearchPath, accesses, tag }: SqlStatement): string | null {
  if (setsSearchPath) return 'a statement before it changes how names are found'
  return accesses.some(({ kind }) => kind === 'create' || kind === 'alter' || kind === 'drop') ? `${tag} before it changes what names mean` : null
}

/** By lineage, as the server would describe the columns; null: none is masked. */
function maskedBy(statement: SqlStatement, { trial, catalog, lineages }: { readonly trial: Trial; readonly catalog: Catalog; readonly lineages: GatewayContext['analyzer']['lineages'] }): PreflightVerdict | null {
  if (!trial.decision.isTainted) return null
  const lineage = statement.source === undefined ? null : lineages.known(statement.source, catalog, 'default')
  if (lineage?.kind !== 'columns') return { kind: 'masked', columns: ['*'], reason: 'columns whose origin is not known come masked' }
  const fields = lineage.columns.map(({ name, value: { columns, unknown } }): RowField => {
    const [only] = columns.length === 1 && unknown === null ? columns : []
    return { name: name ?? '?column?', tableOid: only?.oid ?? 0, columnNumber: only?.number ?? 0, typeOid: textOid, format: 0 }
  })
  const masked = trial.columns(fields).filter(isMasked)
  return masked.length === 0 ? null : { kind: 'masked', columns: masked.map(({ name }) => name), reason: masked[0]?.why ?? 'masked by policy' }
}
const textOid = 25

/** From bytes of UTF-8 to UTF-16 offsets; ends beyond the text are its end. */
function offsetsIn(text: string): (byte: number) => number {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length === text.length) return (byte) => Math.min(byte, text.length)
  return (byte) => bytes.toString('utf8', 0, Math.min(byte, bytes.length)).length
}
