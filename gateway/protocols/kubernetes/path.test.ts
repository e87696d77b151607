import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connectionOf, flag, parameter, parseTarget, type Target } from './path.ts'

function accepted(raw: string): Target {
  const result = parseTarget(raw)
  if (result.kind === 'refused') throw new Error(`${raw}: ${result.message}`)
  return result.target
}

describe('a target that can be read in one way only goes upstream as it was read', () => {
  const cases: readonly (readonly [raw: string, forwarded: string])[] = [
    ['/', '/'],
    ['/api/v1/pods', '/api/v1/pods'],
    ['/api/v1/pods?limit=500', '/api/v1/pods?limit=500'],
    ['/api/v1/p%6fds', '/api/v1/pods'],
    ['/healthz/', '/healthz/'],
    ['/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node', '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node'],
    ['/api/v1/namespaces/a/services/https:web:443/proxy/a%20b/%C3%A9', '/api/v1/namespaces/a/services/https:web:443/proxy/a%20b/%C3%A9'],
    ['/a?watch', '/a?watch='],
    ['/a?&&x=1&', '/a?x=1'],
    ['/a?command=sh&command=-c&command=ls+-l', '/a?command=sh&command=-c&command=ls%20-l'],
    ['/a?labelSelector=app%3Dweb%2Ctier+in+%28x%29', '/a?labelSelector=app%3Dweb%2Ctier%20in%20(x)'],
    ['/a?x=%2e%2e%2f', '/a?x=..%2F'],
    ['/a?match[]=up', '/a?match%5B%5D=up'],
    ["/a?x='b'", '/a?x=%27b%27'],
    ['/a?x=/b?c', '/a?x=%2Fb%3Fc'],
  ]
  test.each(cases)('%s', (raw, forwarded) => {
    const target = accepted(raw)
    expect(target.forwarded).toBe(forwarded)
    expect(accepted(forwarded)).toEqual(target)
  })
})

describe('whatever two readers could read in two ways is refused', () => {
  const hostile: readonly (readonly [raw: string, says: string])[] = [
    ['', 'not a path'], ['*', 'not a path'], ['api/v1/pods', 'not a path'], ['https://10.0.0.1:6443/api', 'not a path'], ['10.0.0.1:6443', 'not a path'],
    ['//api/v1/pods', 'empty segment'], ['/api//v1/pods', 'empty segment'], ['/api/v1/pods//', 'empty segment'], ['//', 'empty segment'], ['//evil.example/api', 'empty segment'],
    ['/api/v1/./pods', 'segment .'], ['/api/v1/../v1/pods', 'segment ..'], ['/api/v1/pods/..', 'segment ..'], ['/api/v1/%2e%2e/pods', 'segment ..'],
    ['/api/v1/%2E./pods', 'segment ..'], ['/api/v1/.../pods', 'segment ...'], ['/..', 'segment ..'],
    ['/api/v1/namespaces/a%2fb/pods', 'inside a segment'], ['/api/v1/namespaces/a%2Fb/pods', 'inside a segment'], ['/api%2fv1/pods', 'inside a segment'],
    ['/api/v1/a%5cb', 'inside a segment'], ['/api/v1\\pods', 'percent-encoded or left out'],
    ['/api/v1/a%252fb', 'inside a segment'], ['/api/v1/a%25b', 'inside a segment'], ['/api/v1/%252e%252e/pods', 'inside a segment'],
    ['/api/v1/pods;x=1', 'inside a segment'], ['/api/v1/pods%3bx', 'inside a segment'], ['/api/v1/pods%3fwatch=1', 'inside a segment'], ['/api/v1/pods%23', 'inside a segment'],
    ['/api/v1/pods#x', 'percent-encoded or left out'], ['/api/v1/pods?x=1#y', 'percent-encoded or left out'],
    ['/api/v1/a%00b', 'control'], ['/api/v1/a%0ab', 'control'], ['/api/v1/a%0d%0ab', 'control'], ['/api/v1/a%7fb', 'control'], ['/api/v1/a%C2%85b', 'control'],
    ['/api/v1/a%E2%80%8Bb', 'invisible'], ['/api/v1/a%E2%80%AEb', 'invisible'], ['/api/v1/a%E2%80%A8b', 'invisible'],
    ['/api/v1/%ff', 'not UTF-8'], ['/api/v1/%c0%af', 'not UTF-8'], ['/api/v1/%ed%a0%80', 'not UTF-8'], ['/api/v1/%', 'not UTF-8'], ['/api/v1/%2', 'not UTF-8'], ['/api/v1/%u002f', 'not UTF-8'],
    ['/api/v1/pods HTTP/1.1', 'percent-encoded or left out'], ['/api/v1/p\u00f6ds', 'percent-encoded or left out'], ['/api/v1/pods\t', 'percent-encoded or left out'],
    ['/api/v1/pods\r\nImpersonate-User: root', 'percent-encoded or left out'], ['/api/v1/pods\0', 'percent-encoded or left out'],
    ['/a?x=1;watch=1', 'semicolon'], ['/a?%ff=1', 'not UTF-8'], ['/a?x=%zz', 'not UTF-8'], ['/a?x=%00', 'NUL'], ['/a?=1', 'not plain'], ['/a?w%20atch=1', 'not plain'], ['/a?watch%00=1', 'not plain'],
    [`/${'a'.repeat(20_000)}`, 'longer than'],
  ]
  test.each(hostile)('%j', (raw, says) => {
    expect(parseTarget(raw)).toMatchObject({ kind: 'refused', reason: 'BadRequest', message: expect.stringContaining(says), hint: expect.stringMatching(/^[A-Z].*\.$/) })
  })
})

