// Reads a catalog snapshot in one read-only transaction: a few queries, row by row in batches so that a database of 20,000 relations
// does not hold up the loop. Every name is fully qualified and the search path is emptied first (CVE-2025-12819).
import { createHash, type Hash } from 'node:crypto'
import type { Client } from 'pg'
import Cursor from 'pg-cursor'
import { readBehind } from './catalog-behind.ts'
import { readDerivations } from './catalog-derivations.ts'
import { indexCatalog } from './catalog-index.ts'
import { readBodies } from './functions/bodies.ts'
import type { Catalog, CatalogColumn, CatalogRelation } from './catalog.ts'

const relationsQuery = `
  select c.oid, n.nspname, c.relname, c.relkind::pg_catalog.text, c.reltoastrelid
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace order by c.oid`
/** Indexes and TOAST tables have columns too, but nobody names them. */
const columnsQuery = `
  select a.attrelid, a.attnum, a.attname, a.atttypid
  from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
  where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f') order by a.attrelid, a.attnum`
const parentsQuery = 'select inhrelid, inhparent from pg_catalog.pg_inherits order by inhrelid, inhseqno, inhparent'
/** A view's rule depends on what its query names. */
const readsQuery = `
  select distinct r.ev_class, d.refobjid from pg_catalog.pg_rewrite r
  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> r.ev_class
  order by r.ev_class, d.refobjid`
const functionsQuery = `
  select distinct p.proname from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname not in ('pg_catalog', 'information_schema') order by p.proname`

/** Views whose rules call what is not PostgreSQL's own: system functions leave no dependency, so any entry is someone's. */
const opaqueQuery = `
  select distinct r.ev_class from pg_catalog.pg_rewrite r
  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
    and d.refclassid in ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass) and d.refobjid >= 16384
  order by r.ev_class`
/** Operators and casts that run a body nobody sees; in a text they do not look like calls. Those of extensions are known to be what they are. */
const unseenCallsQuery = `
  select p.oid from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang
  where l.lanname not in ('internal', 'c')
    and (exists (select from pg_catalog.pg_operator o where o.oprcode = p.oid and o.oid >= 16384) or exists (select from pg_catalog.pg_cast c where c.castfunc = p.oid and c.oid >= 16384))
    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')
  order by p.oid`
/** What a new session of this role starts with; a running one does not notice a change. */
const roleSettingsQuery = `
  select s.setdatabase, s.setrole, s.setconfig::pg_catalog.text from pg_catalog.pg_db_role_setting s
  where s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()))
    and s.setrole in (0, (select r.oid from pg_catalog.pg_roles r where r.rolname = session_user))
  order by s.setdatabase, s.setrole`

const batchRows = 2000

const kinds: { readonly [relkind: string]: CatalogRelation['kind'] } = {
  r: 'table', p: 'partitioned table', v: 'view', m: 'materialized view', f: 'foreign table', S: 'sequence', t: 'toast', i: 'index', I: 'index',
}

interface Loading {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: CatalogRelation['kind']
  readonly columns: CatalogColumn[]
  readonly parents: number[]
  readonly reads: number[]
}

export interface LoadedCatalog {
  readonly catalog: Catalog
  /** Equal for equal contents. */
  readonly signature: string
  /** ALTER ROLE … SET and ALTER DATABASE … SET as they stand: another value means that this connection's search path is a former one. */
  readonly roleSettings: string
}

export async function loadCatalog(client: Client, version: number): Promise<LoadedCatalog> {
  await client.query('begin isolation level repeatable read read only')
  // Before the path is emptied: where unqualified names of the gateway's role are looked up.
  const path = await client.query<{ path: string[] }>('select pg_catalog.current_schemas(true)::pg_catalog.text[] as path')
  await client.query("select pg_catalog.set_config('search_path', '', true)")
  const hash = createHash('sha256')
  const searchPath = path.rows[0]?.path ?? []
  hash.update(JSON.stringify(searchPath))
  const relations = await readRelations(client, hash)
  const userFunctions = new Set<string>()
  await forEachRow(client, functionsQuery, hash, ([name]) => userFunctions.add(String(name)))
  const opaque = new Set<number>()
  await forEachRow(client, opaqueQuery, hash, ([view]) => opaque.add(Number(view)))
  let hasUnseenCalls = false
  await forEachRow(client, unseenCallsQuery, hash, () => { hasUnseenCalls = true })
  const derivations = await readDerivations(client, (query, visit) => forEachRow(client, query, hash, visit))
  const behind = await readBehind((query, visit) => forEachRow(client, query, hash, visit))
  const bodies = await readBodies(client, (query, visit) => forEachRow(client, query, hash, visit))
  const settings = await client.query<unknown[]>({ text: roleSettingsQuery, rowMode: 'array' })
  await client.query('commit')
  const data = { version, searchPath, byOid: relations, userFunctions, bodies, behind, hasUnseenCalls, derivations, opaqueViews: opaqueNames(relations, opaque) }
  return { catalog: indexCatalog(data), signature: hash.digest('base64'), roleSettings: JSON.stringify(settings.rows) }
}

async function readRelations(client: Client, hash: Hash): Promise<ReadonlyMap<number, Loading>> {
  const byOid = new Map<number, Loading>()
  const owners = new Map<number, number>()
  await forEachRow(client, relationsQuery, hash, ([oid, schema, name, relkind, toast]) => {
    byOid.set(Number(oid), { oid: Number(oid), schema: String(schema), name: String(name), kind: kinds[String(relkind)] ?? 'other', columns: [], parents: [], reads: [] })
    if (Number(toast) !== 0) owners.set(Number(toast), Number(oid))
  })
  await forEachRow(client, columnsQuery, hash, ([relation, number, name, type]) =>
    byOid.get(Number(relation))?.columns.push({ number: Number(number), name: String(name), typeOid: Number(type) }))
  await forEachRow(client, parentsQuery, hash, ([child, parent]) => byOid.get(Number(child))?.parents.push(Number(parent)))
  await forEachRow(client, readsQuery, hash, ([view, read]) => byOid.get(Number(view))?.reads.push(Number(read)))
  // A TOAST table holds the long values of its owner: to read it is to read the owner.
  for (const [toast, owner] of owners) byOid.get(toast)?.reads.push(owner)
  return byOid
}

async function forEachRow(client: Client, query: string, hash: Hash, visit: (row: readonly unknown[]) => void): Promise<void> {
  const cursor = client.query(new Cursor<unknown[]>(query, [], { rowMode: 'array' }))
  for (;;) {
    const rows = await cursor.read(batchRows)
    if (rows.length === 0) break
    hash.update(JSON.stringify(rows))
    for (const row of rows) visit(row)
  }
  await cursor.close()
}

/** A view over an opaque view is one too: from each, up to whatever reads it. */
function opaqueNames(byOid: ReadonlyMap<number, CatalogRelation>, opaque: ReadonlySet<number>): ReadonlySet<string> {
  const readers = new Map<number, number[]>()
  for (const { oid, reads } of opaque.size > 0 ? byOid.values() : []) {
    for (const read of reads) {
      const known = readers.get(read)
      if (known === undefined) readers.set(read, [oid])
      else known.push(oid)
    }
  }
  const all = new Set(opaque)
  for (const oid of all) for (const reader of readers.get(oid) ?? []) all.add(reader)
  return new Set([...all].flatMap((oid) => {
    const view = byOid.get(oid)
    return view === undefined ? [] : [`${view.schema}.${view.name}`]
  }))
}
