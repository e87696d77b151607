import { describe, expect, test } from 'vitest'
import { jsonPathStepsMax } from '../limits.ts'
import { parseJsonPath, splitColumnPath } from './json-path.ts'

const member = (name: string) => ({ kind: 'member', name })

describe('a path', () => {
  test.each([
    ['$.card', [member('card')]],
    ['$.a.b', [member('a'), member('b')]],
    ['$.list[*].card', [member('list'), { kind: 'element' }, member('card')]],
    ['$[*].card', [{ kind: 'element' }, member('card')]],
    ['$..card', [{ kind: 'descendant', name: 'card' }]],
    ['$.a..b.*', [member('a'), { kind: 'descendant', name: 'b' }, { kind: 'any-member' }]],
    ['$."a.b [*]"."\\u0063ard"', [member('a.b [*]'), member('card')]],
    ['$.número-1_$', [member('número-1_$')]],
  ])('%s is read', (text, steps) => expect(parseJsonPath(text)).toEqual({ ok: true, steps }))

  test.each(['card', '', '$', '$.', '$card', '$.a.', '$[0]', '$.a[', '$.a b', '$..*', '$.."', '$."a', '$."\\x"', '$.a[*', '$...a', '$.a"b"'])('%s is refused with what was expected', (text) => {
    expect(parseJsonPath(text)).toMatchObject({ ok: false, problem: expect.stringMatching(/expected|leave the path out/) })
  })

  test('has a limited number of steps', () => {
    expect(parseJsonPath(`$${'.a'.repeat(jsonPathStepsMax)}`)).toMatchObject({ ok: true })
    expect(parseJsonPath(`$${'.a'.repeat(jsonPathStepsMax + 1)}`)).toMatchObject({ ok: false, problem: expect.stringContaining('jsonPathStepsMax') })
  })
})

test.each([
  ['public.tickets.payload', 'public.tickets.payload', null],
  ['public.tickets.payload.$.card', 'public.tickets.payload', '$.card'],
  ['*.*.pay*.$..a.b', '*.*.pay*', '$..a.b'],
  ['public.tickets.$', 'public.tickets.$', null],
  ['public.tickets.$.$.a', 'public.tickets.$', '$.a'],
  ['public.$.$.x', 'public.$.$.x', null],
  ['*', '*', null],
])('%s is a column and a path', (pattern, column, path) => expect(splitColumnPath(pattern)).toEqual({ column, path }))
