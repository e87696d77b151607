// Properties of Kubernetes rules over random bodies and requests: what an allow covers a deny of the same is about; what a request leaves
// open is judged as the worst that it may turn out to be; and the sentence holds as for SQL.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { kubernetesVerbs, type KubernetesBody, type KubernetesCommandFacts, type KubernetesPrivilege } from '../../shared/kubernetes.ts'
import { isQuiet } from '../../shared/policy/kubernetes-facts.ts'
import type { KubernetesRuleBody } from '../../shared/policy/kubernetes-body.ts'
import type { Policy, Rule } from '../../shared/policy/rule.ts'
import type { Effect } from '../../shared/verdict.ts'
import { evaluate } from './evaluate.ts'
import { compileKubernetesBody } from './kubernetes-body.ts'
import type { PolicySnapshot } from './snapshot.ts'
import { someone } from './testing/build.ts'
import { prod } from './testing/kubernetes.ts'

const some = <T>(...values: readonly T[]) => fc.option(fc.subarray([...values], { minLength: 1, maxLength: 2 }), { freq: 2 })
const privileges: readonly (KubernetesPrivilege | null)[] = [null, null, 'rbac', 'mint-token']
const words = ['*', 'get', 'list', 'create', 'update', 'patch', 'delete', 'deletecollection', 'exec', 'rbac', 'mint-token', 'mass-delete'] as const

const ruleBody: fc.Arbitrary<KubernetesRuleBody> = fc.record({
  kind: fc.constant('kubernetes' as const), words: fc.subarray([...words], { minLength: 1, maxLength: 3 }),
  resources: some('*', 'pods', 'pods/*', 'pods/exec', '*/scale', 'services', '/metrics', '/logs/**'), groups: some('', 'apps', '*', 'a*'),
  namespaces: some('*', 'shop', 'shop-*', 'kube-system'), names: some('*', 'web', 'w*', 'shop'), argv: fc.option(fc.subarray(['ls *', 'ls', 'sh -c *', '* -l'], { minLength: 1 }), { freq: 1 }),
  fields: fc.option(fc.constantFrom(
    [{ pointer: '/spec/replicas', anyOf: ['0', '1*'] }], [{ pointer: '/spec/list/*/image', anyOf: ['r/*', 'x'] }], [{ pointer: '/spec/list/0/image', anyOf: ['x'] }], [{ pointer: '/spec', anyOf: ['*'] }, { pointer: '/spec/replicas', anyOf: ['*'] }],
  ), { freq: 1 }),
  deletes: fc.constant({ over: 2, withinMs: 1_000 }),
})

const spec = fc.record({ replicas: fc.constantFrom(0, 1, 5, null, '10', { a: 1 }), list: fc.array(fc.record({ image: fc.constantFrom('r/a', 'r/a/b', 'x', 'y', 7) }, { requiredKeys: [] }), { maxLength: 2 }), $patch: fc.constant('replace') }, { requiredKeys: [] })
const operation = fc.record({
  op: fc.constantFrom('add', 'replace', 'remove', 'test', 'copy', 'move', 'odd'), path: fc.constantFrom('', '/spec', '/spec/replicas', '/spec/list/0', '/spec/list/-', '/spec/list/1/image', '/other', 'bad'),
  from: fc.constantFrom('/spec/replicas', '/other'), value: fc.oneof(fc.constantFrom(0, 'x', 'r/a', null), spec, fc.record({ spec })),
}, { requiredKeys: ['op', 'path'] })
const written: fc.Arbitrary<KubernetesBody | null> = fc.oneof(
  fc.record({ kind: fc.constantFrom('object', 'merge', 'apply' as const), value: fc.record({ spec }, { requiredKeys: [] }) }),
  fc.record({ kind: fc.constant('json-patch' as const), value: fc.array(operation, { maxLength: 3 }) }), fc.constant(null),
)

const facts: fc.Arbitrary<KubernetesCommandFacts> = fc.record({
  verb: fc.constantFrom(...kubernetesVerbs), privilege: fc.constantFrom(...privileges), group: fc.constantFrom('', 'apps'), resource: fc.constantFrom('pods', 'services', 'namespaces'),
  subresource: fc.constantFrom(null, 'exec', 'scale'), where: fc.constantFrom('shop', 'shop-eu', 'kube-system', 'all', 'cluster'), name: fc.constantFrom(null, 'web', 'db', 'shop'),
  argv: fc.constantFrom(null, [], ['ls'], ['ls', '-l'], ['sh', '-c', 'ls -l'], ['ls -l']), body: written, deletes: fc.array(fc.constantFrom(1, 500, 5_000), { maxLength: 4 }),
  plain: fc.option(fc.constantFrom({ path: '/metrics', isDiscovery: false }, { path: '/logs/', isDiscovery: false }, { path: '/apis', isDiscovery: true }), { freq: 8 }),
}).map(({ where, argv, ...rest }): KubernetesCommandFacts => ({
  kind: 'kubernetes', version: 'v1', labelSelector: null, fieldSelector: null, isDryRun: false, fieldManager: null, ports: [], ...rest,
  namespace: where === 'all' || where === 'cluster' ? null : where, scope: where === 'all' || where === 'cluster' ? where : 'namespace',
  exec: argv === null ? null : { container: null, argv, tty: false, stdin: false },
}))

