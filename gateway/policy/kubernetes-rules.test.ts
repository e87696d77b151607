// One line for each sentence of docs/policy.md about what Kubernetes rules match: deny and approve where they may, allow where it surely is.
import { describe, expect, test } from 'vitest'
import type { KubernetesCommandFacts } from '../../shared/kubernetes.ts'
import { massDeletesOverMax, massDeletesWithinMsMax } from '../../shared/limits.ts'
import { kubernetesDeletesKept, kubernetesDeletesKeptMs } from '../limits-kubernetes.ts'
import { evaluate } from './evaluate.ts'
import { snapshotOf, someone, sql } from './testing/build.ts'
import { body, exec, listOf, ofCluster, path, prod, request, verdictOf } from './testing/kubernetes.ts'

const everything = 'allow: { kubernetes: "*" }'
const isDenied = (deny: string, facts: KubernetesCommandFacts): boolean => verdictOf([everything, `deny: ${deny}`], facts).rule?.rule === 'r1'
const isAllowed = (allow: string, facts: KubernetesCommandFacts): boolean => verdictOf([`allow: ${allow}`], facts).effect === 'allow'

/** [rule body, request, a deny of it matches, an allow of it covers] */
type Line = readonly [rule: string, what: string, facts: KubernetesCommandFacts, denied: boolean, allowed: boolean]

const replicas = (count: unknown, kind: 'object' | 'merge' | 'apply' = 'object') => body(kind, { spec: { replicas: count } })
const patched = (...operations: readonly object[]) => request('patch', 'deployments', { group: 'apps', ...body('json-patch', operations) })
const toZero = '{ kubernetes: [create, update, patch], fields: { /spec/replicas: 0 } }'
const images = '{ kubernetes: [create, update, patch], fields: { "/spec/containers/*/image": "registry.example.com/*" } }'
const container = (image: unknown) => ({ spec: { containers: [{ name: 'a', image }] } })

