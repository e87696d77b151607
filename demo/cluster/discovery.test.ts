import { expect, test } from 'vitest'
import { discoveryOf } from './discovery.ts'
import { at, listAt, textAt, type Json } from './objects.ts'
import { resources } from './resources.ts'

const aggregated = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`

test('the client\'s first wish that is met decides the form', () => {
  expect(discoveryOf('/apis', aggregated('v2'))?.contentType).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList')
  expect(discoveryOf('/apis', aggregated('v2beta1'))?.value['apiVersion']).toBe('apidiscovery.k8s.io/v2beta1')
  expect(discoveryOf('/apis', aggregated('v3'))?.value['kind']).toBe('APIGroupList')
  expect(discoveryOf('/apis', 'application/json')?.value['kind']).toBe('APIGroupList')
  expect(discoveryOf('/api', '')?.value['kind']).toBe('APIVersions')
  expect(discoveryOf('/apis/apps/v9', '')).toBeNull()
  expect(discoveryOf('/apis/nothing', '')).toBeNull()
})

test('both forms name the same resources', () => {
  const plain = resources.map(({ group, version }) => group ? `/apis/${group}/${version}` : `/api/${version}`)
  const named = [...new Set(plain)].flatMap((path) => listAt(discoveryOf(path, '')?.value, 'resources').map((one) => textAt(one, 'name')).filter((name) => !name.includes('/')))
  const whole = ['/api', '/apis'].flatMap((path) => listAt(discoveryOf(path, aggregated('v2'))?.value, 'items'))
    .flatMap((group) => listAt(group, 'versions')).flatMap((version) => listAt(version, 'resources')).map((one) => textAt(one, 'resource'))
  expect(whole.sort()).toEqual(named.sort())
})

test('a subresource says what it answers with', () => {
  const core = listAt(discoveryOf('/api', aggregated('v2'))?.value, 'items', 0, 'versions', 0, 'resources')
  const pods = core.find((one) => textAt(one, 'resource') === 'pods')
  const eviction = listAt(pods, 'subresources').find((one) => textAt(one, 'subresource') === 'eviction') as Json
  expect(at(eviction, 'responseKind')).toEqual({ group: 'policy', version: 'v1', kind: 'Eviction' })
})
