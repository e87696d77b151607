// The API server's own cases (requestinfo_test.go) by meaning, and what it leaves to chance.
import { describe, expect, test } from 'vitest'
import { exactName } from './field-selector.ts'
import { parseTarget } from './path.ts'
import { requestInfoOf } from './request-info.ts'

function infoOf(method: string, raw: string): ReturnType<typeof requestInfoOf> {
  const parsed = parseTarget(raw)
  if (parsed.kind === 'refused') throw new Error(parsed.message)
  return requestInfoOf(method, parsed.target)
}

/** verb group/version resource[/subresource] name namespace scope; `-` is none. */
function shown(method: string, raw: string): string {
  const info = infoOf(method, raw)
  if ('reason' in info) return `refused ${info.reason}: ${info.message}`
  if (!info.isResource) return `${info.verb} plain`
  const resource = info.subresource === null ? info.resource : `${info.resource}/${info.subresource}`
  return [info.verb, `${info.group}/${info.version}`, resource, info.name ?? '-', info.namespace ?? '-', info.scope].join(' ')
}

describe('as the API server reads it', () => {
  const cases: readonly (readonly [method: string, path: string, means: string])[] = [
    ['GET', '/api/v1/namespaces', 'list /v1 namespaces - - cluster'],
    ['GET', '/api/v1/namespaces/other', 'get /v1 namespaces other other namespace'],
    ['GET', '/api/v1/namespaces/other/pods', 'list /v1 pods - other namespace'],
    ['GET', '/api/v1/namespaces/other/pods/foo', 'get /v1 pods foo other namespace'],
    ['HEAD', '/api/v1/namespaces/other/pods/foo', 'get /v1 pods foo other namespace'],
    ['GET', '/api/v1/pods', 'list /v1 pods - - all'],
    ['HEAD', '/api/v1/pods', 'list /v1 pods - - all'],
    ['PATCH', '/api/v1/namespaces/new', 'patch /v1 namespaces new new namespace'],
    ['GET', '/api/v1/watch/pods', 'watch /v1 pods - - all'],
    ['GET', '/api/v1/watch/namespaces/other/pods', 'watch /v1 pods - other namespace'],
    ['GET', '/api/v1/watch/namespaces/other/pods/foo', 'watch /v1 pods foo other namespace'],
    ['GET', '/api/v1/watch/namespaces', 'watch /v1 namespaces - - cluster'],
    ['GET', '/api/v1/pods?watch=true', 'watch /v1 pods - - all'],
    ['GET', '/api/v1/pods?watch=false', 'list /v1 pods - - all'],
    ['GET', '/api/v1/pods?watch=0', 'list /v1 pods - - all'],
    ['GET', '/api/v1/pods?watch', 'watch /v1 pods - - all'],
    ['GET', '/api/v1/pods?watch=no', 'watch /v1 pods - - all'],
    ['GET', '/api/v1/namespaces/other/pods/foo?watch=true', 'get /v1 pods foo other namespace'],
    ['GET', '/api/v1/namespaces/other/pods/foo/status', 'get /v1 pods/status foo other namespace'],
    ['PUT', '/api/v1/namespaces/other/finalize', 'update /v1 namespaces/finalize other other namespace'],
    ['PUT', '/api/v1/namespaces/other/status', 'update /v1 namespaces/status other other namespace'],
    ['POST', '/api/v1/namespaces/other/pods', 'create /v1 pods - other namespace'],
    ['POST', '/api/v1/namespaces', 'create /v1 namespaces - - cluster'],
    ['POST', '/api/v1/namespaces/other/pods/foo/eviction', 'create /v1 pods/eviction foo other namespace'],
    ['DELETE', '/api/v1/namespaces/other/pods/foo', 'delete /v1 pods foo other namespace'],
    ['DELETE', '/api/v1/nodes', 'deletecollection /v1 nodes - - cluster'],
    ['DELETE', '/api/v1/namespaces', 'deletecollection /v1 namespaces - - cluster'],
    ['DELETE', '/api/v1/namespaces/other/pods', 'deletecollection /v1 pods - other namespace'],
    ['DELETE', '/apis/apps/v1/deployments', 'deletecollection apps/v1 deployments - - all'],
    ['GET', '/apis/apps/v1/namespaces/other/deployments/web/scale', 'get apps/v1 deployments/scale web other namespace'],
    ['GET', '/apis/example.com/v1/widgets', 'list example.com/v1 widgets - - all'],
    ['GET', '/apis/example.com/v1/widgets/a', 'get example.com/v1 widgets a - cluster'],
    ['POST', '/apis/example.com/v1/widgets', 'create example.com/v1 widgets - - cluster'],
    ['DELETE', '/apis/example.com/v1/widgets', 'deletecollection example.com/v1 widgets - - all'],
    ['GET', '/api/v1/pods/foo', 'get /v1 pods foo - all'],
    ['GET', '/apis/constructor/v1/toString', 'refused BadRequest: the path holds a group, version or resource that is none'],
    ['GET', '/apis/constructor/v1/valueof', 'list constructor/v1 valueof - - all'],
    ['GET', '/apis/example.com/v1/namespaces/a/widgets/b/sev/fetch', 'get example.com/v1 widgets/sev b a namespace'],
    ['GET', '/api/v1/nodes?fieldSelector=metadata.name%3Da', 'list /v1 nodes a - cluster'],
    ['GET', '/api/v1/pods?watch=true&fieldSelector=metadata.name%3Da', 'watch /v1 pods a - all'],
    ['GET', '/api/v1/pods?fieldSelector=foo%3Dbar', 'list /v1 pods - - all'],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Da%2Cfoo', 'list /v1 pods - - all'],
    ['DELETE', '/api/v1/namespaces/x/pods?fieldSelector=metadata.name%3Da', 'deletecollection /v1 pods - x namespace'],
  ]
  test.each(cases)('%s %s', (method, path, means) => { expect(shown(method, path)).toBe(means) })
})

