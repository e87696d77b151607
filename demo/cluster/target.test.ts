import { expect, test } from 'vitest'
import { negotiate } from './negotiation.ts'
import { targetOf } from './target.ts'

test.each<[string, object]>([
  ['/api/v1/namespaces/shop/pods/web-1/log', { namespace: 'shop', name: 'web-1', subresource: 'log' }],
  ['/api/v1/namespaces/shop', { namespace: undefined, name: 'shop', subresource: undefined }],
  ['/api/v1/namespaces/shop/finalize', { name: 'shop', subresource: 'finalize' }],
  ['/api/v1/pods', { namespace: undefined, name: undefined }],
  ['/apis/apps/v1/namespaces/shop/deployments/web/scale', { namespace: 'shop', name: 'web', subresource: 'scale' }],
  ['/api/v1/watch/namespaces/shop/secrets', { namespace: 'shop', isWatchPath: true }],
])('%s names a resource', (path, expected) => expect(targetOf(path)).toMatchObject({ kind: 'resource', ...expected }))

test.each(['/api/v1/nothing', '/api/v2/pods', '/api/v1/namespaces/shop/nodes', '/api/v1/pods/web-1', '/api/v1/namespaces/shop/pods/web-1/nothing', '/api/v1/%zz'])('%s names nothing', (path) => expect(targetOf(path).kind).toBe('nothing'))

test('the client\'s order decides what it gets, and what is not offered is skipped', () => {
  expect(negotiate('application/vnd.kubernetes.protobuf,application/json')).toMatchObject({ format: 'json', shape: 'object' })
  expect(negotiate('application/json;as=Table;v=v1;g=meta.k8s.io,application/json')).toMatchObject({ shape: 'table' })
  expect(negotiate('application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io')).toMatchObject({ shape: 'metadata' })
  expect(negotiate('application/yaml')).toMatchObject({ format: 'yaml' })
  expect(negotiate('')).toMatchObject({ format: 'json', shape: 'object' })
})

test.each(['application/vnd.kubernetes.protobuf', 'application/cbor', 'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io', 'application/json;as=Nothing;v=v1;g=meta.k8s.io', 'text/html'])('406 for %s alone', (accept) => {
  expect(() => negotiate(accept)).toThrow('only the following media types are accepted')
})
