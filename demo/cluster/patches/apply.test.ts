import { expect, test } from 'vitest'
import type { Json, JsonObject, KubeObject } from '../objects.ts'
import { serverSideApply } from './apply.ts'
import { managersOf, trackUpdate } from './managers.ts'

const configMap = (data: Record<string, string>): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n' } as KubeObject['metadata'], data })
const deployment = (containers: Json[], more: JsonObject = {}): KubeObject => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } as KubeObject['metadata'], spec: { ...more, template: { spec: { containers } } } })

function apply(before: KubeObject | undefined, applied: KubeObject, manager: string, force = false) {
  const result = serverSideApply(before, applied, { manager, force, hasMaps: true, now: 0, subresource: '' })
  if (result.kind === 'conflicts') throw new Error(result.conflicts.map(({ manager: other, field }) => `${other} ${field}`).join('; '))
  return result.object
}

test('a second manager may say the same, and another value is a conflict that names field and manager', () => {
  const first = apply(undefined, configMap({ a: '1', b: '2' }), 'one')
  const both = apply(first, configMap({ a: '1' }), 'two')
  expect(managersOf(both).map(({ name }) => name)).toEqual(['one', 'two'])
  expect(() => apply(both, configMap({ a: '9' }), 'two')).toThrow('one .data.a')
})

test('force takes the field over', () => {
  const forced = apply(apply(undefined, configMap({ a: '1', b: '2' }), 'one'), configMap({ a: '9' }), 'two', true)
  expect(forced['data']).toEqual({ a: '9', b: '2' })
  expect(() => apply(forced, configMap({ a: '1', b: '2' }), 'one')).toThrow('two .data.a')
})

test('what is no longer applied goes, unless somebody else owns it', () => {
  const both = apply(apply(undefined, configMap({ a: '1', b: '2' }), 'one'), configMap({ b: '2' }), 'two')
  expect(apply(both, configMap({ c: '3' }), 'one')['data']).toEqual({ b: '2', c: '3' })
})

test('containers are known by name, and one that is dropped goes with what was defaulted in it', () => {
  const made = apply(undefined, deployment([{ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' }]), 'one')
  const containers = ((made['spec'] as JsonObject)['template'] as JsonObject)['spec'] as JsonObject
  containers['containers'] = [{ name: 'a', image: 'a:1', imagePullPolicy: 'Always' }, { name: 'b', image: 'b:1', imagePullPolicy: 'Always' }]
  expect((apply(made, deployment([{ name: 'b', image: 'b:2' }]), 'one')['spec'] as JsonObject)['template']).toEqual({ spec: { containers: [{ name: 'b', image: 'b:2', imagePullPolicy: 'Always' }] } })
})

test('a conflict inside of a list names the item', () => {
  const made = apply(undefined, deployment([{ name: 'a', image: 'a:1' }]), 'one')
  expect(() => apply(made, deployment([{ name: 'a', image: 'a:2' }]), 'two')).toThrow('one .spec.template.spec.containers[name="a"].image')
})

test('an update takes what it changed from whoever applied it', () => {
  const made = apply(undefined, deployment([{ name: 'a', image: 'a:1' }], { replicas: 1 }), 'one')
  const scaled = trackUpdate(made, { ...made, spec: { ...made['spec'] as JsonObject, replicas: 5 } }, { manager: 'kubectl', subresource: '', hasMaps: true, now: 0 })
  expect(() => apply(scaled, deployment([{ name: 'a', image: 'a:1' }], { replicas: 1 }), 'one')).toThrow('kubectl .spec.replicas')
})