describe('properties of whatever is accepted', () => {
  const pieces = fc.constantFrom('/', '//', '.', '..', '%2e', '%2F', '%25', '%252e', '%5c', '\\', ';', '?', '&', '=', '+', '#', '%00', '%c3%a9', 'é', ' ', '%20', 'api', 'v1', 'pods', 'watch', '1', ':', '@', '%', '~', '%7e', '(', "'", '*', '!')
  const targets = fc.oneof(fc.array(pieces, { maxLength: 14 }).map((parts) => `/${parts.join('')}`), fc.string({ maxLength: 40 }).map((text) => `/${text}`), fc.webPath(), fc.webUrl({ withQueryParameters: true }))

  test('read again it is the same target, and written again the same bytes', () => {
    fc.assert(fc.property(targets, (raw) => {
      const result = parseTarget(raw)
      if (result.kind === 'refused') return
      const again = accepted(result.target.forwarded)
      expect(again).toEqual(result.target)
      expect(again.forwarded).toBe(result.target.forwarded)
    }), { numRuns: 5_000 })
  })

  test('it has no second reading: neither a URL parser, nor decoding before splitting, nor decoding twice finds another path', () => {
    fc.assert(fc.property(targets, (raw) => {
      const result = parseTarget(raw)
      if (result.kind === 'refused') return
      const { forwarded, path, query } = result.target
      const [sent] = forwarded.split('?') as [string]
      const url = new URL(forwarded, 'https://upstream.example')
      expect(url.host).toBe('upstream.example')
      expect(`${url.pathname}${url.search}${url.hash}`).toBe(forwarded)
      expect(decodeURIComponent(sent)).toBe(path)
      expect(decodeURIComponent(decodeURIComponent(sent))).toBe(path)
      expect([...url.searchParams]).toEqual(query)
    }), { numRuns: 5_000 })
  })
})

test('a flag is true as apimachinery has it: whatever is not false or 0', () => {
  const read = (query: string) => flag(accepted(`/a?${query}`), 'watch')
  expect(['watch=1', 'watch=true', 'watch=True', 'watch=t', 'watch', 'watch=', 'watch=no', 'watch=00', 'watch=%20false'].filter((query) => !read(query))).toEqual([])
  expect(['watch=0', 'watch=false', 'watch=FALSE', 'watch=False', 'Watch=1', 'x=1', ''].filter(read)).toEqual([])
})

test('the first of several values counts', () => {
  expect(parameter(accepted('/a?x=1&x=2'), 'x')).toBe('1')
  expect(parameter(accepted('/a'), 'x')).toBeNull()
})

test('the connection is split off by its plain name only', () => {
  expect(connectionOf('/k8s/prod/api/v1/pods?x=1')).toEqual({ connection: 'prod', rest: '/api/v1/pods?x=1' })
  expect(connectionOf('/k8s/prod')).toEqual({ connection: 'prod', rest: '/' })
  expect(connectionOf('/k8s/prod?x=1')).toEqual({ connection: 'prod', rest: '/?x=1' })
  expect(connectionOf('/k8s/prod//api')).toEqual({ connection: 'prod', rest: '//api' })
  for (const raw of ['/k8s', '/k8s/', '/k8s//api', '/k8s/../api', '/k8s/pr%6fd/api', '/k8s/prod%2fapi', '/k8s/prod\\api', '/K8S/prod', 'k8s/prod', '/x/k8s/prod']) expect(connectionOf(raw), raw).toBeNull()
})
