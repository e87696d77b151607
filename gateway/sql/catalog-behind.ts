// What runs behind a relation when it is touched, and nobody sees in the statement: triggers, rules, policies, defaults, checks; and what
// runs behind an operator or a cast. As hashes, for whether it is still what it was. Raw expression trees: reading them takes no lock.
import { createHash } from 'node:crypto'
import type { CatalogBehind } from './catalog.ts'

type ForEachRow = (query: string, visit: (row: readonly unknown[]) => void) => Promise<void>

/** Of a relation: a hash over all of it, and whether some of it runs code of the database's own. */
const relationsQuery = `
  with calling as (
    select d.classid, d.objid from pg_catalog.pg_depend d
    where d.classid in ('pg_catalog.pg_attrdef'::pg_catalog.regclass, 'pg_catalog.pg_constraint'::pg_catalog.regclass)
      and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.refobjid >= 16384 group by 1, 2),
  parts (relation, part, runs) as (
    select t.tgrelid, pg_catalog.concat_ws(' ', 'trigger', t.tgname, t.tgfoid, t.tgtype, t.tgenabled, t.tgattr, pg_catalog.encode(t.tgargs, 'hex'), t.tgqual), true
      from pg_catalog.pg_trigger t where not t.tgisinternal
    union all select r.ev_class, pg_catalog.concat_ws(' ', 'rule', r.rulename, r.ev_type, r.ev_enabled, r.is_instead, r.ev_qual, r.ev_action), true
      from pg_catalog.pg_rewrite r where r.rulename <> '_RETURN'
    union all select p.polrelid, pg_catalog.concat_ws(' ', 'policy', p.polname, p.polcmd, p.polpermissive, p.polroles::pg_catalog.text, p.polqual, p.polwithcheck), true
      from pg_catalog.pg_policy p
    union all select c.oid, pg_catalog.concat_ws(' ', 'row security', c.relrowsecurity, c.relforcerowsecurity), false
      from pg_catalog.pg_class c where c.relrowsecurity or c.relforcerowsecurity
    union all select a.adrelid, pg_catalog.concat_ws(' ', 'default', a.adnum, a.adbin), c.objid is not null
      from pg_catalog.pg_attrdef a left join calling c on c.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and c.objid = a.oid
    union all select k.conrelid, pg_catalog.concat_ws(' ', 'constraint', k.conname, k.contype, k.condeferred, k.conkey::pg_catalog.text, k.confrelid, k.confkey::pg_catalog.text, k.confupdtype, k.confdeltype, k.conbin), c.objid is not null
      from pg_catalog.pg_constraint k left join calling c on c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and c.objid = k.oid
      where k.conrelid <> 0 and k.contype in ('c', 'f', 't')),
  hashes (relation, hash, runs) as (
    select relation, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(part, 'UTF8')), 'hex'), runs from parts where relation >= 16384)
  select relation, pg_catalog.string_agg(hash, ' ' order by hash collate pg_catalog."C"), pg_catalog.bool_or(runs) from hashes group by 1 order by 1`

/** From the table that is referred to, to those whose rows go or change with its own. */
const cascadesQuery = `
  select k.confrelid, k.conrelid from pg_catalog.pg_constraint k where k.contype = 'f' and (k.confupdtype in ('c', 'n', 'd') or k.confdeltype in ('c', 'n', 'd')) order by 1, 2`

/** What is not PostgreSQL's own: by which function an operator, a cast, an event trigger works now. */
const operatorsQuery = `
  select 'operator', o.oid, o.oprname, o.oprleft, o.oprright, o.oprcode::pg_catalog.oid from pg_catalog.pg_operator o where o.oid >= 16384
  union all select 'cast', c.oid, '', c.castsource, c.casttarget, c.castfunc from pg_catalog.pg_cast c where c.oid >= 16384
  union all select 'event trigger', e.oid, pg_catalog.concat_ws(' ', e.evtname, e.evtevent, e.evtenabled), 0, 0, e.evtfoid from pg_catalog.pg_event_trigger e
  order by 1, 2`

export async function readBehind(forEachRow: ForEachRow): Promise<CatalogBehind> {
  const relations = new Map<number, { readonly hash: string; readonly runsCode: boolean }>()
  await forEachRow(relationsQuery, ([relation, hash, runsCode]) => relations.set(Number(relation), { hash: createHash('sha256').update(String(hash)).digest('base64'), runsCode: runsCode === true }))
  const cascades = new Map<number, number[]>()
  await forEachRow(cascadesQuery, ([from, to]) => { cascades.set(Number(from), [...cascades.get(Number(from)) ?? [], Number(to)]) })
  const operators: string[] = []
  await forEachRow(operatorsQuery, (row) => operators.push(row.join(' ')))
  return { relations, cascades, operators: operators.join('\n') }
}
