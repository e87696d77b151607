// The part of a catalog snapshot that lineage needs: definitions of views, what functions, operators and casts can be believed,
// rules, generated columns. Read inside catalog-load.ts's transaction, with the search path empty: names come out qualified.
import type { Client } from 'pg'
import { catalogDefinitionsLockMs } from '../limits.ts'
import type { CatalogDerivations, CatalogFunction } from './catalog.ts'

type ForEachRow = (query: string, visit: (row: readonly unknown[]) => void) => Promise<void>

/** PostgreSQL's own views count as tables: their columns are where masks on them bind. */
const viewsQuery = `
  select c.oid, pg_catalog.pg_get_viewdef(c.oid) from pg_catalog.pg_class c where c.relkind in ('v', 'm') and c.oid >= 16384 order by c.oid`

/** An aggregate is declared immutable whatever its parts do, so only plain functions of the database's own are believed. */
const isPure = `(p.provolatile = 'i' and (p.oid < 16384 or (p.prokind = 'f' and l.lanname in ('c', 'internal'))))`
const functionsQuery = `
  select p.proname, p.oid < 16384, pg_catalog.bool_and(${isPure}), pg_catalog.bool_or(p.proretset),
    pg_catalog.to_json(pg_catalog.array_agg(distinct case
      when p.proargmodes is not null and t.typname = 'record' then (
        select pg_catalog.to_json(pg_catalog.array_agg(p.proargnames[i] order by i))::pg_catalog.text
        from pg_catalog.generate_subscripts(p.proargmodes, 1) i where p.proargmodes[i] in ('o', 'b', 't'))
      when t.typtype in ('c', 'p') or (t.typtype = 'd' and b.typtype = 'c') then '' else 'scalar' end))::pg_catalog.text
  from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang join pg_catalog.pg_type t on t.oid = p.prorettype
  left join pg_catalog.pg_type b on b.oid = t.typbasetype
  group by 1, 2 order by 1, 2`
/** Without settings of their own, by which names could mean something else, and without a namesake that could be meant. */
const sqlFunctionsQuery = `
  select p.proname, n.nspname, pg_catalog.pg_get_functiondef(p.oid) from pg_catalog.pg_proc p
  join pg_catalog.pg_language l on l.oid = p.prolang join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where l.lanname = 'sql' and p.prokind = 'f' and p.oid >= 16384 and p.proconfig is null and p.provariadic = 0 and p.pronargdefaults = 0
    and not exists (select from pg_catalog.pg_proc o where o.proname = p.proname and o.oid <> p.oid)
  order by 1`
const operatorsQuery = `
  select distinct o.oprname from pg_catalog.pg_operator o join pg_catalog.pg_proc p on p.oid = o.oprcode
  join pg_catalog.pg_language l on l.oid = p.prolang where o.oid >= 16384 and not ${isPure} order by 1`
const castsQuery = `
  select c.oid from pg_catalog.pg_cast c join pg_catalog.pg_proc p on p.oid = c.castfunc
  join pg_catalog.pg_language l on l.oid = p.prolang where c.oid >= 16384 and not ${isPure} order by 1 limit 1`
/** Rules for writing, and INSTEAD OF triggers (bit 6): what RETURNING then gives is theirs to say. */
const rulesQuery = `
  select r.ev_class from pg_catalog.pg_rewrite r where r.ev_type <> '1' and r.ev_class >= 16384
  union select t.tgrelid from pg_catalog.pg_trigger t where (t.tgtype & 64) <> 0 order by 1`
/** The default's expression depends internally on its own column, normally on those it names. */
const generatedQuery = `
  select a.attrelid, a.attnum, d.refobjsubid from pg_catalog.pg_attribute a
  left join pg_catalog.pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
  left join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = f.oid
    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = a.attrelid and d.refobjsubid > 0 and d.refobjsubid <> a.attnum
  where a.attgenerated <> '' and not a.attisdropped order by 1, 2, 3`

export async function readDerivations(client: Client, forEachRow: ForEachRow): Promise<CatalogDerivations> {
  const [systemFunctions, otherFunctions] = [new Map<string, CatalogFunction>(), new Map<string, CatalogFunction>()]
  await forEachRow(functionsQuery, ([name, isSystem, isPure, returnsSet, shapes]) => {
    const found = { isSystem: isSystem === true, isPure: isPure === true, returnsSet: returnsSet === true, columns: columnsOf(String(shapes)) }
    const into = found.isSystem ? systemFunctions : otherFunctions
    into.set(String(name), found)
  })
  const impureOperators = new Set<string>()
  await forEachRow(operatorsQuery, ([name]) => impureOperators.add(String(name)))
  let hasImpureCasts = false
  await forEachRow(castsQuery, () => { hasImpureCasts = true })
  const ruled = new Set<number>()
  await forEachRow(rulesQuery, ([relation]) => ruled.add(Number(relation)))
  const generated = await readGenerated(forEachRow)
  const views = await readDefinitions(client, forEachRow, viewsQuery, ([oid, text]) => [Number(oid), String(text)] as const)
  const sqlFunctions = await readDefinitions(client, forEachRow, sqlFunctionsQuery, ([name, schema, text]) => [String(name), { schema: String(schema), text: String(text) }] as const)
  return { views, sqlFunctions, systemFunctions, otherFunctions, impureOperators, hasImpureCasts, ruled, generated }
}

/** A list of what the overloads return: one entry that is no row of an unknown type, or nothing can be said. */
function columnsOf(shapes: string): CatalogFunction['columns'] {
  const all: unknown = JSON.parse(shapes)
  const only: unknown = Array.isArray(all) && all.length === 1 ? all[0] : ''
  if (only === 'scalar') return 'scalar'
  const names: unknown = typeof only === 'string' && only !== '' ? JSON.parse(only) : null
  return Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== '') ? names.map(String) : null
}

async function readGenerated(forEachRow: ForEachRow): Promise<CatalogDerivations['generated']> {
  const generated = new Map<number, Map<number, number[]>>()
  await forEachRow(generatedQuery, ([relation, column, from]) => {
    const columns = generated.get(Number(relation)) ?? new Map<number, number[]>()
    const known = columns.get(Number(column)) ?? []
    generated.set(Number(relation), columns.set(Number(column), from === null ? known : [...known, Number(from)]))
  })
  return generated
}

/**
 * Somebody's lock on a table makes the definitions wait, and a table that is dropped meanwhile makes them fail: then this snapshot
 * goes without them, and their lineage is unknown.
 */
async function readDefinitions<Key, Value>(
  client: Client, forEachRow: ForEachRow, query: string, entryOf: (row: readonly unknown[]) => readonly [Key, Value],
): Promise<ReadonlyMap<Key, Value>> {
  const definitions = new Map<Key, Value>()
  await client.query('savepoint definitions')
  try {
    await client.query(`set local lock_timeout = ${catalogDefinitionsLockMs}`)
    // What was dropped meanwhile has none.
    await forEachRow(query, (row) => { if (row.at(-1) !== null) definitions.set(...entryOf(row)) })
    await client.query('release savepoint definitions')
    return definitions
  } catch (error) {
    if (!isServerError(error)) throw error
    await client.query('rollback to savepoint definitions')
    return new Map()
  }
}

/** With an SQLSTATE; a lost connection has none, or fails again at the rollback. */
function isServerError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code))
}
