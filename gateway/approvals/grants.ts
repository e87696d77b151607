// Whether a grant satisfies the approve rules of a command. It opens nothing that a deny forbids or no rule allows: it only answers,
// for its time and its class, the question that policy would put to the same humans again. Pure.
import type { ApprovalNeed, GrantClass } from '../../shared/approval.ts'
import type { CommandFacts, ResolvedAccess, ResolvedStatement, SqlCommandFacts, SqlKind } from '../../shared/command.ts'
import { compileRelationGlob } from '../../shared/policy/identifier-glob.ts'
import { sqlKinds } from '../../shared/policy/sql-kinds.ts'
import type { GrantRecord } from '../store/grants.ts'
import { isInKubernetesClass, kubernetesRiskOf } from './kubernetes-class.ts'
import { isAgreed } from './rules.ts'

export interface GrantedCommand {
  /** Principal id. */
  readonly principal: string
  readonly connection: string
  readonly facts: CommandFacts
  /** Of the verdict: who would be asked. */
  readonly need: ApprovalNeed
  readonly now: number
}

export function grantCovers(grant: GrantRecord, { principal, connection, facts, need, now }: GrantedCommand): boolean {
  if (grant.revokedAt !== null || now >= grant.expiresAt) return false
  if (grant.principal.id !== principal || grant.connection !== connection) return false
  if (!isAgreed(grant.agreed, need)) return false
  // `delete` and `*` are words of both: what was agreed to of one protocol opens nothing of another.
  if (facts.kind === 'kubernetes') return grant.class.protocol === 'kubernetes' && isInKubernetesClass(grant.class, facts)
  return grant.class.protocol === undefined && isInSqlClass(grant.class, facts)
}

const isInSqlClass = (granted: GrantClass, { statements }: SqlCommandFacts): boolean =>
  statements.every((statement) => accessesOf(statement).every((access) => isFree(statement, access) || isInClass(granted, access)))

/** The statement's own kind is an access too, where no access bears it: `do`, `create` of a role. */
function accessesOf({ statement, accesses }: ResolvedStatement): readonly ResolvedAccess[] {
  return accesses.some(({ kind }) => kind === statement.kind) ? accesses : [...accesses, { kind: statement.kind, relations: [], isFreeCatalog: false }]
}

/** What needs no rule of its own needs no grant. */
function isFree({ statement }: ResolvedStatement, { kind, relations, isFreeCatalog }: ResolvedAccess): boolean {
  return isFreeCatalog ? kind === 'select' && relations.length > 0 : statement.isHarmless && relations.length === 0
}

/** Every relation a name may mean must be in it. A kind that comes with a derived one (`update-without-where`) brings that as an access of its own. */
function isInClass({ kinds, on }: GrantClass, { kind, relations }: ResolvedAccess): boolean {
  const isNamed = kinds.includes(kind)
  if (!isNamed && !kinds.includes('*')) return false
  if (on === null) return true
  // Code that nobody sees from here may touch any table: "everything on these tables" does not say so.
  if (relations.length === 0) return isNamed || sqlKinds[kind] !== 'opaque'
  return relations.every((relation) => on.some((glob) => compileRelationGlob(glob).mustMatch(relation)))
}

const writing: ReadonlySet<SqlKind> = new Set(['insert', 'update', 'delete', 'merge', 'lock'])

/** By the most dangerous kind it opens. */
export function riskLevelOf(granted: GrantClass): 'low' | 'medium' | 'high' {
  if (granted.protocol === 'kubernetes') return kubernetesRiskOf(granted)
  const { kinds } = granted
  if (kinds.every((kind) => kind === 'select' || kind === 'show')) return 'low'
  return kinds.every((kind) => kind === 'select' || kind === 'show' || writing.has(kind as SqlKind)) ? 'medium' : 'high'
}

export function classText({ kinds, on, protocol }: GrantClass): string {
  const what = kinds.includes('*') ? protocol === 'kubernetes' ? ['every request', ...kinds.filter((kind) => kind !== '*')].join(', ') : 'every statement' : kinds.join(', ')
  return on === null ? what : `${what} on ${on.join(', ')}`
}