test.each<Line>([
  ['{ kubernetes: [delete] }', 'that verb', request('delete'), true, true],
  ['{ kubernetes: [delete] }', 'another verb', request('get'), false, false],
  ['{ kubernetes: [delete] }', 'many at once, which is deleting but not only that', request('deletecollection', 'pods', { name: null }), true, false],
  ['{ kubernetes: [deletecollection] }', 'one, which is not many', request('delete'), false, false],
  ['{ kubernetes: [delete] }', 'an eviction, which deletes', request('create', 'pods/eviction'), true, false],
  ['{ kubernetes: [get] }', 'a list, whose verb is another', listOf('pods', 'shop'), false, false],
  ['{ kubernetes: [create] }', 'an apply, which may create', request('patch', 'pods', body('apply', {})), true, false],
  ['{ kubernetes: [create] }', 'a patch whose body nobody read', request('patch'), true, false],
  ['{ kubernetes: [create] }', 'a merge patch', request('patch', 'pods', body('merge', {})), false, false],
  ['{ kubernetes: [create] }', 'an update of what an update makes', request('update', 'services'), true, false],
  ['{ kubernetes: [create] }', 'an update of its status', request('update', 'services/status', body('object', {})), false, false],
  ['{ kubernetes: [create] }', 'an update of what must be there', request('update', 'pods', body('object', {})), false, false],
  ['{ kubernetes: [patch] }', 'an apply, of what is there or is not', request('patch', 'pods', body('apply', {})), true, true],
  ['{ kubernetes: "*" }', 'any verb', request('connect', 'services/proxy'), true, true],

  ['{ kubernetes: "*", resources: [pods] }', 'the resource', request('get'), true, true],
  ['{ kubernetes: "*", resources: [pods] }', 'a subresource, which is another', request('get', 'pods/log'), false, false],
  ['{ kubernetes: "*", resources: [pods/log] }', 'the subresource', request('get', 'pods/log'), true, true],
  ['{ kubernetes: "*", resources: ["pods/*"] }', 'any subresource', request('get', 'pods/log'), true, true],
  ['{ kubernetes: "*", resources: ["pods/*"] }', 'none', request('get'), false, false],
  ['{ kubernetes: "*", resources: ["*/scale"] }', 'that subresource of any', request('patch', 'deployments/scale'), true, true],
  ['{ kubernetes: "*", resources: ["*"] }', 'a subresource, by a lone star', request('get', 'pods/log'), true, true],
  ['{ kubernetes: "*", resources: [deployments], groups: [apps] }', 'the group', request('get', 'deployments', { group: 'apps' }), true, true],
  ['{ kubernetes: "*", resources: [deployments] }', 'any group, where none is written', request('get', 'deployments', { group: 'example.com' }), true, true],
  ['{ kubernetes: "*", groups: ["*.example.com"] }', 'a group by its end', request('get', 'widgets', { group: 'a.b.example.com' }), true, true],
  ['{ kubernetes: "*", groups: [""] }', 'the core group', request('get'), true, true],
  ['{ kubernetes: "*", groups: [""] }', 'no other', request('get', 'deployments', { group: 'apps' }), false, false],

  ['{ kubernetes: "*", namespaces: ["shop-*"] }', 'a namespace', request('get', 'pods', { namespace: 'shop-eu' }), true, true],
  ['{ kubernetes: "*", namespaces: [shop] }', 'another namespace', request('get', 'pods', { namespace: 'hr' }), false, false],
  ['{ kubernetes: "*", namespaces: [shop] }', 'all namespaces, of which it is one', listOf('secrets', null), true, false],
  ['{ kubernetes: "*", namespaces: ["*"] }', 'all namespaces, by a lone star', listOf('secrets', null), true, true],
  ['{ kubernetes: "*", namespaces: [shop] }', 'what is in no namespace', ofCluster('get', 'nodes', 'n1'), false, false],
  ['{ kubernetes: "*", namespaces: ["*"] }', 'what is in no namespace, by a lone star', ofCluster('get', 'nodes', 'n1'), true, true],
  ['{ kubernetes: "*", namespaces: ["kube-*"] }', 'the namespace itself', ofCluster('delete', 'namespaces', 'kube-system', { namespace: 'kube-system' }), true, true],
  ['{ kubernetes: "*", namespaces: ["kube-*"] }', 'the namespace itself, as it is made', ofCluster('create', 'namespaces', 'kube-x'), true, true],
  ['{ kubernetes: "*", namespaces: ["kube-*"] }', 'a namespace whose name the server makes', ofCluster('create', 'namespaces', null), true, false],
  ['{ kubernetes: "*", namespaces: ["kube-*"] }', 'the list of namespaces', ofCluster('list', 'namespaces', null), false, false],

  ['{ kubernetes: "*", names: ["web-*"] }', 'a name', request('get'), true, true],
  ['{ kubernetes: "*", names: [db] }', 'another', request('get'), false, false],
  ['{ kubernetes: "*", names: [db] }', 'a list, which has it among others', listOf('pods', 'shop'), true, false],
  ['{ kubernetes: "*", names: [db] }', 'a list of that one', listOf('pods', 'shop', { name: 'db' }), true, true],
  ['{ kubernetes: "*", names: [db] }', 'a name that the server makes', request('create', 'pods', { name: null }), true, false],
  ['{ kubernetes: "*", names: ["*"] }', 'a list, by a lone star', listOf('pods', 'shop'), true, true],

  ['{ kubernetes: [exec], argv: ["ls *"] }', 'the command with more words', exec('ls', '-l', '/'), true, true],
  ['{ kubernetes: [exec], argv: ["ls *"] }', 'the command with none', exec('ls'), true, true],
  ['{ kubernetes: [exec], argv: [ls] }', 'the command with more words than are written', exec('ls', '/'), false, false],
  ['{ kubernetes: [exec], argv: ["cat /tmp/* done"] }', 'a star that is one word', exec('cat', '/tmp/a', 'done'), true, true],
  ['{ kubernetes: [exec], argv: ["cat /tmp/a"] }', 'two words in one', exec('cat /tmp/a'), true, false],
  ['{ kubernetes: [exec], argv: ["cat /tmp/a /tmp/b"] }', 'other words that read the same', exec('cat', '/tmp/a /tmp/b'), true, false],
  ['{ kubernetes: [exec], argv: ["sh -c \'ls -l\'"] }', 'a quoted word', exec('sh', '-c', 'ls -l'), true, true],
  ['{ kubernetes: [exec], argv: ["ls *"] }', 'a command that is not known', request('exec', 'pods/exec'), true, false],
  ['{ kubernetes: [exec], argv: ["ls *"] }', 'no command', exec(), true, false],

  [toZero, 'the value', request('create', 'deployments', replicas(0)), true, true],
  [toZero, 'another value', request('create', 'deployments', replicas(1)), false, false],
  [toZero, 'the value as text', request('create', 'deployments', replicas('0')), true, true],
  [toZero, 'no value', request('create', 'deployments', body('object', {})), false, false],
  [toZero, 'null, which is no value', request('create', 'deployments', replicas(null)), false, false],
  [toZero, 'a body that nobody read', request('create', 'deployments'), true, false],
  [toZero, 'a request that writes no object', request('delete', 'deployments'), false, false],
  [toZero, 'a merge patch that brings it', request('patch', 'deployments', replicas(0, 'merge')), true, true],
  [toZero, 'a merge patch that brings another', request('patch', 'deployments', replicas(2, 'merge')), false, false],
  [toZero, 'a merge patch that leaves it', request('patch', 'deployments', body('merge', { metadata: { labels: { a: 'b' } } })), false, false],
  [toZero, 'a merge patch that takes away what holds it', request('patch', 'deployments', body('merge', { spec: null })), false, false],
  [toZero, 'a patch with a directive', request('patch', 'deployments', body('merge', { spec: { $patch: 'replace' } })), true, false],
  [toZero, 'a patch that orders a list beside it', request('patch', 'deployments', body('merge', { spec: { '$setElementOrder/containers': [], replicas: 0 } })), true, true],
  [toZero, 'an apply that brings it', request('patch', 'deployments', replicas(0, 'apply')), true, true],
  [toZero, 'a JSON patch that brings it', patched({ op: 'replace', path: '/spec/replicas', value: 0 }), true, true],
  [toZero, 'a JSON patch that brings it within', patched({ op: 'add', path: '/spec', value: { replicas: 0 } }), true, true],
  [toZero, 'a JSON patch that replaces everything', patched({ op: 'replace', path: '', value: { spec: { replicas: 0 } } }), true, true],
  [toZero, 'a JSON patch of something else', patched({ op: 'add', path: '/metadata/labels/a', value: '0' }), false, false],
  [toZero, 'a JSON patch that copies onto it', patched({ op: 'copy', from: '/spec/x', path: '/spec/replicas' }), true, false],
  [toZero, 'a JSON patch that moves onto what holds it', patched({ op: 'move', from: '/x', path: '/spec' }), true, false],
  [toZero, 'a JSON patch that removes it', patched({ op: 'remove', path: '/spec/replicas' }), false, false],
  [toZero, 'a JSON patch that brings it and takes it away again', patched({ op: 'add', path: '/spec/replicas', value: 0 }, { op: 'remove', path: '/spec' }), true, false],
  [toZero, 'a JSON patch that tests it', patched({ op: 'test', path: '/spec/replicas', value: 0 }), false, false],
  [toZero, 'a JSON patch that hides it behind an escape', patched({ op: 'add', path: '/spec~1replicas', value: 0 }), false, false],
  [toZero, 'a JSON patch with an operation nobody knows', patched({ op: 'merge', path: '/a', value: 1 }), true, false],
  [toZero, 'a JSON patch first to it and then from it', patched({ op: 'add', path: '/spec/replicas', value: 0 }, { op: 'replace', path: '/spec/replicas', value: 3 }), true, false],
  ['{ kubernetes: [create], fields: { /a~1b/c: x } }', 'a name with a slash', request('create', 'widgets', body('object', { 'a/b': { c: 'x' } })), true, true],
  ['{ kubernetes: [create], fields: { /spec/template: "*" } }', 'anything there, by a lone star', request('create', 'deployments', body('object', { spec: { template: {} } })), true, true],
  ['{ kubernetes: [create], fields: { /spec: "a*" } }', 'a map, which is no text', request('create', 'deployments', body('object', { spec: {} })), false, false],
  ['{ kubernetes: [create], fields: { /constructor/name: "*" } }', 'a member that objects of JavaScript have', request('create', 'widgets', body('object', {})), false, false],
  [images, 'one segment', request('create', 'pods', body('object', container('registry.example.com/a'))), true, true],
  [images, 'more segments, of which an allow says nothing', request('create', 'pods', body('object', container('registry.example.com/a/b'))), true, false],
  [images, 'one of several', request('create', 'pods', body('object', { spec: { containers: [...container('registry.example.com/a').spec.containers, ...container('evil').spec.containers] } })), true, false],
  [images, 'one of several that has none', request('create', 'pods', body('object', { spec: { containers: [...container('registry.example.com/a').spec.containers, { name: 'b' }] } })), true, false],
  [images, 'a list that a strategic patch merges by key', request('patch', 'pods', body('merge', container('registry.example.com/a'))), true, true],
  [images, 'an element added by a JSON patch', patched({ op: 'add', path: '/spec/containers/-', value: { image: 'registry.example.com/a' } }), true, true],
  ['{ kubernetes: [patch], fields: { /spec/containers/0/image: x } }', 'a place in a list, by a merge patch', request('patch', 'pods', body('merge', container('y'))), true, false],
  ['{ kubernetes: [patch], fields: { /spec/containers/0/image: x } }', 'a place in a list that another moves', patched({ op: 'remove', path: '/spec/containers/1' }), true, false],
  ['{ kubernetes: [patch], fields: { /spec/containers/0/image: x } }', 'a place in a list, by a negative index', patched({ op: 'replace', path: '/spec/containers/-1/image', value: 'x' }), true, false],
  ['{ kubernetes: [create], fields: { /spec/a: x, /spec/b: x } }', 'both fields', request('create', 'widgets', body('object', { spec: { a: 'x', b: 'x' } })), true, true],
  ['{ kubernetes: [create], fields: { /spec/a: x, /spec/b: x } }', 'one of two', request('create', 'widgets', body('object', { spec: { a: 'x' } })), false, false],

  ['{ kubernetes: "*", names: [x] }', 'a path that is no resource, of which nothing is known', path('/metrics'), true, false],
  ['{ kubernetes: [get], resources: [pods] }', 'a path, where resources are named', path('/metrics'), false, false],
  ['{ kubernetes: [get], resources: [/metrics] }', 'the path', path('/metrics'), true, true],
  ['{ kubernetes: [get], resources: [/logs] }', 'the path with a slash behind', path('/logs/'), true, false],
  ['{ kubernetes: [get], resources: ["/logs/**"] }', 'a path below', path('/logs/a/b'), true, true],
  ['{ kubernetes: "*" }', 'a path that nobody named', path('/debug/pprof/heap'), true, false],
  ['{ kubernetes: "*", resources: ["*"] }', 'a path, by a lone star', path('/debug/pprof/heap'), true, false],
  ['{ kubernetes: [get], resources: ["/metrics"] }', 'another resource', request('get'), false, false],
  ['{ kubernetes: [delete] }', 'a dry run, as the real thing', request('delete', 'pods', { isDryRun: true }), true, true],
])('%s and %s', (rule, _, facts, denied, allowed) => {
  expect({ denied: isDenied(rule, facts), allowed: isAllowed(rule, facts) }).toEqual({ denied, allowed })
})

