// Functions written in SQL, by their bodies.
// Each: a statement, then what is told of every output column (testing/lineage.ts).
export const functionsCases: readonly (readonly [string, ...string[]])[] = [
  ['select mail_of(1)', 'c.email | c.id'],
  ['select mail_of(o.cid) from o', 'c.email | c.id o.cid'],
  ['select "Loud"(name, 3) from c', 'c.name'],
  ['select "Loud"(name, id), id from c', 'c.id c.name', 'c.id'],
  ['select public.spent(7)', 'o.total | o.cid'],
  ['select spent(id) from c', 'o.total | c.id o.cid'],
  ['select loud_mail(1)', 'c.email | c.id'],
  ['select shadowed(1)', 'c.name | c.id'],
  ['select guess(email) from o, c', '| c.email'],
  ['select p.called from people() p', 'c.id c.name | c.ssn'],
  ['select upper(p.called), q.id from people() p join c q on q.id = p.who', 'c.id c.name | c.id c.name c.ssn', 'c.id | c.id c.name c.ssn'],
  ['select m from mail_of(1) m', 'c.email | c.id'],
  // Not seen: several statements, writes, namesakes, a path of its own, names for arguments, itself.
  ['select two()', '?'],
  ['select writing(1)', '?'],
  ['select overloaded(1)', '?'],
  ['select own_path()', '?'],
  ['select mail_of(who => 1)', '?'],
  ['select s.mail_of(1)', '?'],
]
