// Joins: USING and NATURAL merge columns, which come first; inside a join the tables' own columns need a qualifier (docs 7.2.1.1).
import { as, listOf, text, words, type Fields } from '../tree.ts'
import { addCondition, decideBy } from './conditions.ts'
import { aliasName, rangesOf } from './from.ts'
import { renamed } from './relations.ts'
import { deeper, spend, type Range, type Scope } from './scope.ts'
import { newSources, union, unknownFlow, type Column, type Flow } from './sources.ts'

interface Side { readonly columns: readonly Column[]; readonly open: Flow | null }

export function rangesOfJoin(fields: Fields, scope: Scope): readonly Range[] {
  const left = deeper(scope.evaluation, () => rangesOf(fields['larg'], scope))
  // What is joined laterally sees the left side and what stands before the join.
  const right = deeper(scope.evaluation, () => rangesOf(fields['rarg'], { ...scope, ranges: [...scope.ranges, ...left] }))
  const joined = merge(sideOf(left), sideOf(right), fields)
  spend(scope.evaluation, joined.columns.length)
  decideBy(joined.merged.map(({ flow }) => flow), fields, { clause: 'join', rows: scope.rows, scope })
  addCondition(fields['quals'], 'join', scope.rows, { ...scope, ranges: [...left, ...right] })
  const alias = as('Alias', fields['alias'], 'alias')
  const whole = renamed({ columns: joined.columns, open: joined.open, rows: newSources() }, alias)
  const range: Range = { name: text(alias?.['aliasname']), oid: null, schema: null, columns: whole.columns, open: whole.open, isPlain: true }
  // An alias of the join hides what is inside.
  if (alias !== null) return [range]
  return [...[...left, ...right].map((inner) => ({ ...inner, isPlain: false })), range, ...usingAlias(fields, joined.merged)]
}

/** `join b using (x) as j`: j has the merged columns. */
function usingAlias(fields: Fields, columns: readonly Column[]): readonly Range[] {
  const name = aliasName(fields, 'join_using_alias')
  return name === null ? [] : [{ name, oid: null, schema: null, columns, open: null, isPlain: false }]
}

function sideOf(ranges: readonly Range[]): Side {
  const plain = ranges.filter(({ isPlain }) => isPlain)
  const opens = plain.flatMap(({ open }) => open === null ? [] : [open])
  return { columns: plain.flatMap(({ columns }) => columns), open: opens.length === 0 ? null : union(opens) }
}

function merge(left: Side, right: Side, fields: Fields): Side & { readonly merged: readonly Column[] } {
  const isNatural = fields['isNatural'] === true
  const open = left.open === null && right.open === null ? null : union([left, right].flatMap((side) => side.open ?? []))
  if (isNatural && open !== null) {
    // Which columns share a name is not known, so neither is anything else.
    const any = union([open, ...[...left.columns, ...right.columns].map(({ flow }) => flow)])
    return { columns: [], open: any, merged: [{ name: null, flow: any }] }
  }
  const names = isNatural ? shared(left.columns, right.columns) : listOf(fields['usingClause']).map((item) => words(item)[0] ?? '')
  const merged = names.map((name): Column => ({ name, flow: union([columnIn(left, name), columnIn(right, name)]) }))
  const rest = [...left.columns, ...right.columns].filter(({ name }) => name === null || !names.includes(name))
  return { columns: [...merged, ...rest], open, merged }
}

function shared(left: readonly Column[], right: readonly Column[]): readonly string[] {
  const others = new Set(right.map(({ name }) => name))
  return left.flatMap(({ name }) => name !== null && others.has(name) ? [name] : [])
}

function columnIn({ columns, open }: Side, name: string): Flow {
  const found = columns.filter((column) => column.name === name)
  if (found.length > 1) return unknownFlow(`${name} is ambiguous`)
  return found[0]?.flow ?? open ?? unknownFlow(`${name} is no column of a side of the join that is known`)
}