describe('privileges', () => {
  const token = request('create', 'serviceaccounts/token', { privilege: 'mint-token', name: 'deployer' })
  test.each([
    ['everything', '{ kubernetes: "*" }', false], ['its verb', '{ kubernetes: [create], resources: [serviceaccounts/token] }', false],
    ['the word', '{ kubernetes: [mint-token] }', true], ['the word, in another namespace', '{ kubernetes: [mint-token], namespaces: [hr] }', false], ['another word', '{ kubernetes: [rbac] }', false],
  ])('an allow of %s', (_, rule, expected) => expect(isAllowed(rule, token)).toBe(expected))

  test.each([['everything', '{ kubernetes: "*" }'], ['its verb', '{ kubernetes: [create] }'], ['the word', '{ kubernetes: [mint-token] }']])('a deny of %s is about it', (_, rule) => {
    expect(verdictOf(['allow: { kubernetes: [mint-token] }', `deny: ${rule}`], token).rule?.rule).toBe('r1')
  })

  test('the denial names the word', () => {
    expect(verdictOf([everything], token).reason).toBe('no rule allows mint-token (create serviceaccounts/token of deployer in namespace shop), which makes a token of a service account; "*" does not cover that, a rule has to name mint-token')
  })
})

describe('mass deletes', () => {
  const hold = (deletes = '') => [everything, `approve: { kubernetes: [mass-delete]${deletes} }`]
  const after = (...ages: readonly number[]) => request('delete', 'pods', { deletes: ages })
  test.each<readonly [what: string, deletes: string, facts: KubernetesCommandFacts, effect: string]>([
    ['one', '', after(), 'allow'], ['a fifth', '', after(1, 2, 3, 4), 'allow'], ['a sixth', '', after(1, 2, 3, 4, 5), 'approve'], ['a sixth, of which one was long ago', '', after(1, 2, 3, 4, 60_001), 'allow'],
    ['an eviction, the sixth', '', request('create', 'pods/eviction', { deletes: [1, 2, 3, 4, 5] }), 'approve'], ['an eviction', '', request('create', 'pods/eviction'), 'allow'],
    ['a collection', '', request('deletecollection', 'pods', { name: null }), 'approve'], ['a collection that is deleted by a verb it is not', '', request('update', 'pods', body('object', {})), 'allow'],
    ['a third over two', ', deletes: { over: 2 }', after(1, 2), 'approve'], ['a third within 10 s', ', deletes: { over: 2, within: 10s }', after(1, 11_000), 'allow'],
    ['the first over none', ', deletes: { over: 0 }', after(), 'approve'], ['ages that are no numbers', ', deletes: { over: 2 }', after(Number.NaN, Number.NaN), 'approve'], ['a clock that went back', ', deletes: { over: 2 }', after(-5, -9), 'approve'],
  ])('%s', (_, deletes, facts, effect) => expect(verdictOf(hold(deletes), facts).effect).toBe(effect))

  test('no rule may count more deletes than are remembered', () => {
    expect(massDeletesOverMax).toBeLessThanOrEqual(kubernetesDeletesKept)
    expect(massDeletesWithinMsMax).toBeLessThanOrEqual(kubernetesDeletesKeptMs)
  })

  test('the sentence says why a single delete is held', () => {
    expect(verdictOf(hold(', deletes: { over: 0 }'), after()).reason).toBe('held by rule r1 (policy p) for on-call: delete pods/web-1 in namespace shop (as mass-delete) needs approval')
  })
})

