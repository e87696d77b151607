// Statements around queries, and those without.
// Each: a statement, then what is told of every output column (testing/lineage.ts).
export const statementsCases: readonly (readonly [string, ...string[]])[] = [
  ['copy c to stdout', 'c.id', 'c.name', 'c.email', 'c.ssn', 'c.tags', 'c.doc'],
  ['copy c (email, id) to stdout', 'c.email', 'c.id'],
  ['copy t to stdout', 't.id', 't.a'],
  ['copy t (b) to stdout', 't.a t.b'],
  ['copy (select email, count(*) from c group by 1) to stdout', 'c.email | c.email', '| c.email'],
  ["copy (update c set name = 'x' returning name) to stdout", 'c.name'],
  ['copy c from stdin'],
  ['declare k cursor for select email from c', 'c.email'],
  ['prepare p as select name from c where id = $1', 'c.name | c.id'],
  ['execute p', 'unknown'],
  ['fetch all from k', 'unknown'],
  ['explain select email from c', 'unknown'],
  ['create table z as select email from c'],
  ['select email into z from c'],
  ["do 'begin end'", 'unknown'],
  ['call x()', 'unknown'],
  ['show search_path', 'unknown'],
  ['begin'],
  ["set a.b = 'x'"],
]
