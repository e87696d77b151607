// Target lists: SELECT's and RETURNING's. Stars are expanded by what the ranges hold; where that is not known the positions after
// it are not either.
import { as, listOf, text, words, type Fields } from '../tree.ts'
import { columnName } from './column-names.ts'
import { plainFlow } from './conditions.ts'
import { flowOf } from './expressions.ts'
import { anyColumnOf, rangeOf, rowOfName } from './names.ts'
import { spend, type Range, type Scope } from './scope.ts'
import { unknownFlow, union, type Column, type Flow, type Rowset } from './sources.ts'

type Targets = Pick<Rowset, 'columns' | 'open'>

export function targetColumns(targetList: unknown, scope: Scope): Targets {
  const columns: Column[] = []
  const opens: Flow[] = []
  for (const item of listOf(targetList)) {
    const target = as('ResTarget', item) ?? {}
    const star = starOf(target['val'], scope)
    for (const { columns: found, open } of star ?? []) {
      spend(scope.evaluation, found.length)
      for (const column of found) columns.push(column)
      if (open !== null) opens.push(open)
    }
    if (star === null) columns.push({ name: text(target['name']) ?? columnName(target['val']), flow: flowOfTarget(target['val'], scope) })
  }
  return { columns, open: opens.length === 0 ? null : union([...opens, ...columns.map(({ flow }) => flow)]) }
}

/** A column that is passed on stays that column. */
function flowOfTarget(value: unknown, scope: Scope): Flow {
  return plainFlow(value, scope) ?? flowOf(value, scope)
}

/** What a star stands for; null: this is none. */
function starOf(value: unknown, scope: Scope): readonly Pick<Range, 'columns' | 'open'>[] | null {
  const reference = as('ColumnRef', value)
  if (reference !== null) return hasStar(reference['fields']) ? starOfRange(words(reference['fields']), scope) : null
  const indirection = as('A_Indirection', value)
  if (indirection === null || !hasStar(indirection['indirection'])) return null
  return [starOfRow(indirection, scope)]
}

function hasStar(list: unknown): boolean {
  return listOf(list).some((item) => as('A_Star', item) !== null)
}

function starOfRange(qualifier: readonly string[], scope: Scope): readonly Pick<Range, 'columns' | 'open'>[] {
  if (qualifier.length === 0) return scope.ranges.filter(({ isPlain }) => isPlain)
  const range = rangeOf(qualifier, scope)
  return [typeof range === 'string' ? { columns: [], open: unknownFlow(range) } : range]
}

/** `(expression).*`: the columns of a row that is named, else something in anything. */
function starOfRow(fields: Fields, scope: Scope): Pick<Range, 'columns' | 'open'> {
  const reference = as('ColumnRef', fields['arg'])
  const row = reference === null || listOf(fields['indirection']).length > 1 ? null : rowOfName(words(reference['fields']), scope)
  return row ?? { columns: [], open: flowOf(fields['arg'], scope) }
}

/** `row(t.*)`, `count(t.*)`: all columns at once. */
export function flowOfStar(qualifier: readonly string[], scope: Scope): Flow {
  const range = rangeOf(qualifier, scope)
  return typeof range === 'string' ? unknownFlow(range) : anyColumnOf(range)
}