describe('what needs no rule beyond any rule', () => {
  const review = (resource: string, group = 'authorization.k8s.io') => ofCluster('create', resource, null, { group })
  const some = ['allow: { kubernetes: [get], resources: [pods] }']
  test.each<readonly [what: string, facts: KubernetesCommandFacts, isFree: boolean]>([
    ['discovery', path('/apis', true), true], ['a path that is none', path('/metrics'), false], ['discovery by another verb', { ...path('/apis', true), verb: 'create' }, false],
    ['selfsubjectaccessreviews', review('selfsubjectaccessreviews'), true], ['selfsubjectrulesreviews', review('selfsubjectrulesreviews'), true], ['selfsubjectreviews', review('selfsubjectreviews', 'authentication.k8s.io'), true],
    ['tokenreviews', review('tokenreviews', 'authentication.k8s.io'), false], ['subjectaccessreviews', review('subjectaccessreviews'), false], ['a namesake of another group', review('selfsubjectaccessreviews', 'example.com'), false],
    ['a subresource of one', { ...review('selfsubjectaccessreviews'), subresource: 'x' }, false], ['one whose group JavaScript knows', review('selfsubjectreviews', 'constructor'), false],
  ])('%s', (_, facts, isFree) => {
    expect(verdictOf(some, facts).effect).toBe(isFree ? 'allow' : 'deny')
    expect(verdictOf(['deny: { kubernetes: [delete] }'], facts).effect).toBe('deny')
    expect(evaluate(snapshotOf('policy: p\nconnections: [prod]\nrules: [{ id: a, who: everyone, allow: { sql: "*" } }]'), someone(), prod, facts, 0).reason).toBe('no rule gives you access to connection prod')
  })

  test('a deny of everything is not about it, one that writes it out is', () => {
    for (const facts of [path('/apis', true), review('selfsubjectaccessreviews')]) {
      expect(verdictOf([...some, 'deny: { kubernetes: "*" }'], facts).effect).toBe('allow')
      expect(verdictOf([...some, 'deny: { kubernetes: "*", resources: ["*"] }'], facts).effect).toBe('allow')
    }
    expect(verdictOf([...some, 'deny: { kubernetes: [create], resources: [selfsubjectaccessreviews] }'], review('selfsubjectaccessreviews')).effect).toBe('deny')
    expect(verdictOf([...some, 'deny: { kubernetes: [create], resources: ["selfsubject*"] }'], review('selfsubjectaccessreviews')).effect).toBe('deny')
    expect(verdictOf([...some, 'deny: { kubernetes: [get], resources: [/openapi/**] }'], path('/openapi/v3', true)).effect).toBe('deny')
  })
})

