// Properties of the one sentence, over random policies and statements, and agreement with a dumb reading of it.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ColumnUse, FunctionUse, ResolvedAccess, SqlCommandFacts, SqlKind } from '../../shared/command.ts'
import type { Policy, Rule } from '../../shared/policy/rule.ts'
import type { SqlBody } from '../../shared/policy/sql-body.ts'
import type { Who } from '../../shared/policy/who.ts'
import type { Effect } from '../../shared/verdict.ts'
import { evaluate, needsEstimate } from './evaluate.ts'
import type { PolicySnapshot } from './snapshot.ts'
import { inGroup, shop, statement } from './testing/build.ts'

const kinds = ['select', 'update', 'update-without-where', 'drop', 'do'] as const satisfies readonly SqlKind[]
const globs = ['*', 'a.*', 'b.*', '*.t', 'a.t', 'a.u'] as const
const relations = ['a.t', 'a.u', 'b.t', 'b.u'] as const
const groupNames = ['g', 'h'] as const

/** The last one fails where there is no such claim, and there is none. */
const conditions = ['1 == 1', 'facts.statements > 1', '"a.t" in facts.tables', 'now.getHours("UTC") < 12', 'principal.claims.team == "red"'] as const
const morning = 8 * 3_600_000

const who: fc.Arbitrary<Who> = fc.subarray([...groupNames]).map((groups) => ({
  anyOf: [{ requires: groups.length === 2 ? [{ kind: 'everyone' }] : [{ kind: 'groups', anyOf: groups }], except: { anyOf: [] } }],
}))
type OfSql = Omit<Rule, 'id' | 'body'> & { readonly body: SqlBody }
const rule = (effect: fc.Arbitrary<Effect>): fc.Arbitrary<OfSql> => fc.record({
  who, effect,
  body: fc.record({
    kind: fc.constant('sql' as const), kinds: fc.subarray([...kinds, '*' as const], { minLength: 1 }), on: fc.option(fc.subarray([...globs], { minLength: 1 })),
    columns: fc.option(fc.subarray(['x', 'y', '*'], { minLength: 1 }), { freq: 2 }), functions: fc.option(fc.subarray(['f', 'g'], { minLength: 1 }), { freq: 4 }),
  }),
  when: fc.option(fc.constantFrom(...conditions), { freq: 3 }), rowsOver: fc.option(fc.constantFrom(10, 1_000), { freq: 3 }), mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'shadow' as const),
  limit: fc.option(fc.record({ rows: fc.option(fc.integer({ min: 1, max: 9 })), seconds: fc.constant(null) })),
  need: fc.constant({ groups: ['x'], users: [], count: 1, withinMs: 1_000 }),
})
const anyEffect = fc.constantFrom<Effect>('allow', 'approve', 'deny')
const rules = fc.array(rule(anyEffect), { maxLength: 5 })
const access: fc.Arbitrary<ResolvedAccess> = fc.record({
  kind: fc.constantFrom<SqlKind>(...kinds), relations: fc.subarray([...relations], { maxLength: 2 }), isFreeCatalog: fc.constant(false),
})
const columns: fc.Arbitrary<readonly ColumnUse[]> = fc.array(fc.record({ qualifier: fc.constant(null), name: fc.constantFrom('x', 'y', 'z', '*'), use: fc.constantFrom('read', 'target') }), { maxLength: 2 })
const functions: fc.Arbitrary<readonly FunctionUse[]> = fc.array(fc.record({ schema: fc.constant('pg_catalog'), name: fc.constantFrom('f', 'g', 'h'), isConstant: fc.constant(true) }), { maxLength: 2 })
const facts: fc.Arbitrary<SqlCommandFacts> = fc.record({
  estimatedRows: fc.constantFrom(null, 5, 500, 5_000),
  all: fc.array(fc.record({ accesses: fc.array(access, { minLength: 1, maxLength: 3 }), columns, functions }), { maxLength: 3 }),
}).map(({ all, estimatedRows }) => ({
  kind: 'sql', estimatedRows, statements: all.map(({ accesses, ...used }) => ({ ...statement([], { kind: accesses[0]!.kind, ...used }), accesses })),
}))
const principal = fc.subarray([...groupNames]).map((groups) => inGroup(...groups))

const snapshot = (list: readonly OfSql[]): PolicySnapshot => {
  const policy: Policy = { policy: 'p', scope: { kind: 'connections', names: ['*'] }, rules: list.map((one, at) => ({ ...one, id: `r${at}` })), detectors: [], masks: [], tests: [] }
  return { hash: '', policies: [policy] }
}
const enforced = (list: readonly OfSql[]) => list.filter(({ mode }) => mode === 'enforce')
const strictness: Record<Effect, number> = { allow: 0, approve: 1, deny: 2 }
const runs = { numRuns: 3_000 }

