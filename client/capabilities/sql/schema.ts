// The schema tree of a connection, read from pg_catalog through a short session of its own. Partitions are folded into their
// parents; what belongs to PostgreSQL itself is left out.
import type { Client } from 'pg'
import { GatehouseError } from '../../../shared/errors.ts'
import type { SchemaColumn, SchemaRelation, SchemaTree } from '../../../shared/ipc.ts'
import { schemaMs, schemaRelationsMax } from '../../limits.ts'
import type { Tunnels } from '../../session-proxy/tunnels.ts'
import { openPostgresSession } from './postgres-session.ts'

const ownSchemas = String.raw`n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'`

const queries = {
  relations: `select c.oid::text as id, n.nspname as schema, c.relname as name, c.relkind::text as kind, c.reltuples::text as rows
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'v', 'm', 'p', 'f') and not c.relispartition and ${ownSchemas}
    order by n.nspname, c.relname limit ${schemaRelationsMax}`,
  columns: `select a.attrelid::text as relation, a.attnum::text as number, a.attname as name, a.attnotnull as required,
      pg_catalog.format_type(a.atttypid, a.atttypmod) as type
    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v', 'm', 'p', 'f') and not c.relispartition and ${ownSchemas}
    order by a.attrelid, a.attnum`,
  keys: `select k.conrelid::text as relation, k.contype::text as kind, k.conkey::text as columns, k.confrelid::text as target, k.confkey::text as target_columns
    from pg_catalog.pg_constraint k join pg_catalog.pg_namespace n on n.oid = k.connamespace
    where k.contype in ('p', 'f') and ${ownSchemas}`,
  indexes: `select i.indrelid::text as relation, c.relname as name
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not c.relispartition and ${ownSchemas} order by c.relname`,
  types: `select t.oid::text as id, t.typname as name from pg_catalog.pg_type t where t.oid >= 16384 and t.typtype in ('b', 'd', 'e', 'r', 'm')`,
} as const

type Row = Readonly<Record<string, string | boolean | null>>

export interface Schema {
  readonly tree: SchemaTree
  /** OID → name of the types that are not PostgreSQL's own. */
  readonly types: ReadonlyMap<number, string>
}

export async function readSchema(tunnels: Tunnels, connection: string): Promise<Schema> {
  const session = await openPostgresSession({ tunnels, connection, onLost: () => undefined })
  const late = setTimeout(() => session.tunnel.destroy(new GatehouseError('limit_exceeded', `the schema of ${connection} did not come within ${schemaMs / 1000} seconds (schemaMs)`)), schemaMs)
  try {
    const { client } = session
    const relations = await rowsOf(client, queries.relations)
    const columns = groupBy(await rowsOf(client, queries.columns))
    const keys = groupBy(await rowsOf(client, queries.keys))
    const indexes = groupBy(await rowsOf(client, queries.indexes))
    const types = new Map((await rowsOf(client, queries.types)).map((row) => [Number(row['id']), typeOf(String(row['name']))]))
    return { tree: treeOf({ relations, columns, keys, indexes }), types }
  } finally {
    clearTimeout(late)
    session.end()
  }
}

const rowsOf = async (client: Client, text: string): Promise<readonly Row[]> => (await client.query<Row>(text)).rows
const typeOf = (name: string) => name.startsWith('_') ? `${name.slice(1)}[]` : name

function groupBy(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  return Map.groupBy(rows, (row) => String(row['relation']))
}

interface Parts { readonly relations: readonly Row[]; readonly columns: ReadonlyMap<string, readonly Row[]>; readonly keys: ReadonlyMap<string, readonly Row[]>; readonly indexes: ReadonlyMap<string, readonly Row[]> }

const kinds: Readonly<Record<string, SchemaRelation['kind']>> = { r: 'table', v: 'view', m: 'materialized view', p: 'partitioned table', f: 'foreign table' }

/** Rows of the catalog in, the tree out: no I/O. */
export function treeOf(parts: Parts): SchemaTree {
  const bySchema = Map.groupBy(parts.relations, (row) => String(row['schema']))
  const names = new Map(parts.relations.map((row) => [String(row['id']), `${row['schema']}.${row['name']}`]))
  return {
    schemas: [...bySchema].map(([name, rows]) => ({ name, relations: rows.map((row) => relationOf(row, parts, names)) })),
  }
}

function relationOf(row: Row, { columns, keys, indexes }: Parts, names: ReadonlyMap<string, string>): SchemaRelation {
  const id = String(row['id'])
  const estimate = Number(row['rows'])
  return {
    name: String(row['name']), kind: kinds[String(row['kind'])] ?? 'table',
    rowEstimate: Number.isFinite(estimate) && estimate >= 0 && row['kind'] !== 'v' ? Math.round(estimate) : null,
    columns: (columns.get(id) ?? []).map((column) => columnOf(column, keys.get(id) ?? [], columns, names)),
    indexes: (indexes.get(id) ?? []).map((index) => String(index['name'])),
  }
}

function columnOf(column: Row, keys: readonly Row[], columns: Parts['columns'], names: ReadonlyMap<string, string>): SchemaColumn {
  const number = String(column['number'])
  const foreign = keys.find((key) => key['kind'] === 'f' && numbersOf(key['columns']).includes(number))
  return {
    name: String(column['name']), type: String(column['type']), isNullable: column['required'] !== true,
    isPrimaryKey: keys.some((key) => key['kind'] === 'p' && numbersOf(key['columns']).includes(number)),
    references: foreign === undefined ? null : targetOf(foreign, number, columns, names),
  }
}

/** `schema.table.column` that a foreign key's column points to. */
function targetOf(foreign: Row, number: string, columns: Parts['columns'], names: ReadonlyMap<string, string>): string | null {
  const target = String(foreign['target'])
  const targetNumber = numbersOf(foreign['target_columns'])[numbersOf(foreign['columns']).indexOf(number)]
  const column = columns.get(target)?.find((each) => each['number'] === targetNumber)
  const relation = names.get(target)
  return relation === undefined || column === undefined ? null : `${relation}.${column['name']}`
}

/** `{1,2}` → `['1', '2']`. */
const numbersOf = (array: Row[string] | undefined) => String(array ?? '{}').slice(1, -1).split(',')
