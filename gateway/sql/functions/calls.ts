// The functions a statement may call, as far as its text shows them, and what is wrong with that for whom columns are masked. Pure.
import type { FunctionUse, ResolvedStatement, SqlStatement } from '../../../shared/command.ts'
import type { FunctionPin } from '../../../shared/policy/functions.ts'
import type { Catalog } from '../catalog.ts'
import { classOfFunction } from './function-class.ts'
import { riskOf } from './risky.ts'

/** `t.name` is `name(t)` where there is no such column (PostgreSQL docs 8.16.5). */
function callsByDot({ columns }: SqlStatement, catalog: Catalog): readonly FunctionUse[] {
  return columns.filter(({ qualifier, name, use }) => use === 'read' && qualifier !== null && isFunction(name, catalog)).map(({ name }) => ({ schema: null, name, isConstant: false }))
}

function isFunction(name: string, { derivations, userFunctions }: Catalog): boolean {
  return riskOf(name) !== null || userFunctions.has(name) || derivations?.systemFunctions.has(name) === true
}

/** Why a call of PostgreSQL's own (or contrib's) functions is not for them; null: none is in the way. */
export function objectionToCalls(statement: SqlStatement, catalog: Catalog, isTainted: boolean): string | null {
  for (const { schema, name, isConstant, isConditional } of [...statement.functions, ...callsByDot(statement, catalog)]) {
    const found = classOfFunction(name, catalog)
    const isOnlyUsers = schema !== null && schema !== 'pg_catalog' && schema !== 'information_schema'
    // In a schema of one's own only the dangerous names of contrib count; what the others are, the rule on user functions says.
    if (found === null || (isOnlyUsers && riskOf(name) === null)) continue
    if (found.kind === 'refused') return `${name}() ${found.why}`
    if (found.kind === 'unknown') return `${name}() is not among the functions that this version of Gatehouse knows`
    if (isConditional === true && isTainted) return `${name}() ${found.kind === 'keeps' || found.kind === 'noticed' ? found.why : 'can be noticed'}; in a statement that touches masked columns it may not depend on a condition`
    if (found.kind === 'keeps' && isTainted && !isConstant) return `${name}() ${found.why}; in a statement that touches masked columns its arguments must be constants`
  }
  return null
}

export interface UserCall {
  /** As a message names it. */
  readonly name: string
  /** `none`: no pin, or of another body; `arguments`: pinned, and its result holds nothing but what its arguments do. */
  readonly pin: 'none' | 'callable' | 'arguments'
  /** It is written like a column that some relation of the statement has: then it is that column, unless somebody plays with names. */
  readonly mayBeColumn: boolean
}

/** Calls of functions outside PostgreSQL's own schemas, without those of C code that promises to be immutable. */
export function userCalls({ statement, accesses }: ResolvedStatement, catalog: Catalog, pins: readonly FunctionPin[]): readonly UserCall[] {
  const isUnseen = ({ schema, name }: FunctionUse): boolean => schema !== 'pg_catalog' && schema !== 'information_schema'
    && catalog.userFunctions.has(name) && catalog.derivations?.otherFunctions.get(name)?.isPure !== true
  const columns = (name: string): boolean => accesses.some(({ relations }) => relations.some((relation) => catalog.byName.get(relation)?.columns.some((column) => column.name === name)))
  return [
    ...statement.functions.filter(isUnseen).map((call) => ({ name: call.schema === null ? call.name : `${call.schema}.${call.name}`, pin: pinOf(call, catalog, pins), mayBeColumn: false })),
    ...callsByDot(statement, catalog).filter(isUnseen).map((call) => ({ name: call.name, pin: pinOf(call, catalog, pins), mayBeColumn: columns(call.name) })),
  ]
}

/** A bare name may be the function of that name in any schema: all of them must be pinned. Names that hold dots are never. */
function pinOf({ schema, name }: FunctionUse, { bodies }: Catalog, pins: readonly FunctionPin[]): UserCall['pin'] {
  const meant = [...bodies ?? []].filter(([full]) => (schema === null ? full.endsWith(`.${name}`) : full === `${schema}.${name}`))
  const found = meant.map(([full, sha256]) => pins.filter((pin) => sha256 !== '' && pin.name === full && pin.sha256 === sha256))
  if (found.length === 0 || found.some((list) => list.length === 0)) return 'none'
  return found.every((list) => list.some(({ gives }) => gives === 'arguments')) ? 'arguments' : 'callable'
}
