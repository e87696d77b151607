// What may come next at the cursor: columns of the tables the statement names first, then relations, schemas and keywords. By words, not
// by a grammar: the statement being typed is not valid yet. The gateway decides what is allowed; this only spares typing.
import type { SchemaColumn, SchemaRelation, SchemaTree } from '../../shared/ipc.ts'
import { quoted, relationName } from './sql-names.ts'

export interface Completion {
  readonly kind: 'schema' | 'relation' | 'column' | 'keyword' | 'alias'
  readonly label: string
  readonly insert: string
  readonly detail: string
  readonly sort: string
}

const keywords = `select from where group by order limit offset join left right inner full cross lateral on using as and or not in is null like ilike
between exists distinct having union all intersect except with recursive values insert into update set delete returning case when then else end
create table view index alter drop explain analyze begin commit rollback copy to stdin stdout asc desc nulls first last cast coalesce count
sum avg min max now current_date current_timestamp interval true false over partition row_number`.split(/\s+/)

interface Named { readonly schema: string; readonly relation: SchemaRelation }

const allRelations = (tree: SchemaTree): readonly Named[] =>
  tree.schemas.flatMap(({ name, relations }) => relations.map((relation) => ({ schema: name, relation })))

/** The text between the semicolons around the cursor; a semicolon in a string may cut too early, which only costs suggestions. */
function statementAround(text: string, offset: number): string {
  const end = text.indexOf(';', offset)
  return text.slice(text.lastIndexOf(';', offset - 1) + 1, end === -1 ? text.length : end)
}

const mention = /\b(?:from|join|update|into|,)\s+(?:"?([\w$]+)"?\.)?"?([\w$]+)"?(?:\s+(?:as\s+)?(?!(?:where|on|join|left|right|inner|full|cross|group|order|limit|set|values|using|returning|union)\b)([a-z_][\w$]*))?/gi

/** Alias or name → relation, for every relation the statement mentions. */
function mentioned(statement: string, relations: readonly Named[]): ReadonlyMap<string, Named> {
  const found = new Map<string, Named>()
  for (const [, schema, name, alias] of statement.matchAll(mention)) {
    const named = relations.find((each) => each.relation.name === name && (schema === undefined || each.schema === schema))
    if (named !== undefined) found.set(alias ?? named.relation.name, named)
  }
  return found
}

interface Place { readonly named: Named; readonly as: string; readonly masked: ReadonlySet<string> }

/** That a column is masked is said where it is chosen. */
function columnItem(column: SchemaColumn, { named: { schema, relation }, as, masked }: Place): Completion {
  const isMasked = masked.has(`${schema}.${relation.name}.${column.name}`)
  return { kind: 'column', label: column.name, insert: quoted(column.name), detail: `${column.type} · ${as}${isMasked ? ' · masked for you' : ''}`, sort: `0${column.name}` }
}

const relationItem = ({ schema, relation }: Named, sort: string, isQualified = true): Completion => ({
  kind: 'relation', label: relation.name, insert: isQualified ? relationName(schema, relation.name) : quoted(relation.name),
  detail: `${relation.kind} · ${schema}`, sort: sort + relation.name,
})

interface Names { readonly tree: SchemaTree; readonly known: ReadonlyMap<string, Named>; readonly relations: readonly Named[]; readonly masked: ReadonlySet<string> }

function afterDot(qualifier: string, { tree, known, relations, masked }: Names): readonly Completion[] {
  const schema = tree.schemas.find(({ name }) => name === qualifier)
  const named = known.get(qualifier) ?? relations.find(({ relation }) => relation.name === qualifier)
  const columns = named?.relation.columns.map((column) => columnItem(column, { named, as: named.relation.name, masked })) ?? []
  return [...columns, ...(schema?.relations.map((relation) => relationItem({ schema: schema.name, relation }, '1', false)) ?? [])]
}

export interface Known { readonly tree: SchemaTree; /** `schema.table.column`. */ readonly masked: ReadonlySet<string> }

export function completionsAt(text: string, offset: number, { tree, masked }: Known): readonly Completion[] {
  const before = text.slice(0, offset)
  const relations = allRelations(tree)
  const known = mentioned(statementAround(text, offset), relations)
  const qualifier = /"?([\w$]+)"?\.[\w$]*$/.exec(before)?.[1]
  if (qualifier !== undefined) return afterDot(qualifier, { tree, known, relations, masked })
  const wantsRelation = /\b(?:from|join|update|into|table|truncate)\s+[\w$]*$/i.test(before)
  const columns = wantsRelation ? [] : [...known].flatMap(([as, named]) => named.relation.columns.map((column) => columnItem(column, { named, as, masked })))
  return [
    ...unique(columns),
    ...[...known].filter(([as, { relation }]) => as !== relation.name).map(([as, { relation }]): Completion => ({ kind: 'alias', label: as, insert: as, detail: relation.name, sort: `1${as}` })),
    ...relations.map((named) => relationItem(named, wantsRelation ? '0' : '2')),
    ...tree.schemas.map(({ name }): Completion => ({ kind: 'schema', label: name, insert: quoted(name), detail: 'schema', sort: `3${name}` })),
    ...(wantsRelation ? [] : keywords.map((word): Completion => ({ kind: 'keyword', label: word, insert: word, detail: '', sort: `2${word}` }))),
  ]
}

/** The same column name from two tables is offered once. */
const unique = (items: readonly Completion[]): readonly Completion[] => [...new Map(items.map((item) => [item.label, item])).values()]
