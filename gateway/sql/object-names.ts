// The names of what DDL is about, as relations that `on:` can match. A schema is `schema.*`, the whole database `*.*`; what lives in
// no schema (roles, extensions, servers) is `?.name`, so that a rule on `public.*` does not happen to cover it.
import type { RelationName } from '../../shared/command.ts'
import { as, listOf, nameOf, relationOf, text, typed, words, type Fields } from './tree.ts'

/** Resolves to a name no schema has. */
export const noSchema = '?'

export const wholeDatabase: RelationName = { schema: '*', name: '*' }
export const wholeSchema = (schema: string): RelationName => ({ schema, name: '*' })
export const global = (name: unknown): RelationName => ({ schema: noSchema, name: text(name) ?? '' })

/** A member of a table, named `[schema.]table.member`: the relation is the table. */
const members: ReadonlySet<unknown> = new Set(['OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY', 'OBJECT_COLUMN', 'OBJECT_TABCONSTRAINT'])
const globals: ReadonlySet<unknown> = new Set([
  'OBJECT_ACCESS_METHOD', 'OBJECT_CAST', 'OBJECT_DATABASE', 'OBJECT_EVENT_TRIGGER', 'OBJECT_EXTENSION', 'OBJECT_FDW', 'OBJECT_FOREIGN_SERVER',
  'OBJECT_LANGUAGE', 'OBJECT_LARGEOBJECT', 'OBJECT_PARAMETER_ACL', 'OBJECT_PUBLICATION', 'OBJECT_ROLE', 'OBJECT_SUBSCRIPTION', 'OBJECT_TABLESPACE',
  'OBJECT_TRANSFORM', 'OBJECT_USER_MAPPING',
])

/** The object of DROP, COMMENT, ALTER … OWNER, GRANT, by the grammar's object type. */
export function objectName(type: unknown, object: unknown): RelationName {
  const range = as('RangeVar', object)
  if (range !== null) return relationOf(range)
  const node = typed(object)
  const parts = words(object)
  if (type === 'OBJECT_SCHEMA') return wholeSchema(parts[0] ?? '*')
  if (globals.has(type)) return global(parts.at(-1) ?? text(node?.fields['rolename']) ?? text(node?.fields['priv_name']))
  // Operator classes and families come as (access method, name…).
  if (type === 'OBJECT_OPCLASS' || type === 'OBJECT_OPFAMILY') return nameOf(parts.slice(1)) ?? global(null)
  return nameOf(members.has(type) ? parts.slice(0, -1) : parts) ?? global(null)
}

export function objectNames(type: unknown, objects: unknown): readonly RelationName[] {
  return listOf(objects).map((object) => objectName(type, object))
}

/** The relation or object that an ALTER names, whichever of its two fields the grammar used. */
export function subjectOf(fields: Fields, type: unknown): RelationName {
  return objectName(type, fields['relation'] ?? fields['object'])
}

/** The command's words for an object type: `OBJECT_MATVIEW` → `MATERIALIZED VIEW`. */
export function wordsOfType(type: unknown): string {
  const word = (text(type) ?? 'OBJECT').replace(/^OBJECT_/, '').replaceAll('_', ' ')
  return word === 'MATVIEW' ? 'MATERIALIZED VIEW' : word === 'TABCONSTRAINT' ? 'CONSTRAINT' : word
}