test('agrees with a dumb reading of the sentence', () => {
  const seen = new Set<Effect>()
  fc.assert(fc.property(rules, facts, principal, (list, command, who) => {
    const { effect } = evaluate(snapshot(list), who, shop, command, morning)
    expect(effect).toBe(dumb(enforced(list), command, who.groups))
    seen.add(effect)
  }), runs)
  expect(seen.size).toBe(3)
})

test('a matching deny always wins, wherever it stands and whatever else is there', () => {
  fc.assert(fc.property(rules, rules, facts, principal, (before, after, command, who) => {
    fc.pre(command.statements.length > 0)
    const kind = command.statements[0]!.accesses[0]!.kind
    const deny: OfSql = {
      who: { anyOf: [{ requires: [{ kind: 'everyone' }], except: { anyOf: [] } }] }, effect: 'deny', body: { kind: 'sql', kinds: [kind], on: null, columns: null, functions: null },
      when: null, rowsOver: null, mode: 'enforce', limit: null, need: null,
    }
    expect(evaluate(snapshot([...before, deny, ...after]), who, shop, command, morning).effect).toBe('deny')
  }), runs)
})

test('adding an allow never takes a denying rule away, nor an approval', () => {
  fc.assert(fc.property(rules, rule(fc.constant('allow')), facts, principal, (list, allow, command, who) => {
    const before = evaluate(snapshot(list), who, shop, command, morning)
    const after = evaluate(snapshot([...list, allow]), who, shop, command, morning)
    if (before.rule !== null && before.effect !== 'allow') expect([after.effect, after.rule]).toEqual([before.effect, before.rule])
    // And where it adds a rule to what was allowed, it can only tighten the limit.
    if (before.effect === 'allow') expect(after.limit.rows ?? Infinity).toBeLessThanOrEqual(before.limit.rows ?? Infinity)
  }), runs)
})

test('adding a deny or an approve never makes anything looser that was not refused for want of a rule', () => {
  const tightening = rule(fc.constantFrom<Effect>('deny', 'approve'))
  fc.assert(fc.property(rules, tightening, facts, principal, (list, added, command, who) => {
    const before = evaluate(snapshot(list), who, shop, command, morning)
    const after = evaluate(snapshot([...list, added]), who, shop, command, morning)
    if (before.rule !== null || added.effect === 'deny') expect(strictness[after.effect]).toBeGreaterThanOrEqual(strictness[before.effect])
  }), runs)
})

test('the order of rules decides which is named, never what happens', () => {
  fc.assert(fc.property(rules, facts, principal, (list, command, who) => {
    const forward = evaluate(snapshot(list), who, shop, command, morning)
    const backward = evaluate(snapshot(list.toReversed()), who, shop, command, morning)
    expect([backward.effect, backward.limit]).toEqual([forward.effect, forward.limit])
  }), runs)
})

test('adding a deny never allows more', () => {
  fc.assert(fc.property(rules, rule(fc.constant('deny')), facts, principal, (list, deny, command, who) => {
    const before = evaluate(snapshot(list), who, shop, command, morning)
    const after = evaluate(snapshot([...list, deny]), who, shop, command, morning)
    expect(strictness[after.effect]).toBeGreaterThanOrEqual(strictness[before.effect])
  }), runs)
})

test('rules in shadow change nothing but what is said of them', () => {
  fc.assert(fc.property(rules, facts, principal, (list, command, who) => {
    const { shadow, ...verdict } = evaluate(snapshot(list), who, shop, command, morning)
    const without = evaluate(snapshot(list.map((one) => (one.mode === 'shadow' ? { ...one, who: { anyOf: [] } } : one))), who, shop, command, morning)
    expect({ ...verdict, isTimed: null }).toEqual({ ...without, isTimed: null, shadow: undefined })
    expect(shadow.every(({ rule: id }) => list[Number(id.slice(1))]!.mode === 'shadow')).toBe(true)
  }), runs)
})

test('what a shadow rule says it would do is what it does once it is enforced alone', () => {
  fc.assert(fc.property(rule(fc.constantFrom<Effect>('deny', 'approve')), facts, principal, (one, command, who) => {
    const { shadow } = evaluate(snapshot([{ ...one, mode: 'shadow' }]), who, shop, command, morning)
    const { effect, rule: ref } = evaluate(snapshot([{ ...one, mode: 'enforce' }]), who, shop, command, morning)
    expect(shadow.map((would) => would.effect)).toEqual(ref === null ? [] : [effect])
  }), runs)
})

test('a narrower allow allows no more: with columns, functions or a condition', () => {
  fc.assert(fc.property(rule(fc.constant('allow')), rules, facts, principal, (allow, others, command, who) => {
    const wide = { ...allow, when: null, body: { ...allow.body, columns: null, functions: null } }
    const before = evaluate(snapshot([...others, wide]), who, shop, command, morning)
    const after = evaluate(snapshot([...others, allow]), who, shop, command, morning)
    expect(strictness[after.effect]).toBeGreaterThanOrEqual(strictness[before.effect])
  }), runs)
})

