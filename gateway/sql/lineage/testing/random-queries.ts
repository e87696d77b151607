// Random queries over a small schema, for tests of non-interference: nested, joined, grouped, recursive, with every sort of expression.
import * as fc from 'fast-check'

/** Columns whose values are changed, and how. */
export const secrets = ['a.x', 'a.s', 'b.y', 'c.s'] as const

export const tables = `
  create table a (id int, x int, s text); create table b (id int, y int, s text); create table c (k int, s text, arr int[]);
  create view v as select id, x + 1 as x1, upper(s) as s from a where id > 1;
  create view w as select b.id, count(*) as n, max(a.x) as m from a join b using (id) group by b.id;
  insert into a select i, i * 3 % 7, 'a' || i from generate_series(1, 6) i;
  insert into b select i, i * 5 % 11, 'b' || i from generate_series(2, 7) i;
  insert into c select i, 'c' || i, array[i, i + 1] from generate_series(1, 4) i;
`
export const changes: { readonly [secret: string]: string } = {
  'a.x': 'update a set x = 100 - x * 13', 'a.s': `update a set s = reverse(s) || 'z'`, 'b.y': 'update b set y = y * y + 50', 'c.s': `update c set s = md5(s)`,
}

interface Source { readonly sql: string; readonly columns: readonly string[] }

const base: fc.Arbitrary<Source> = fc.constantFrom(
  { sql: 'a', columns: ['id', 'x', 's'] }, { sql: 'b', columns: ['id', 'y', 's'] }, { sql: 'c', columns: ['k', 's', 'arr'] },
  { sql: 'v', columns: ['id', 'x1', 's'] }, { sql: 'w', columns: ['id', 'n', 'm'] },
)
const alias = fc.constantFrom('p', 'q', 'a', 'b')

/** A scalar of any type, as text or number: everything is made text so that types never clash. */
function expression(columns: readonly string[]): fc.Arbitrary<string> {
  const column = fc.constantFrom(...columns)
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof({ maxDepth: 3, depthSize: 'small' }, column.map((name) => `${name}::text`), column.map((name) => `${name}::text`), fc.constantFrom(`'k'`, 'null::text', `'7'`),
      tie('value').map((inner) => `upper(${inner})`), tie('value').map((inner) => `length(${inner})::text`),
      fc.tuple(tie('value'), tie('value')).map(([left, right]) => `(${left} || ${right})`),
      fc.tuple(tie('value'), tie('value')).map(([left, right]) => `coalesce(${left}, ${right})`),
      fc.tuple(tie('value'), tie('value'), tie('value')).map(([when, then, other]) => `case when ${when} > 'b' then ${then} else ${other} end`),
      fc.tuple(tie('value'), tie('value')).map(([left, right]) => `(array[${left}, ${right}])[2]`),
      fc.tuple(tie('value'), tie('value')).map(([left, right]) => `(jsonb_build_object('l', ${left}, 'r', ${right}) ->> 'l')`),
      fc.tuple(tie('value'), tie('value')).map(([left, right]) => `(row(${left}, ${right}))::text`),
      fc.tuple(tie('value'), column).map(([inner, name]) => `(select max(${inner} || z.s) from c z where z.k::text <> ${name}::text)`),
      fc.tuple(tie('value')).map(([inner]) => `exists (select 1 from b z where z.s > ${inner})::text`),
      fc.tuple(tie('value')).map(([inner]) => `(select string_agg(u, ',') from unnest(array[${inner}, 'n']) u)`)),
  }))
  return value
}

const glue = fc.constantFrom('cross join', 'join on', 'left join on', 'using', 'natural', 'lateral')

