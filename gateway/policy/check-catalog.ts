// Names in policies that a connection's catalog does not have: a deny or a mask on a mistyped table holds nothing, and nobody
// notices. Pure: the caller says what the catalog has.
import { compileColumnGlob, compileRelationGlob } from '../../shared/policy/identifier-glob.ts'
import { splitColumnPath } from '../../shared/policy/json-path.ts'
import type { Policy } from '../../shared/policy/rule.ts'

export interface KnownRelation { readonly schema: string; readonly name: string; readonly columns: readonly string[] }

export interface CatalogWarning { readonly path: readonly (string | number)[]; readonly message: string }

/** `where`: what the messages call the catalog, such as `connection shop`. */
export function checkAgainstCatalog(policy: Policy, relations: readonly KnownRelation[], where: string): readonly CatalogWarning[] {
  const rules = policy.rules.flatMap(({ effect, body }, at) => (body.on ?? []).flatMap((pattern, index) => {
    const glob = compileRelationGlob(pattern)
    if (relations.some(({ schema, name }) => glob.mayMatch(`${schema}.${name}`))) return []
    return [{ path: ['rules', at, effect, 'on', index], message: `${pattern} is no table of ${where}` }]
  }))
  const masks = policy.masks.flatMap(({ target }, at) => (target.kind === 'columns' ? target.columns : []).flatMap((pattern, index) => {
    const matches = compileColumnGlob(splitColumnPath(pattern).column)
    if (relations.some(({ schema, name, columns }) => columns.some((column) => matches(schema, name, column)))) return []
    return [{ path: ['masks', at, 'columns', index], message: `${pattern} is no column of ${where}: nothing is masked by it` }]
  }))
  return [...rules, ...masks]
}
