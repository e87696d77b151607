// A request in one line is the request that a client would send, as it is judged; and what is not one request is told so.
import { expect, test } from 'vitest'
import { factsOfRecorded, factsOfRun } from './run-text.ts'

test.each<readonly [line: string, facts: object]>([
  ['delete pods/web-1 -n shop', { verb: 'delete', resource: 'pods', name: 'web-1', namespace: 'shop' }],
  ['kubectl delete pod web-1 --namespace=shop', { verb: 'delete', resource: 'pods', name: 'web-1', namespace: 'shop' }],
  ['delete pods/web-1 --deletes 6', { namespace: 'default', deletes: [0, 0, 0, 0, 0, 0] }],
  ['list secrets --all-namespaces', { verb: 'list', resource: 'secrets', namespace: null, scope: 'all', name: null }],
  ['kubectl get secrets -A', { verb: 'list', scope: 'all' }],
  ['kubectl get deploy/web', { verb: 'get', group: 'apps', resource: 'deployments', name: 'web', namespace: 'default' }],
  ['kubectl get pods -w -l app=web', { verb: 'watch', labelSelector: 'app=web' }],
  ['watch pods/web-1 -n shop', { verb: 'watch', name: 'web-1' }],
  ['deletecollection pods -n shop -l app=web', { verb: 'deletecollection', name: null, labelSelector: 'app=web' }],
  ['get nodes/n1 -n shop', { verb: 'get', scope: 'cluster', namespace: null, name: 'n1' }],
  ['get /metrics', { plain: { path: '/metrics', isDiscovery: false } }],
  ['get /openapi/v3', { plain: { path: '/openapi/v3', isDiscovery: true } }],
  ['exec pods/web-1 -n shop -- sh -c "ls -l"', { verb: 'exec', subresource: 'exec', name: 'web-1', exec: { container: null, argv: ['sh', '-c', 'ls -l'], tty: false, stdin: false } }],
  ['kubectl exec -it web-1 -c app -- sh', { verb: 'exec', exec: { container: 'app', argv: ['sh'], tty: true, stdin: true } }],
  ['kubectl logs web-1 -n shop', { verb: 'get', resource: 'pods', subresource: 'log', name: 'web-1' }],
  ['kubectl port-forward pod/web-1 8080:80 9090', { verb: 'portforward', name: 'web-1', ports: [80, 9090] }],
  ['connect services/web -n shop', { verb: 'connect', resource: 'services', subresource: 'proxy', name: 'web' }],
  ['create namespaces/team-a', { verb: 'create', resource: 'namespaces', name: 'team-a', scope: 'cluster', body: { kind: 'object', value: { metadata: { name: 'team-a' } } } }],
  ['kubectl create namespace team-a', { verb: 'create', resource: 'namespaces', name: 'team-a' }],
  ['kubectl create token deployer -n shop', { verb: 'create', privilege: 'mint-token', resource: 'serviceaccounts', subresource: 'token', name: 'deployer' }],
  ['create roles/reader -n shop', { privilege: 'rbac', group: 'rbac.authorization.k8s.io' }],
  ['create configmaps/flags -n shop --body \'{"data":{"a":"b"},"metadata":{"labels":{"c":"d"}}}\'', { name: 'flags', body: { kind: 'object', value: { data: { a: 'b' }, metadata: { labels: { c: 'd' }, name: 'flags' } } } }],
  ['apply configmaps/flags -n shop --body \'{"data":{"a":"b"}}\'', { verb: 'patch', body: { kind: 'apply', value: { data: { a: 'b' } } } }],
  ['patch deploy/web --type json -p \'[{"op":"remove","path":"/a"}]\'', { verb: 'patch', body: { kind: 'json-patch', value: [{ op: 'remove', path: '/a' }] } }],
  ['kubectl scale deploy/web --replicas=0', { verb: 'patch', resource: 'deployments', subresource: 'scale', body: { kind: 'merge', value: { spec: { replicas: 0 } } } }],
  ['delete pods/web-1 --dry-run=server', { isDryRun: true }],
  ['list widgets.example.com -n shop', { group: 'example.com', resource: 'widgets', namespace: 'shop' }],
  ['kubectl auth can-i delete pods', { verb: 'create', resource: 'selfsubjectaccessreviews' }],
])('%s', (line, facts) => expect(factsOfRun(line)).toMatchObject({ kind: 'facts', facts }))

test.each<readonly [line: string, message: RegExp]>([
  ['', /is no verb/], ['delet pods/web', /did you mean "delete"/], ['select 1', /"select" is no verb/],
  ['delete pods', /delete needs a name; .* deletecollection/], ['kubectl delete pods --all', /lists, and then deletes one by one/],
  ['kubectl edit deploy/web', /is a get and a patch/], ['kubectl apply -f x.yaml', /-f is not known here/], ['kubectl apply configmaps/a', /a get, and a create or a patch/],
  ['list widgets', /write it with its group/], ['list __proto__', /is no resource/], ['list', /expected what to list/],
  ['exec pods/web-1', /needs its command behind --/], ['get pods/web-1 -- sh', /get runs no command/], ['get pods a b', /one word too many/],
  ['get pods -n', /-n needs a value/], ['get pods --nmespace x', /did you mean "--namespace"/], ['create pods/a --body {', /--body is no JSON/],
  ['patch pods/a --type html --body {}', /--type is json/], ['delete pods/a --deletes many', /--deletes is a number/], ['exec pods/a -- sh -c "ls', /a " is not closed/],
  ['get pods/..', /./], ['portforward pods/web-1 http', /ports holds what is no port/], ['delete /metrics', /only resources can be written to/],
])('%s is not one request', (line, message) => {
  const run = factsOfRun(line)
  expect(run.kind === 'problem' ? run.message : JSON.stringify(run.facts)).toMatch(message)
  expect(run.kind).toBe('problem')
})

test('a recorded request whose text is masked is not judged by what stands in its place', () => {
  for (const text of ['GET /api/v1/pods/[masked]', 'GET /api/v1/pods?labelSelector=%5Bmasked%3Aaws-access-key%5D']) expect(factsOfRecorded(text)).toBe('a part of its text is masked')
  expect(factsOfRecorded('GET /api/v1/namespaces/shop/pods')).toMatchObject({ verb: 'list', resource: 'pods' })
})