function from(left: Source, right: Source, how: string): { readonly sql: string; readonly columns: readonly string[] } {
  const both = [...left.columns.map((name) => `l.${name}`), ...right.columns.map((name) => `r.${name}`)]
  const [first, second] = [left.columns[0]!, right.columns[0]!]
  switch (how) {
    case 'join on': case 'left join on': return { sql: `${left.sql} l ${how.replace(' on', '')} ${right.sql} r on l.${first}::text = r.${second}::text`, columns: both }
    case 'using': return first === second ? { sql: `${left.sql} l join ${right.sql} r using (${first})`, columns: [...both, first] } : { sql: `${left.sql} l, ${right.sql} r`, columns: both }
    // By the second columns, which may be secret.
    case 'natural': return {
      sql: `(select ${left.columns[1] ?? first}::text as n1 from ${left.sql} t) l natural join (select ${right.columns[1] ?? second}::text as n1, t.* from ${right.sql} t) r`,
      columns: ['n1', 'l.n1', `r.${second}`],
    }
    case 'lateral': return { sql: `${left.sql} l, lateral (select l.${first}::text || r.${second}::text as lr, r.* from ${right.sql} r) r`, columns: [...both, 'r.lr'] }
    default: return { sql: `${left.sql} l cross join ${right.sql} r`, columns: both }
  }
}

/** Queries that give columns o0, o1, … of type text. */
export const { query } = fc.letrec<{ query: Source; source: Source; plain: Source; grouped: Source }>((tie) => ({
  source: fc.oneof({ maxDepth: 2 }, base, base, tie('query').map(({ sql, columns }) => ({ sql: `(${sql})`, columns }))),
  plain: fc.tuple(tie('source'), tie('source'), glue).chain(([left, right, how]) => {
    const { sql, columns } = from(left, right, how)
    return fc.tuple(fc.array(expression(columns), { minLength: 1, maxLength: 3 }), fc.option(expression(columns), { freq: 4 }), fc.boolean(), fc.option(fc.constantFrom(...columns), { freq: 5 })).map(([items, where, isDistinct, order]) => ({
      sql: `select ${isDistinct ? 'distinct ' : ''}${items.map((item, index) => `${item} as o${index}`).join(', ')} from ${sql}${where === null ? '' : ` where ${where} > 'c'`}${order === null || isDistinct ? '' : ` order by ${order}::text limit 9`}`,
      columns: items.map((_, index) => `o${index}`),
    }))
  }),
  grouped: tie('source').chain(({ sql, columns }) => fc.tuple(fc.constantFrom(...columns), expression(columns.map((name) => `t.${name}`)), fc.constantFrom(
    'max(E)', 'count(E)::text', 'count(*)::text', `string_agg(E, ',' order by E)`, `max(E) filter (where E > 'd')`, `(max(max(E)) over ())`, `(row_number() over (order by max(E)))::text`,
  )).map(([key, inner, shape]) => ({ sql: `select t.${key}::text as o0, ${shape.replaceAll('E', inner)} as o1 from ${sql} t group by t.${key}`, columns: ['o0', 'o1'] }))),
  query: fc.oneof({ maxDepth: 3 }, tie('plain'), tie('plain'), tie('grouped'),
    fc.tuple(tie('plain'), alias, tie('source'), fc.boolean()).map(([inner, name, other, isRecursive]) =>
      ({ sql: `with ${isRecursive ? 'recursive ' : ''}${name} as (${inner.sql}) select z.o0, max(y.${other.columns[0]}::text) over () as o1 from ${name} z, ${other.sql} y`, columns: ['o0', 'o1'] })),
    fc.tuple(tie('grouped'), tie('grouped'), fc.constantFrom('union all', 'union', 'except', 'intersect')).map(([left, right, set]) => ({ sql: `${left.sql} ${set} ${right.sql}`, columns: ['o0', 'o1'] })),
    fc.tuple(tie('plain')).map(([inner]) => ({ sql: `with recursive r(o0, d) as (select o0, 1 from (${inner.sql}) i union all select o0 || 'r', d + 1 from r where d < 3) select o0, d::text as o1 from r`, columns: ['o0', 'o1'] }))),
}))