describe('conditions', () => {
  const isIt = (when: string, facts: KubernetesCommandFacts) => verdictOf([`allow: { kubernetes: "*" }, when: '${when}'`], facts).effect === 'allow'
  const held = request('create', 'deployments', { group: 'apps', fieldManager: 'helm', ...body('object', { metadata: { labels: { team: 'red', n: 3 } } }) })
  test.each<readonly [when: string, facts: KubernetesCommandFacts, holds: boolean]>([
    ['facts.verb == "create" && facts.resource == "deployments" && facts.group == "apps"', held, true],
    ['facts.namespace == "shop" && facts.name == "web-1" && facts.fieldManager == "helm" && !facts.dryRun && !facts.allNamespaces', held, true],
    ['facts.labels.team == "red"', held, true], ['facts.labels.n == "3"', held, false], ['facts.labels.team == "red"', request('create'), false],
    ['facts.labels.team == "red"', request('patch', 'pods', body('merge', { metadata: { labels: { team: 'red' } } })), false],
    ['facts.namespace == "shop"', listOf('pods', null), false], ['!has(facts.namespace) && facts.allNamespaces', listOf('pods', null), true],
    ['facts.argv == ["ls", "-l"] && !facts.tty', exec('ls', '-l'), true], ['facts.argv.exists(a, a == "-l")', exec('ls', '-l'), true], ['facts.argv == []', request('get'), false],
    ['facts.ports.all(p, p == 80)', request('portforward', 'pods/portforward', { ports: [80, 80] }), true], ['facts.ports.all(p, p == 80)', request('portforward', 'pods/portforward'), false],
    ['facts.privilege == "rbac"', request('get'), false], ['facts.subresource == "log"', request('get', 'pods/log'), true],
  ])('%s', (when, facts, holds) => expect(isIt(when, facts)).toBe(holds))

  test('what cannot be asked of a request closes the rule', () => {
    expect(verdictOf([everything, `deny: { kubernetes: "*" }, when: 'facts.labels.team == "red"'`], request('get')).effect).toBe('deny')
    expect(verdictOf([everything, `deny: { kubernetes: "*" }, when: 'facts.argv.exists(a, a == "x")'`], exec(...Array.from({ length: 1_001 }, () => 'y'))).effect).toBe('deny')
  })
})

