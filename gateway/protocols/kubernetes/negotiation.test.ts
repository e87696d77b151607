import { describe, expect, test } from 'vitest'
import { readRequest } from './commands.ts'
import { readableAs, type Reading } from './negotiation.ts'

function negotiated(target: string, accept: string | null) {
  const request = readRequest({ method: 'GET', target, headers: accept === null ? [] : ['Accept', accept] })
  if (request.kind === 'refused') throw new Error(request.message)
  return request.negotiated
}

const pods = '/api/v1/pods'
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'

describe('what is asked of the upstream for resources is JSON, whatever the client asks for', () => {
  const cases: readonly (readonly [asked: string | null, accept: string])[] = [
    [null, 'application/json'], ['*/*', 'application/json'], ['application/json, */*', 'application/json'],
    [`${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`, `${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`],
    ['application/vnd.kubernetes.protobuf', 'application/json'], ['application/vnd.kubernetes.protobuf;type=x;stream=watch,application/json', 'application/json'],
    ['application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io', `${table},application/json`],
    ['application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json', 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json'],
    ['application/cbor', 'application/json'], ['application/cbor-seq', 'application/json'], ['application/yaml', 'application/json'], ['text/html', 'application/json'],
    ['application/json;as=Secret;v=v1;g=', 'application/json'], ['application/json;as=Table;v=v1, application/yaml', 'application/json'], [`application/json;q=0.1, ${table};q=0.9`, `${table},application/json`],
    ['application/json;as=Table;v=v1;g=meta.k8s.io;q=0', 'application/json'], ['application/json;as=Table;v="v1,application/yaml";g=x', 'application/json'], ['bogus', 'application/json'],
  ]
  test.each(cases)('%s', (asked, accept) => {
    expect(negotiated(pods, asked)).toEqual({ accept, reads: 'json' })
    expect(negotiated(`${pods}?watch=1`, asked)).toEqual({ accept, reads: 'json-stream' })
  })
})

test('logs are text, proxied programs opaque, health text', () => {
  expect(negotiated('/api/v1/namespaces/a/pods/b/log', 'application/json')).toEqual({ accept: '*/*', reads: 'text' })
  expect(negotiated('/api/v1/namespaces/a/services/b/proxy', 'text/html, image/*;q=0.5')).toEqual({ accept: 'text/html,image/*;q=0.5', reads: 'opaque' })
  expect(negotiated('/healthz', null)).toEqual({ accept: '*/*', reads: 'text' })
})

test('discovery comes aggregated where it is asked for, schemas as they are asked', () => {
  const aggregated = 'application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io'
  expect(negotiated('/apis', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json')).toEqual({ accept: `${aggregated},application/json`, reads: 'json' })
  expect(negotiated('/apis', 'application/vnd.kubernetes.protobuf').accept).toBe('application/json')
  expect(negotiated('/apis/apps/v1', 'application/json;as=Table;v=v1;g=meta.k8s.io').accept).toBe('application/json')
  expect(negotiated('/openapi/v2', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf')).toEqual({ accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf', reads: 'opaque' })
})

describe('an answer that is nothing that was asked for must not go on', () => {
  const cases: readonly (readonly [reads: Reading, status: number, contentType: string | null, readable: Reading | null, encoding?: string])[] = [
    ['json', 200, 'application/json', 'json'], ['json', 200, 'application/json; charset=utf-8', 'json'], ['json', 200, 'application/json;as=Table;g=meta.k8s.io;v=v1', 'json'],
    ['json', 200, 'application/json;stream=watch', null], ['json', 200, 'application/vnd.kubernetes.protobuf', null], ['json', 200, 'application/cbor', null], ['json', 200, 'application/yaml', null], ['json', 200, 'text/plain', null],
    ['json', 200, null, null], ['json', 200, 'application/json; charset=utf-16', null], ['json', 200, 'application/json, application/yaml', null], ['json', 200, 'application/json', null, 'gzip'], ['json', 200, 'application/json', 'json', 'identity'],
    ['json-stream', 200, 'application/json', 'json-stream'], ['json-stream', 200, 'application/json;stream=watch', 'json-stream'], ['json-stream', 200, 'application/vnd.kubernetes.protobuf;stream=watch', null], ['json-stream', 410, 'application/json', 'json'],
    ['text', 200, 'text/plain', 'text'], ['text', 200, 'text/plain; charset=utf-8', 'text'], ['text', 200, 'application/octet-stream', null], ['text', 200, 'text/plain', null, 'gzip'], ['text', 404, 'application/json', 'json'], ['text', 200, 'text/plain; charset=utf-16', null],
    ['opaque', 200, 'image/png', 'opaque'], ['opaque', 200, 'text/html', null, 'br'], ['opaque', 500, 'text/html', 'opaque'], ['json', 500, 'text/plain', 'text'], ['json', 500, 'text/html', null], ['json', 500, 'application/vnd.kubernetes.protobuf', null],
  ]
  for (const [reads, status, contentType, readable, contentEncoding = null] of cases) test(`${reads} ${status} ${contentType} ${contentEncoding ?? ''}`, () => {
    expect(readableAs({ status, contentType, contentEncoding }, { accept: '', reads })).toBe(readable)
  })
})