describe('paths that name no resource', () => {
  test.each(['/', '/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1', '/version', '/healthz/etcd', '/openapi/v3/apis/apps/v1', '/not-api/version/resource', '/apis/'])('%s', (path) => {
    expect(shown('GET', path)).toBe('get plain')
  })
})

describe('streams and proxies are what they are, whatever their method', () => {
  const cases: readonly (readonly [method: string, path: string, means: string])[] = [
    ...['GET', 'POST', 'PUT', 'DELETE'].flatMap((method) => (['exec', 'attach', 'portforward'] as const).map((verb) => [method, `/api/v1/namespaces/a/pods/b/${verb}`, `${verb} /v1 pods/${verb} b a namespace`] as const)),
    ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) => [
      [method, '/api/v1/namespaces/a/services/web/proxy', 'connect /v1 services/proxy web a namespace'] as const,
      [method, '/api/v1/nodes/n/proxy/run/kube-system/etcd/etcd', 'connect /v1 nodes/proxy n - cluster'] as const,
    ]),
    ['GET', '/api/v1/namespaces/a/services/https:web:443/proxy/', 'connect /v1 services/proxy web a namespace'],
    ['GET', '/api/v1/namespaces/a/pods/web:8080/proxy/metrics', 'connect /v1 pods/proxy web a namespace'],
    ['GET', '/api/v1/proxy/namespaces/a/pods/web', 'connect /v1 pods/proxy web a namespace'],
    ['GET', '/api/v1/proxy/namespaces/a/pods/web/not/a/subresource', 'connect /v1 pods/proxy web a namespace'],
    ['GET', '/api/v1/proxy/nodes/n/exec', 'connect /v1 nodes/proxy n - cluster'],
    ['GET', '/apis/subresources.example.com/v1/namespaces/a/machines/b/proxy/x', 'connect subresources.example.com/v1 machines/proxy b a namespace'],
  ]
  test.each(cases)('%s %s', (method, path, means) => { expect(shown(method, path)).toBe(means) })

  test('the port a proxied name says is a fact', () => {
    expect(infoOf('GET', '/api/v1/namespaces/a/services/https:web:443/proxy')).toMatchObject({ proxiedPort: 443 })
    expect(infoOf('GET', '/api/v1/namespaces/a/services/web:http/proxy')).toMatchObject({ proxiedPort: null })
  })
})

