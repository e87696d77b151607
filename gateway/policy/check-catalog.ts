// Names in policies that a connection's catalog does not have: a deny or a mask on a mistyped table holds nothing, and nobody
// notices. Pure: the caller says what the catalog has.
import { compileGlob } from '../../shared/policy/glob.ts'
import { compileColumnGlob, compileRelationGlob } from '../../shared/policy/identifier-glob.ts'
import { splitColumnPath } from '../../shared/policy/json-path.ts'
import type { Policy } from '../../shared/policy/rule.ts'

export interface KnownRelation { readonly schema: string; readonly name: string; readonly columns: readonly string[] }

/** Bare names: of PostgreSQL's own functions, and of the others. */
export interface KnownFunctions { readonly system: readonly string[]; readonly other: readonly string[] }

export interface KnownCatalog { readonly relations: readonly KnownRelation[]; readonly functions: KnownFunctions }

export interface CatalogWarning { readonly path: readonly (string | number)[]; readonly message: string }

/** `where`: what the messages call the catalog, such as `connection shop`. */
export function checkAgainstCatalog(policy: Policy, { relations, functions }: KnownCatalog, where: string): readonly CatalogWarning[] {
  const ofSql = policy.rules.flatMap(({ effect, body }, at) => (body.kind === 'sql' ? [{ effect, body, at }] : []))
  const rules = ofSql.flatMap(({ effect, body, at }) => (body.on ?? []).flatMap((pattern, index) => {
    const glob = compileRelationGlob(pattern)
    if (relations.some(({ schema, name }) => glob.mayMatch(`${schema}.${name}`))) return []
    return [{ path: ['rules', at, effect, 'on', index], message: `${pattern} is no table of ${where}` }]
  }))
  const columns = ofSql.flatMap(({ effect, body, at }) => (body.columns ?? []).flatMap((pattern, index) => {
    const on = (body.on ?? ['*']).map(compileRelationGlob)
    const matches = compileGlob(pattern, null)
    if (relations.some(({ schema, name, columns: own }) => own.some(matches) && on.some((glob) => glob.mayMatch(`${schema}.${name}`)))) return []
    return [{ path: ['rules', at, effect, 'columns', index], message: `${pattern} is no column of the tables of this rule, on ${where}` }]
  }))
  const calls = ofSql.flatMap(({ effect, body, at }) => (body.functions ?? []).flatMap((pattern, index) => {
    if (isKnownFunction(pattern, functions)) return []
    return [{ path: ['rules', at, effect, 'functions', index], message: `${pattern} is no function of ${where}` }]
  }))
  const masks = policy.masks.flatMap(({ target }, at) => (target.kind === 'columns' ? target.columns : []).flatMap((pattern, index) => {
    const matches = compileColumnGlob(splitColumnPath(pattern).column)
    if (relations.some(({ schema, name, columns }) => columns.some((column) => matches(schema, name, column)))) return []
    return [{ path: ['masks', at, 'columns', index], message: `${pattern} is no column of ${where}: nothing is masked by it` }]
  }))
  return [...rules, ...columns, ...calls, ...masks]
}

/** The catalog has the others' names without their schemas: a schema is not checked beyond that. */
function isKnownFunction(pattern: string, { system, other }: KnownFunctions): boolean {
  const [name, schema = '*'] = pattern.split('.').toReversed() as [string, string | undefined]
  const matches = compileGlob(name, null)
  const ofSchema = compileGlob(schema, null)
  return (ofSchema('pg_catalog') && system.some(matches)) || (schema !== 'pg_catalog' && other.some(matches))
}