test('an unknown estimate is never looser than a known one, and one that is not needed changes nothing', () => {
  fc.assert(fc.property(rules, facts, principal, (list, command, who) => {
    const with_ = (estimatedRows: number | null) => evaluate(snapshot(list), who, shop, { ...command, estimatedRows }, morning)
    const unknown = with_(null)
    for (const known of [0, 100, 10_000].map(with_)) {
      // An approve of many rows opens what nothing else does: then few are refused for want of a rule, and many are held.
      if (known.effect !== 'deny' || known.rule !== null) expect(strictness[unknown.effect]).toBeGreaterThanOrEqual(strictness[known.effect])
    }
    if (!needsEstimate(snapshot(list), who, shop, command, morning)) expect(with_(0).effect).toBe(with_(null).effect)
  }), runs)
})

test('a verdict that asked for the clock says so', () => {
  fc.assert(fc.property(rules, facts, principal, (list, command, who) => {
    const verdicts = [0, morning, 2 * morning].map((now) => evaluate(snapshot(list), who, shop, command, now))
    if (verdicts.every(({ isTimed }) => !isTimed)) expect(new Set(verdicts.map(({ effect }) => effect)).size).toBe(1)
  }), runs)
})

function dumb(list: readonly OfSql[], command: SqlCommandFacts, groups: readonly string[]): Effect {
  const mine = list.filter(({ who }) => who.anyOf.some(({ requires }) => requires.every((need) => need.kind === 'everyone' || (need.kind === 'groups' && need.anyOf.some((group) => groups.includes(group))))))
  const kindMatches = (one: OfSql, kind: SqlKind) => one.body.kinds.some((word) => word === '*' || word === kind || (kind === 'update-without-where' && word === 'update'))
  const onMatches = (one: OfSql, relation: string) => one.body.on === null || one.body.on.some((glob) => new RegExp(`^${glob.replace('.', '\\.').replace('*', '.*')}$`).test(relation))
  const conditionHolds = ({ when, effect }: OfSql) => when === null || when === conditions[0] || when === conditions[3]
    || (when === conditions[1] && command.statements.length > 1) || (when === conditions[2] && command.statements.some(({ accesses }) => accesses.some(({ relations }) => relations.includes('a.t'))))
    || (when === conditions[4] && effect !== 'allow')
  const isOver = ({ rowsOver }: OfSql) => rowsOver === null || command.estimatedRows === null || command.estimatedRows! > rowsOver

  const hits = (effect: Effect) => mine.filter((one) => one.effect === effect && conditionHolds(one) && isOver(one)).some((one) => command.statements.some(({ statement: { columns: used, functions: called }, accesses }) => accesses.some(({ kind, relations }) => {
    const isRow = kind === 'drop' || kind === 'do'
    const isKind = kindMatches(one, kind)
    if (!isKind && !(one.body.columns !== null && kindMatches(one, 'select'))) return false
    if (one.body.functions !== null && kind !== 'do' && !called.some(({ name }) => one.body.functions!.includes(name))) return false
    if (relations.length === 0) return (one.body.columns === null && one.body.on === null) || kind !== 'select' && (one.body.kinds.includes('*') || isKind)
    if (!relations.some((relation) => onMatches(one, relation))) return false
    if (one.body.columns === null) return true
    if (isRow && isKind) return true
    const asked = used.filter(({ use }) => use === 'read' || (isKind && kind !== 'select'))
    return asked.some(({ name }) => name === '*' || one.body.columns!.includes('*') || one.body.columns!.includes(name))
  })))
  if (hits('deny')) return 'deny'
  if (hits('approve')) return 'approve'
  if (!mine.some(({ effect }) => effect !== 'deny')) return 'deny'
  const isCovered = command.statements.every(({ statement: { columns: used, functions: called }, accesses }) => {
    const allows = mine.filter((one) => one.effect === 'allow' && conditionHolds(one) && (one.body.functions === null || called.every(({ name }) => one.body.functions!.includes(name))))
    const fits = (kind: SqlKind, relation: string | null) => allows.filter((one) => kindMatches(one, kind) && !(kind === 'do' && one.body.functions !== null) && (relation === null || onMatches(one, relation)))
    return accesses.every(({ kind, relations }) => (relations.length === 0 ? [null] : relations).every((relation) => {
      const own = fits(kind, relation)
      if (relation === null || own.length === 0) return own.length > 0
      if (own.some((one) => one.body.columns === null)) return true
      const isRow = kind === 'drop' || kind === 'do'
      const asked = [...(isRow ? [{ name: '*', use: 'target' }] : []), ...used.filter(({ use }) => use === 'read' || (!isRow && kind !== 'select'))]
      return asked.every(({ name, use }) => [...own, ...(use === 'read' ? fits('select', relation) : [])].some((one) => one.body.columns === null || one.body.columns.includes('*') || one.body.columns.includes(name)))
    }))
  })
  return isCovered ? 'allow' : 'deny'
}