describe('refused', () => {
  const cases: readonly (readonly [method: string, path: string, says: string])[] = [
    ['OPTIONS', '/api/v1/pods', 'method'], ['CONNECT', '/api/v1/pods', 'method'], ['TRACE', '/api', 'method'], ['get', '/api', 'method'], ['__proto__', '/api', 'method'],
    ['POST', '/api/v1/watch/pods', 'only GET'], ['DELETE', '/api/v1/watch/namespaces/a/pods/b', 'only GET'],
    ['GET', '/api/v1/watch', 'names no resource'], ['GET', '/api/v1/proxy', 'names no resource'],
    ['GET', '/api/v1/proxy/pods', 'proxies to nothing'], ['GET', '/api/v1/namespaces/a/services/ftp:web:21/proxy', 'a name that is none'], ['GET', '/api/v1/namespaces/a/services/a:b:c:d/proxy', 'a name that is none'], ['GET', '/api/v1/namespaces/a/services/http::1/proxy', 'a name that is none'],
    ['GET', '/api/v1/Secrets', 'is none'], ['GET', '/api/v1/sec%20rets', 'is none'], ['GET', '/apis/Apps/v1/deployments', 'is none'], ['GET', '/api/v1/namespaces/a/pods/b/Exec', 'is none'],
    ['GET', '/api/v1/namespaces/Default/secrets', 'namespace that is none'], ['GET', '/api/v1/namespaces/a.b/secrets', 'namespace that is none'],
    ['GET', '/api/v1/namespaces/a/nodes', 'in no namespace'], ['GET', '/api/v1/namespaces/a/namespaces/b', 'in no namespace'], ['GET', '/api/v1/namespaces/a/namespaces', 'in no namespace'], ['GET', '/api/v1/watch/namespaces/a/namespaces/b', 'in no namespace'],
    ['GET', '/api/v1/secrets/', 'slash'], ['GET', '/api/v1/namespaces/a/secrets/b/', 'slash'],
    ['GET', '/api/v1/namespaces/a/pods/b/log/c', 'nothing stands behind'], ['POST', '/api/v1/namespaces/a/pods/b/exec/c', 'nothing stands behind'],
    ['GET', '/api/v1/pods?watch=0&watch=1', 'more than once'], ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Da&fieldSelector=metadata.name%3Db', 'more than once'],
    ['POST', '/api/v1/namespaces/a/pods/b/exec?container=a&container=b', 'more than once'],
  ]
  test.each(cases)('%s %s', (method, path, says) => { expect(shown(method, path)).toMatch(new RegExp(`^refused .*${says}`)) })
})

test('a field selector names one object only where it surely does', () => {
  const cases: readonly (readonly [selector: string, name: string | null])[] = [
    ['metadata.name=a', 'a'], ['metadata.name==a', 'a'], ['metadata.namespace=x,metadata.name=a', 'a'], ['metadata.name=a,status.phase!=Running', 'a'],
    ['metadata.name!=a', null], ['metadata.name=', null], ['metadata.name=a,metadata.name=b', null], ['metadata.name=a,foo', null], ['spec.metadata.name=a', null],
    ['metadata.name=a/b', null], ['metadata.name=..', null], ['metadata.name=a=b', null], ['metadata.name=a\\,b', 'a,b'], ['metadata.name=a\\b', null], ['', null],
  ]
  expect(cases.map(([selector]) => exactName(selector))).toEqual(cases.map(([, name]) => name))
  expect(exactName(null)).toBeNull()
})
