// What a rule about Kubernetes may say, and what it may not because it would hold nothing, or not what it seems to.
import { expect, test } from 'vitest'
import { kubernetesPrivileges, kubernetesVerbs } from '../kubernetes.ts'
import { kubernetesWordProblem, kubernetesWords, pluralOf } from './kubernetes-words.ts'
import { policySchema } from './rule.ts'

const parse = (rule: object) => policySchema.safeParse({ policy: 'p', connections: 'prod', rules: [{ id: 'a', who: 'everyone', ...rule }] })
const problems = (rule: object) => parse(rule).error?.issues.map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`).join('\n') ?? ''

test('a body is normalised', () => {
  expect(parse({ deny: { kubernetes: 'create', resources: 'pods', groups: '', fields: { '/spec/replicas': 0, '/spec/paused': [true, 'x'] } } }).data?.rules[0]?.body).toEqual({
    kind: 'kubernetes', words: ['create'], resources: ['pods'], groups: [''], namespaces: null, names: null, argv: null,
    fields: [{ pointer: '/spec/replicas', anyOf: ['0'] }, { pointer: '/spec/paused', anyOf: ['true', 'x'] }], deletes: null,
  })
  expect(parse({ deny: { kubernetes: ['mass-delete'] } }).data?.rules[0]?.body).toMatchObject({ deletes: { over: 5, withinMs: 60_000 } })
  expect(parse({ deny: { kubernetes: ['mass-delete'], deletes: { over: 2, within: '10s' } } }).data?.rules[0]?.body).toMatchObject({ deletes: { over: 2, withinMs: 10_000 } })
})

test.each<readonly [what: string, rule: object, problem: string]>([
  ['no verbs', { deny: { resources: 'pods' } }, 'deny: says not which verbs'],
  ['an empty list of verbs', { deny: { kubernetes: [] } }, 'deny.kubernetes: names nothing'],
  ['a verb that is none', { deny: { kubernetes: 'delet' } }, 'did you mean "delete"?'],
  ['a verb of kubectl', { deny: { kubernetes: 'apply' } }, '"apply" is not a verb here; it is patch, and create'],
  ['what no rule can allow', { deny: { kubernetes: 'impersonate' } }, 'it is refused whatever rules say'],
  ['a verb of RBAC that is a privilege here', { deny: { kubernetes: 'escalate' } }, 'it is rbac'],
  ['keys of two protocols', { deny: { kubernetes: 'get', sql: 'select', on: 'a.b' } }, 'deny: mixes sql, on (of sql) with kubernetes (of kubernetes)'],
  ['a protocol that comes later', { deny: { kubernetes: 'get', commands: 'ls' } }, 'deny.commands: ssh rules are not available yet'],
  ['a singular', { deny: { kubernetes: 'get', resources: 'secret' } }, 'resources are plural, as in the paths of the API: secrets'],
  ['a short name with a subresource', { deny: { kubernetes: 'get', resources: 'po/log' } }, 'pods/log'],
  ['a kind', { deny: { kubernetes: 'get', resources: 'Pods' } }, 'lower case and plural'],
  ['a resource with its group', { deny: { kubernetes: 'get', resources: 'deployments.apps' } }, 'write resources: [deployments] and groups: [apps]'],
  ['a resource with its name', { deny: { kubernetes: 'get', resources: 'pods/log/web-1' } }, 'expected a resource such as pods'],
  ['a group with its version', { deny: { kubernetes: 'get', groups: 'apps/v1' } }, 'without its version'],
  ['the core group by a name it has not', { deny: { kubernetes: 'get', groups: 'core' } }, 'the core group is ""'],
  ['a name with its resource', { deny: { kubernetes: 'get', names: 'pods/web' } }, 'without its resource'],
  ['exec of pods, which is of pods/exec', { deny: { kubernetes: 'exec', resources: 'pods' } }, 'this rule is about none; write resources: [pods/exec]'],
  ['exec as RBAC calls it', { deny: { kubernetes: 'create', resources: 'pods/exec' } }, 'what is asked of pods/exec is exec here'],
  ['a command of what runs none', { deny: { kubernetes: ['exec', 'get'], argv: 'ls' } }, 'get runs no command'],
  ['a command that is not closed', { deny: { kubernetes: 'exec', argv: 'sh -c "ls' } }, 'a " is not closed'],
  ['fields of what writes none', { deny: { kubernetes: 'get', fields: { '/a': 'b' } } }, 'get writes no object'],
  ['a field that is no pointer', { deny: { kubernetes: 'create', fields: { 'spec.replicas': 0 } } }, 'expected a JSON pointer'],
  ['a field across segments', { deny: { kubernetes: 'create', fields: { '/spec/**/image': 'x' } } }, 'has ** in it'],
  ['no field', { deny: { kubernetes: 'create', fields: {} } }, 'names no field'],
  ['a number of deletes without the word', { deny: { kubernetes: 'delete', deletes: { over: 3 } } }, 'which this rule does not name'],
  ['more deletes than are remembered', { deny: { kubernetes: 'mass-delete', deletes: { over: 5_000 } } }, 'expected at most 1000'],
  ['a window that is longer', { deny: { kubernetes: 'mass-delete', deletes: { within: '2h' } } }, 'expected a duration of at most 1h'],
  ['an allow of a mass delete', { allow: { kubernetes: ['delete', 'mass-delete'] } }, 'an allow of delete covers it already'],
  ['rows', { allow: { kubernetes: 'get' }, limit: { rows: 5 } }, 'limit: a Kubernetes request has no rows'],
  ['rows-over', { deny: { kubernetes: 'get' }, 'rows-over': 5 }, 'rows-over: nobody estimates rows of a Kubernetes request'],
])('%s is an error', (_, rule, problem) => expect(problems(rule)).toContain(problem))

test('every verb and privilege is a word, and every word of kubectl leads somewhere', () => {
  expect(kubernetesWords).toEqual([...kubernetesVerbs, ...Object.keys(kubernetesPrivileges), 'mass-delete'])
  expect(kubernetesWords.filter((word) => kubernetesWordProblem(word) !== null)).toEqual([])
  expect(pluralOf('constructor')).toBe('constructor')
  expect(kubernetesWordProblem('constructor')).toContain('is not a Kubernetes verb')
})

const mask = (of: object) => policySchema.safeParse({ policy: 'p', connections: 'prod', masks: [{ id: 'm', as: 'redact', ...of }] })

test('a mask of fields names resources and pointers, and perhaps where', () => {
  expect(mask({ resources: 'secrets', fields: ['/data/*'], 'except-types': 'helm.sh/release.v1' }).data?.masks[0]?.target).toEqual(
    { kind: 'fields', resources: ['secrets'], fields: ['/data/*'], groups: null, namespaces: null, names: null, exceptTypes: ['helm.sh/release.v1'] })
  for (const wrong of [{ resources: 'secrets' }, { fields: '/data' }, { resources: 'secret', fields: '/data' }, { resources: '/metrics', fields: '/a' }, { resources: 'secrets', fields: 'data' }, { resources: 'secrets', fields: '/data', columns: 'a.b.c' }, { namespaces: 'a', detect: 'jwt' }]) {
    expect(mask(wrong).success).toBe(false)
  }
})
