// Properties of the one sentence, over random policies and statements, and agreement with a dumb reading of it.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ResolvedAccess, SqlCommandFacts, SqlKind } from '../../shared/command.ts'
import type { Policy, Rule } from '../../shared/policy/rule.ts'
import type { Who } from '../../shared/policy/who.ts'
import type { Effect } from '../../shared/verdict.ts'
import { evaluate } from './evaluate.ts'
import type { PolicySnapshot } from './snapshot.ts'
import { inGroup, shop, statement } from './testing/build.ts'

const kinds = ['select', 'update', 'update-without-where', 'drop', 'do'] as const satisfies readonly SqlKind[]
const globs = ['*', 'a.*', 'b.*', '*.t', 'a.t', 'a.u'] as const
const relations = ['a.t', 'a.u', 'b.t', 'b.u'] as const
const groupNames = ['g', 'h'] as const

const who: fc.Arbitrary<Who> = fc.subarray([...groupNames]).map((groups) => ({
  anyOf: [{ requires: groups.length === 2 ? [{ kind: 'everyone' }] : [{ kind: 'groups', anyOf: groups }], except: { anyOf: [] } }],
}))
const rule = (effect: fc.Arbitrary<Effect>): fc.Arbitrary<Omit<Rule, 'id'>> => fc.record({
  who, effect,
  body: fc.record({ kind: fc.constant('sql' as const), kinds: fc.subarray([...kinds, '*' as const], { minLength: 1 }), on: fc.option(fc.subarray([...globs], { minLength: 1 })) }),
  limit: fc.option(fc.record({ rows: fc.option(fc.integer({ min: 1, max: 9 })), seconds: fc.constant(null) })),
  need: fc.constant({ groups: ['x'], users: [], count: 1, withinMs: 1_000 }),
})
const anyEffect = fc.constantFrom<Effect>('allow', 'approve', 'deny')
const rules = fc.array(rule(anyEffect), { maxLength: 5 })
const access: fc.Arbitrary<ResolvedAccess> = fc.record({
  kind: fc.constantFrom<SqlKind>(...kinds), relations: fc.subarray([...relations], { maxLength: 2 }), isFreeCatalog: fc.constant(false),
})
const facts: fc.Arbitrary<SqlCommandFacts> = fc.array(fc.array(access, { minLength: 1, maxLength: 3 }), { maxLength: 3 }).map((all) => ({
  kind: 'sql', statements: all.map((accesses) => ({ ...statement([], { kind: accesses[0]!.kind }), accesses })),
}))
const principal = fc.subarray([...groupNames]).map((groups) => inGroup(...groups))

const snapshot = (list: readonly Omit<Rule, 'id'>[]): PolicySnapshot => {
  const policy: Policy = { policy: 'p', scope: { kind: 'connections', names: ['*'] }, rules: list.map((one, at) => ({ ...one, id: `r${at}` })), masks: [], tests: [] }
  return { hash: '', policies: [policy] }
}
const strictness: Record<Effect, number> = { allow: 0, approve: 1, deny: 2 }
const runs = { numRuns: 3_000 }

test('agrees with a dumb reading of the sentence', () => {
  fc.assert(fc.property(rules, facts, principal, (list, command, who) => {
    expect(evaluate(snapshot(list), who, shop, command, 0).effect).toBe(dumb(list, command, who.groups))
  }), runs)
})

test('a matching deny always wins, wherever it stands and whatever else is there', () => {
  fc.assert(fc.property(rules, rules, facts, principal, (before, after, command, who) => {
    fc.pre(command.statements.length > 0)
    const kind = command.statements[0]!.accesses[0]!.kind
    const deny: Omit<Rule, 'id'> = {
      who: { anyOf: [{ requires: [{ kind: 'everyone' }], except: { anyOf: [] } }] }, effect: 'deny', body: { kind: 'sql', kinds: [kind], on: null }, limit: null, need: null,
    }
    expect(evaluate(snapshot([...before, deny, ...after]), who, shop, command, 0).effect).toBe('deny')
  }), runs)
})

test('adding an allow never takes a denying rule away, nor an approval', () => {
  fc.assert(fc.property(rules, rule(fc.constant('allow')), facts, principal, (list, allow, command, who) => {
    const before = evaluate(snapshot(list), who, shop, command, 0)
    const after = evaluate(snapshot([...list, allow]), who, shop, command, 0)
    if (before.rule !== null && before.effect !== 'allow') expect([after.effect, after.rule]).toEqual([before.effect, before.rule])
    // And where it adds a rule to what was allowed, it can only tighten the limit.
    if (before.effect === 'allow') expect(after.limit.rows ?? Infinity).toBeLessThanOrEqual(before.limit.rows ?? Infinity)
  }), runs)
})

test('adding a deny or an approve never makes anything looser that was not refused for want of a rule', () => {
  const tightening = rule(fc.constantFrom<Effect>('deny', 'approve'))
  fc.assert(fc.property(rules, tightening, facts, principal, (list, added, command, who) => {
    const before = evaluate(snapshot(list), who, shop, command, 0)
    const after = evaluate(snapshot([...list, added]), who, shop, command, 0)
    if (before.rule !== null || added.effect === 'deny') expect(strictness[after.effect]).toBeGreaterThanOrEqual(strictness[before.effect])
  }), runs)
})

test('the order of rules decides which is named, never what happens', () => {
  fc.assert(fc.property(rules, facts, principal, (list, command, who) => {
    const forward = evaluate(snapshot(list), who, shop, command, 0)
    const backward = evaluate(snapshot(list.toReversed()), who, shop, command, 0)
    expect([backward.effect, backward.limit]).toEqual([forward.effect, forward.limit])
  }), runs)
})

function dumb(list: readonly Omit<Rule, 'id'>[], command: SqlCommandFacts, groups: readonly string[]): Effect {
  const mine = list.filter(({ who }) => who.anyOf.some(({ requires }) => requires.every((need) => need.kind === 'everyone' || (need.kind === 'groups' && need.anyOf.some((group) => groups.includes(group))))))
  const accesses = command.statements.flatMap((one) => one.accesses)
  const kindMatches = (one: Omit<Rule, 'id'>, kind: SqlKind) => one.body.kinds.some((word) => word === '*' || word === kind || (kind === 'update-without-where' && word === 'update'))
  const onMatches = (one: Omit<Rule, 'id'>, relation: string) => one.body.on === null || one.body.on.some((glob) => new RegExp(`^${glob.replace('.', '\\.').replace('*', '.*')}$`).test(relation))
  const hits = (effect: Effect) => mine.some((one) => one.effect === effect && accesses.some(({ kind, relations }) => kindMatches(one, kind)
    && (relations.length === 0 ? one.body.on === null || kind !== 'select' : relations.some((relation) => onMatches(one, relation)))))
  if (hits('deny')) return 'deny'
  if (hits('approve')) return 'approve'
  const allows = mine.filter(({ effect }) => effect === 'allow')
  if (allows.length === 0 && !mine.some(({ effect }) => effect === 'approve')) return 'deny'
  const isCovered = ({ kind, relations }: ResolvedAccess) => (relations.length === 0
    ? allows.some((one) => kindMatches(one, kind))
    : relations.every((relation) => allows.some((one) => kindMatches(one, kind) && onMatches(one, relation))))
  return accesses.every(isCovered) ? 'allow' : 'deny'
}