const runs = { numRuns: 5_000 }

test('what an allow covers, a deny of the same is about: no allow covers more than a deny could take away', () => {
  let covered = 0
  fc.assert(fc.property(ruleBody, facts, (body, command) => {
    const { covers, concern } = compileKubernetesBody(body)
    if (!covers(command) || isQuiet(command)) return
    covered++
    expect(concern(command)).not.toBeNull()
  }), runs)
  expect(covered).toBeGreaterThan(50)
})

/** Requests that this one may turn out to be, or that it reaches. */
function concrete(command: KubernetesCommandFacts): readonly KubernetesCommandFacts[] {
  const namespaces = command.scope === 'all' ? ['shop', 'shop-eu', 'kube-system'].map((namespace) => ({ namespace, scope: 'namespace' as const })) : [{}]
  const names = command.name === null ? ['web', 'db', 'x', 'shop'].map((name) => ({ name })) : [{}]
  const bodies = command.body === null ? [{ kind: 'object' as const, value: { spec: { replicas: 0, list: [{ image: 'x' }] } } }, { kind: 'object' as const, value: {} }].map((body) => ({ body })) : [{}]
  return namespaces.flatMap((where) => names.flatMap((name) => bodies.map((body) => ({ ...command, ...where, ...name, ...body }))))
}

test('a deny that is about something a request may be, is about the request; an allow that covers the request covers all of it', () => {
  let open = 0
  fc.assert(fc.property(ruleBody, facts, (body, command) => {
    // A list of namespaces is in none of them: the one exception, told in docs/policy.md.
    fc.pre(command.plain === null && !(command.resource === 'namespaces'))
    const { covers, concern } = compileKubernetesBody(body)
    const all = concrete(command)
    if (all.length > 1) open++
    if (all.some((one) => concern(one) !== null)) expect(concern(command)).not.toBeNull()
    if (covers(command)) expect(all.every(covers)).toBe(true)
  }), runs)
  expect(open).toBeGreaterThan(500)
})

const effects = fc.constantFrom<Effect>('allow', 'approve', 'deny')
const rule = fc.record({ effect: effects, body: ruleBody }).map(({ effect, body }): Omit<Rule, 'id'> => ({
  effect, body, who: { anyOf: [{ requires: [{ kind: 'everyone' }], except: { anyOf: [] } }] }, when: null, rowsOver: null, mode: 'enforce', limit: null,
  need: { groups: ['x'], users: [], count: 1, withinMs: 1_000 },
}))
const snapshot = (list: readonly Omit<Rule, 'id'>[]): PolicySnapshot => {
  const policy: Policy = { policy: 'p', scope: { kind: 'connections', names: ['*'] }, rules: list.map((one, at) => ({ ...one, id: `r${at}` })), detectors: [], masks: [], tests: [] }
  return { hash: '', policies: [policy] }
}
const strictness: Record<Effect, number> = { allow: 0, approve: 1, deny: 2 }

test('the order of rules never matters, one more deny or approve is never looser, and one more allow never stricter than deny by default', () => {
  fc.assert(fc.property(fc.array(rule, { maxLength: 5 }), rule, facts, (list, more, command) => {
    const effect = (rules: readonly Omit<Rule, 'id'>[]) => evaluate(snapshot(rules), someone(), prod, command, 0).effect
    const before = effect(list)
    expect(effect(list.toReversed())).toBe(before)
    if (more.effect === 'deny') expect(strictness[effect([...list, more])]).toBeGreaterThanOrEqual(strictness[before])
    // An approve opens what no rule allowed.
    if (more.effect === 'approve' && before !== 'deny') expect(strictness[effect([...list, more])]).toBeGreaterThanOrEqual(strictness[before])
    if (more.effect === 'allow') expect(strictness[effect([...list, more])]).toBeLessThanOrEqual(strictness[before])
  }), { numRuns: 4_000 })
})