describe('between the protocols', () => {
  test('rules of one are about nothing of the other', () => {
    const both = snapshotOf('policy: p\nlabels: { env: production }\nrules:\n  - { id: s, who: everyone, allow: { sql: "*" } }\n  - { id: k, who: everyone, deny: { kubernetes: "*" } }')
    expect(evaluate(both, someone(), prod, request('get'), 0).rule?.rule).toBe('k')
    const shop = { name: 'shop', kind: 'postgres', labels: { env: 'production' } } as const
    expect(evaluate(both, someone(), shop, sql('select public.t'), 0).rule?.rule).toBe('s')
  })

  test('facts of another protocol than the connection are refused', () => {
    const all = snapshotOf('policy: p\nconnections: ["*"]\nrules:\n  - { id: s, who: everyone, allow: { sql: "*" } }\n  - { id: k, who: everyone, allow: { kubernetes: "*" } }')
    expect(evaluate(all, someone(), prod, sql('select public.t'), 0).effect).toBe('deny')
    expect(evaluate(all, someone(), { name: 'shop', kind: 'postgres', labels: {} }, request('get'), 0).effect).toBe('deny')
  })
})

test('reasons say what, where and by which rule, and show what a name hides', () => {
  const deny = (facts: KubernetesCommandFacts, rule = '{ kubernetes: "*" }') => verdictOf([`deny: ${rule}`], facts).reason
  expect(deny(request('delete'))).toBe('denied by rule r0 (policy p): delete pods/web-1 in namespace shop is not allowed')
  expect(deny(listOf('secrets', null))).toBe('denied by rule r0 (policy p): list secrets in all namespaces is not allowed')
  expect(deny(exec('cat', '/etc/shadow'))).toBe('denied by rule r0 (policy p): exec pods/exec of web-1 in namespace shop is not allowed')
  expect(deny(request('update', 'configmaps', body('object', { data: { password: 'hunter2' } })), '{ kubernetes: [update], fields: { /data/password: "hunter*" } }'))
    .toBe('denied by rule r0 (policy p): update configmaps/web-1 in namespace shop (field /data/password) is not allowed')
  expect(deny(request('get', 'pods', { name: 'a\u202e\n' }))).toContain('pods/a\\u{202e}\\u{a} in')
  expect(deny(path('/metrics'))).toContain('get /metrics is not allowed')
  expect(verdictOf([everything], path('/metrics')).reason).toBe('no rule allows get /metrics, which is no resource; "*" does not cover that, a rule has to name the path')
  expect(verdictOf(['allow: { kubernetes: [get], namespaces: [shop] }'], listOf('widgets', null, { group: 'example.com' })).reason).toBe('no rule allows list widgets.example.com in all namespaces')
})

test('a limit of seconds holds', () => {
  expect(verdictOf(['allow: { kubernetes: [get] }, limit: { seconds: 30 }'], request('get')).limit).toEqual({ rows: null, seconds: 30 })
})
