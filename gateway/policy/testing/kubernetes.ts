// Small makers for tests of Kubernetes rules: a connection, a request from a few words, a verdict by rules as people write them.
import type { ConnectionSummary } from '../../../shared/connection.ts'
import type { KubernetesBody, KubernetesCommandFacts, KubernetesVerb } from '../../../shared/kubernetes.ts'
import type { Verdict } from '../../../shared/verdict.ts'
import { evaluate } from '../evaluate.ts'
import { snapshotOf, someone } from './build.ts'

export const prod: ConnectionSummary = { name: 'prod', kind: 'kubernetes', labels: { env: 'production' } }

/** `pods/web-1` in namespace shop unless `parts` says otherwise. */
export function request(verb: KubernetesVerb, resource = 'pods', parts: Partial<KubernetesCommandFacts> = {}): KubernetesCommandFacts {
  const [plural = '', subresource = null] = resource.split('/')
  return {
    kind: 'kubernetes', verb, privilege: null, group: '', version: 'v1', resource: plural, subresource, namespace: 'shop', scope: 'namespace', name: 'web-1',
    labelSelector: null, fieldSelector: null, isDryRun: false, fieldManager: null, exec: null, ports: [], body: null, deletes: [], plain: null, ...parts,
  }
}

/** All of a resource in a namespace, or in all (null). */
export const listOf = (resource: string, namespace: string | null, parts: Partial<KubernetesCommandFacts> = {}): KubernetesCommandFacts =>
  request('list', resource, { name: null, namespace, scope: namespace === null ? 'all' : 'namespace', ...parts })

export const ofCluster = (verb: KubernetesVerb, resource: string, name: string | null, parts: Partial<KubernetesCommandFacts> = {}): KubernetesCommandFacts =>
  request(verb, resource, { name, namespace: null, scope: 'cluster', ...parts })

export const path = (plain: string, isDiscovery = false): KubernetesCommandFacts => ofCluster('get', '', null, { plain: { path: plain, isDiscovery } })

export const exec = (...argv: readonly string[]): KubernetesCommandFacts => request('exec', 'pods/exec', { exec: { container: null, argv, tty: false, stdin: false } })

export const body = (kind: KubernetesBody['kind'], value: unknown): Partial<KubernetesCommandFacts> => ({ body: { kind, value } })

/** By rules written as `deny: {…}` or whole rules; everyone is meant. */
export function verdictOf(rules: readonly string[], facts: KubernetesCommandFacts, now = 0): Verdict {
  const written = rules.map((rule, at) => `  - { id: r${at}, who: everyone, ${rule}${rule.startsWith('approve') && !rule.includes('by:') ? ', by: { groups: [on-call] }' : ''} }`)
  return evaluate(snapshotOf(`policy: p\nconnections: ["*"]\nrules:\n${written.join('\n')}`), someone(), prod, facts, now)
}
