// Views by their definitions.
// Each: a statement, then what is told of every output column (testing/lineage.ts).
export const viewsCases: readonly (readonly [string, ...string[]])[] = [
  ['select * from plain', 'c.id plain.id', 'c.email plain.email'],
  ['select email from plain p where id = 1', 'c.email plain.email | c.id plain.id'],
  ['select * from renamed', 'c.name renamed.x | c.ssn', 'c.email renamed.y | c.ssn'],
  ['select * from over_views', 'c.id over_views.id plain.id | c.email c.name c.ssn plain.email renamed.x', 'c.email c.name over_views.xy renamed.x renamed.y | c.email c.name c.ssn plain.email renamed.x', 'over_views.n | c.email c.name c.ssn plain.email renamed.x'],
  ['select count(*) from over_views', '| c.email c.name c.ssn plain.email renamed.x'],
  ['select * from frozen', 'frozen.cid o.cid | o.cid', 'frozen.total o.total | o.cid', 'frozen.last o.at | o.cid'],
  ['select last from frozen where total > 1', 'frozen.last o.at | frozen.total o.cid o.total'],
  ['select what from unioned', 'c.email o.note unioned.what'],
  ['select * from with_lateral', 'c.id with_lateral.id | c.id o.at o.cid', 'o.total with_lateral.total | c.id o.at o.cid'],
  ['select * from recursive_view', 'c.id recursive_view.n | c.id', 'c.name recursive_view.s | c.id'],
  ['select l, id from leaking', 'c.id leaking.l ?', 'c.id leaking.id'],
  ['select p from plain p', 'c.email c.id plain.email plain.id'],
  ['select (p).email from plain p', 'c.email plain.email'],
  ['select r.y from renamed as r(a, y)', 'c.email renamed.y | c.ssn'],
]
