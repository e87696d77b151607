import { expect, test } from 'vitest'
import { isBuiltInGroup, scopeOf } from './resources.ts'

test('the same name may be of the cluster in one group and of namespaces in another', () => {
  expect(scopeOf('', 'nodes')).toBe('cluster')
  expect(scopeOf('metrics.k8s.io', 'pods')).toBe('namespaced')
  expect(scopeOf('metrics.k8s.io', 'nodes')).toBe('cluster')
  expect(scopeOf('rbac.authorization.k8s.io', 'roles')).toBe('namespaced')
  expect(scopeOf('rbac.authorization.k8s.io', 'clusterroles')).toBe('cluster')
  expect(scopeOf('example.com', 'nodes')).toBe('unknown')
})

test('what every object has is no entry of the table', () => {
  for (const word of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']) {
    expect(scopeOf(word, word)).toBe('unknown')
    expect(scopeOf('', word)).toBe('unknown')
    expect(isBuiltInGroup(word)).toBe(false)
  }
})

test('metrics and custom groups are served by others', () => {
  expect(['', 'apps', 'policy', 'batch'].every(isBuiltInGroup)).toBe(true)
  expect(['metrics.k8s.io', 'example.com', 'custom.metrics.k8s.io', 'extensions'].some(isBuiltInGroup)).toBe(false)
})
