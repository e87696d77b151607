import { expect, test } from 'vitest'
import { contentTypeFor, readResponseHeaders } from './response-headers.ts'

const read = (raw: readonly string[], { status = 200, isPlain = false } = {}) => readResponseHeaders(raw, { status, isPlain })
const names = (result: ReturnType<typeof read>) => (result.kind === 'refused' ? result.message : result.forwarded.map(([name]) => name))

test('only the allow-list reaches the client', () => {
  const answer = read([
    'Content-Type', 'application/json', 'Content-Length', '5', 'Audit-Id', 'x', 'Warning', '299 - "a"', 'Warning', '299 - "b"', 'Cache-Control', 'no-cache, private', 'Date', 'x', 'X-Kubernetes-Pf-Flowschema-Uid', 'x',
    'Set-Cookie', 'a=b', 'WWW-Authenticate', 'Bearer', 'Location', 'https://evil', 'Connection', 'X-Y', 'X-Y', '1', 'Transfer-Encoding', 'chunked', 'Server', 'x', 'Gatehouse-Session', 'x', 'Strict-Transport-Security', 'x', 'ETag', '"x"',
    'Sec-WebSocket-Accept', 'x', 'Upgrade', 'x', 'Retry-After', '1', 'X-Remote-User', 'x', 'Alt-Svc', 'h3=":443"', 'Refresh', '0', 'Access-Control-Allow-Origin', '*',
  ])
  expect(names(answer)).toEqual(['content-type', 'audit-id', 'warning', 'warning', 'cache-control', 'date', 'x-kubernetes-pf-flowschema-uid'])
})

test('an ETag passes of discovery only, and Retry-After where the upstream is busy', () => {
  expect(names(read(['ETag', '"x"', 'Last-Modified', 'y'], { isPlain: true }))).toEqual(['etag', 'last-modified'])
  expect(names(read(['Retry-After', '1'], { status: 429 }))).toEqual(['retry-after'])
})

test('redirects, challenges and two content types are refused', () => {
  expect(read(['Location', 'https://evil'], { status: 302 })).toMatchObject({ kind: 'refused', reason: 'ServiceUnavailable' })
  expect(read([], { status: 304 }).kind).toBe('headers')
  expect(read(['WWW-Authenticate', 'Bearer'], { status: 401 })).toMatchObject({ kind: 'refused', message: expect.stringContaining('credential') })
  expect(read(['Content-Type', 'application/json', 'Content-Type', 'text/plain'])).toMatchObject({ kind: 'refused' })
})

test('a header with control characters is left out, bytes of UTF-8 pass', () => {
  expect(names(read(['Warning', '299 - "a\u001b[2J"', 'Warning', '299 - "\u00c3\u00a9"']))).toEqual(['warning'])
})

test('what was written anew is called what it is, and text is never a page', () => {
  expect(contentTypeFor('json', 'application/json;as=Table')).toBe('application/json;as=Table')
  expect(contentTypeFor('json', 'text/html')).toBe('application/json')
  expect(contentTypeFor('text', 'text/html')).toBe('text/plain; charset=utf-8')
  expect(contentTypeFor('text', 'text/plain')).toBe('text/plain')
  expect(contentTypeFor('opaque', null)).toBe('application/octet-stream')
})
