import { expect, test } from 'vitest'
import { readRequest, requestWords } from './kubernetes-request.ts'

test('takes a request apart: where it goes, what it says', () => {
  expect(readRequest('DELETE /apis/apps/v1/namespaces/shop/deployments/web?propagationPolicy=Background')).toEqual({
    method: 'DELETE', path: '/apis/apps/v1/namespaces/shop/deployments/web', query: [['propagationPolicy', 'Background']], argv: null, contentType: null,
    resource: { group: 'apps', resource: 'deployments', subresource: null, namespace: 'shop', name: 'web' },
  })
  expect(readRequest('PATCH /api/v1/namespaces/shop/configmaps/web\n\ncontent-type: application/merge-patch+json\n\n{\n  "data": {}\n}')?.contentType).toBe('application/merge-patch+json')
})

test('an exec has its argv, and options without it', () => {
  const read = readRequest("POST /api/v1/namespaces/shop/pods/web-0/exec?command=sh&command=-c&command=rm%20x&tty=true\n\n$ sh -c 'rm x'")
  expect([read?.argv, read?.query, read?.resource?.subresource]).toEqual(["sh -c 'rm x'", [['tty', 'true']], 'exec'])
})

test('an argument with blank lines is shown to its end', () => {
  expect(readRequest("POST /api/v1/namespaces/a/pods/b/exec?command=sh\n\n$ sh -c 'true\n\nrm -rf /data'")?.argv).toBe("sh -c 'true\n\nrm -rf /data'")
})

test('a namespace is itself, not the place of something', () => {
  expect(readRequest('DELETE /api/v1/namespaces/shop')?.resource).toEqual({ group: '', resource: 'namespaces', subresource: null, namespace: null, name: 'shop' })
  expect(readRequest('PUT /api/v1/namespaces/shop/finalize')?.resource).toMatchObject({ resource: 'namespaces', name: 'shop', subresource: 'finalize' })
})

test('what is no such text is not guessed at', () => {
  for (const text of ['', 'select 1', 'DELETE', 'GET /a b', 'delete /api/v1/pods']) expect(readRequest(text)).toBeNull()
  expect(readRequest('GET /version')?.resource).toBeNull()
  expect(readRequest('GET /api/v1/namespaces/%zz/pods')?.resource?.namespace).toBe('%zz')
})

test('one line for lists says what is done to what, to the last argument', () => {
  expect(requestWords('DELETE /api/v1/namespaces/shop/pods/web-0?propagationPolicy=Background')).toBe('delete pods/web-0 in shop')
  expect(requestWords('DELETE /api/v1/namespaces/shop/pods?labelSelector=app')).toBe('delete all pods in shop')
  expect(requestWords('PUT /apis/apps/v1/namespaces/shop/deployments/web/scale\n\nmore')).toBe('update deployments/web/scale in shop')
  expect(requestWords('POST /api/v1/namespaces/shop/pods/web-0/exec?command=sh&command=-c&command=rm%20x&tty=true')).toBe("exec pods/web-0 in shop: sh -c 'rm x'")
  expect(requestWords('update orders set x = 1')).toBe('update orders set x = 1')
})
