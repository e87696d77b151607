import { describe, expect, test } from 'vitest'
import { compileCondition, type Condition } from './condition.ts'
import { conditionInput } from './condition-input.ts'
import { Moment, momentMethods } from './moment.ts'
import { shop, someone, sql } from './testing/build.ts'

const ann = someone({ groups: ['analysts', 'eu'], claims: { team: 'red', level: 3, tags: ['a'] } })
const facts = sql('select public.a', 'update public.b')
/** A Thursday, 10:30 in UTC, 11:30 in Berlin. */
const now = Date.parse('2026-01-15T10:30:00Z')

function compiled(text: string): Condition {
  const result = compileCondition(text, 'sql')
  if (!result.ok) throw new Error(result.problem)
  return result.condition
}
const holds = (text: string, principal = ann, at = now) => compiled(text).holds(conditionInput({ principal, connection: shop, facts, now: at }))

describe('a condition', () => {
  test.each([
    ['"analysts" in principal.groups && principal.kind == "human"', true],
    ['principal.groups.exists(g, g.startsWith("e"))', true],
    ['principal.claims.team == "red" && principal.claims.level == 3', true],
    ['has(principal.claims.nothing)', false],
    ['connection.labels.env == "production" && connection.name == "shop"', true],
    ['facts.tablesRead == ["public.a"] && facts.tablesWritten == ["public.b"]', true],
    ['facts.kinds.all(k, k in ["select", "update"]) && facts.statements == 1 && facts.hasWhere', true],
    ['now.getHours("Europe/Berlin") == 11 && now.getHours("UTC") == 10', true],
    ['now.getDayOfWeek("Europe/Berlin") in [1, 2, 3, 4, 5]', true],
    ['now >= timestamp("2026-01-15T10:30:00Z") && now < timestamp("2026-01-16T00:00:00+01:00")', true],
    ['size(facts.tables) > 2', false],
  ])('%s is %s', (text, expected) => expect(holds(text)).toBe(expected))

  test.each([
    ['principal.email == "x"', someone({ email: null })],
    ['principal.claims.nothing == "x"', ann],
    ['connection.labels.nothing == "x"', ann],
    ['principal.claims.constructor == "x"', ann],
    ['principal.claims.level < "x"', ann],
    ['"x" in principal.groups', someone({ groups: Array.from({ length: 1_001 }, (_, at) => `g${at}`) })],
  ])('%s cannot be evaluated', (text, principal) => expect(() => holds(text, principal)).toThrow())

  test.each<readonly [text: string, problem: RegExp]>([
    ['principal.nope == 1', /No such key: nope/],
    ['nobody == 1', /Unknown variable: nobody/],
    ['facts.statements > "a"', /no such overload: int > string/],
    ['facts.statements', /is int; expected a condition/],
    ['facts.statements >', /is no condition/],
    ['now.getHours() == 9', /is no condition|needs its zone/],
    ['now.getHours(principal.id) == 9', /needs its zone as a constant/],
    ['now.getHours("Europe/Berln") == 9', /"Europe\/Berln" is no time zone/],
    ['now < timestamp("2026-01-15T10:30:00.000")', /timestamp\(\) needs a constant with a zone/],
    ['now < timestamp(principal.id)', /timestamp\(\) needs a constant/],
    ['principal.id.matches("(a+)+$")', /matches\(\) is not available here/],
    ['cel.bind(x, principal.id, x == x)', /bind\(\) is not available here/],
    ['facts.columns.all(a, facts.columns.all(b, a == b))', /all\(\) may not stand inside/],
    ['facts.columns.map(a, a) == []', /map\(\) is not available here/],
    ['{"a": 1}.a == 1', /is no condition/],
    ['1 / 0 == 1', /is no condition/],
  ])('%s does not load', (text, problem) => {
    const result = compileCondition(text, 'sql')
    expect(result.ok ? 'loaded' : result.problem).toMatch(problem)
  })

  test.each([
    ['nested deeper than conditionDepthMax', `${'('.repeat(60)}facts.hasWhere${')'.repeat(60)}`],
    ['of more nodes than conditionNodesMax', Array.from({ length: 150 }, () => 'facts.hasWhere').join(' && ')],
  ])('one %s does not load', (_, text) => expect(compileCondition(text, 'sql').ok).toBe(false))

  test('says whether it looks at the clock, and whether it is always the same', () => {
    expect(compiled('now.getHours("UTC") > 3').isTimed).toBe(true)
    expect(compiled('facts.hasWhere').isTimed).toBe(false)
    expect([compiled('1 == 1').constant, compiled('1 == 2').constant, compiled('facts.hasWhere').constant]).toEqual([true, false, null])
  })
})

describe('a moment', () => {
  test('shows the hour of its zone where clocks go forward and back', () => {
    const hour = (at: string, zone: string) => Number(momentMethods.getHours(new Moment(Date.parse(at)), zone))
    expect(hour('2026-03-29T00:59:59Z', 'Europe/Berlin')).toBe(1)
    expect(hour('2026-03-29T01:00:00Z', 'Europe/Berlin')).toBe(3)
    expect([hour('2026-10-25T00:30:00Z', 'Europe/Berlin'), hour('2026-10-25T01:30:00Z', 'Europe/Berlin')]).toEqual([2, 2])
    // 02:30 in Berlin, while New York, where the machine may stand, skips that hour.
    expect(hour('2026-03-08T01:30:00Z', 'Europe/Berlin')).toBe(2)
    expect(hour('2026-01-01T00:00:00Z', 'UTC')).toBe(0)
  })

  test('counts as CEL does', () => {
    const moment = new Moment(Date.parse('2026-02-01T23:30:15Z'))
    const all = Object.fromEntries(Object.entries(momentMethods).map(([name, ask]) => [name, Number(ask(moment, 'Europe/Berlin'))]))
    expect(all).toEqual({ getFullYear: 2026, getMonth: 1, getDate: 2, getDayOfMonth: 1, getDayOfWeek: 1, getDayOfYear: 32, getHours: 0, getMinutes: 30, getSeconds: 15 })
  })
})

test('what only the other protocol has is an error when the file is loaded', () => {
  for (const [text, kind] of [['facts.tables == []', 'kubernetes'], ['facts.verb == "get"', 'sql']] as const) {
    const result = compileCondition(text, kind)
    expect(result.ok ? 'loaded' : result.problem).toMatch(/No such key/)
  }
  expect(compileCondition('facts.verb == "get" && has(facts.namespace) && facts.argv.all(a, a != "x")', 'kubernetes').ok).toBe(true)
})
