// Real kubectl's requests: every one is read, and means what the command said.
import { describe, expect, test } from 'vitest'
import { factsOf, readRequest } from './commands.ts'
import { kubectlRequests, type RecordedRequest } from './testing/kubectl-requests.ts'

function read(request: RecordedRequest) {
  const asked = readRequest(request)
  if (asked.kind === 'refused') throw new Error(`${request.command}: ${asked.message}`)
  const result = factsOf({ request: asked, body: request.body, deletes: [] })
  if (result.kind === 'refused') throw new Error(`${request.command}: ${result.message}`)
  return { asked, ...result }
}

/** The last word of a command that is no discovery: what it does. */
const cases: readonly (readonly [command: string, means: string])[] = [
  ['get pods', 'list pods * in shop'],
  ['get pods -A -o yaml', 'list pods * in all'],
  ['get pod web -w', 'watch pods web in shop'],
  ['describe pod web', 'list events * in shop'],
  ['apply --validate=false -f cm.yaml', 'patch configmaps settings in shop merge'],
  ['apply --validate=false -f new.yaml', 'create configmaps new in shop object'],
  ['apply --validate=false --server-side -f cm.yaml', 'patch configmaps settings in shop apply'],
  ['apply --validate=false --dry-run=server -f cm.yaml', 'patch configmaps settings in shop merge dry'],
  ['replace --validate=false -f cm.yaml', 'update configmaps settings in shop object'],
  ['patch cm settings --type=json -p [{"op":"replace","path":"/data/a","value":"3"}]', 'patch configmaps settings in shop json-patch'],
  ['label pod web x=y', 'patch pods web in shop merge'],
  ['delete pod web --wait=false', 'delete pods web in shop options'],
  ['delete pods --all --wait=false', 'delete pods web in shop options'],
  ['logs -f web --tail=5', 'get pods/log web in shop'],
  ['exec web -- sh -c ls', 'exec pods/exec web in shop'],
  ['attach web -i', 'attach pods/attach web in shop'],
  ['cp f.txt web:/tmp/f.txt', 'exec pods/exec web in shop'],
  ['port-forward web 18080:80', 'portforward pods/portforward web in shop'],
  ['auth can-i get pods', 'create selfsubjectaccessreviews.authorization.k8s.io * in cluster object'],
  ['create token default', 'create serviceaccounts/token default in shop object mint-token'],
  ['scale deployment web --replicas=2', 'patch deployments.apps/scale web in shop merge'],
  ['rollout restart deployment web', 'patch deployments.apps web in shop merge'],
  ['wait pod web --for=delete --timeout=1s', 'watch pods web in shop'],
  ['create namespace fresh', 'create namespaces fresh in cluster object'],
  ['create secret generic s --from-literal=a=b', 'create secrets s in shop object'],
  ['create role r --verb=get --resource=pods', 'create roles.rbac.authorization.k8s.io r in shop object rbac'],
  ['create priorityclass pc --value=5', 'create priorityclasses.scheduling.k8s.io pc in cluster object'],
  ['run once --image=web:1', 'create pods once in shop object'],
]

describe.each(['1.27', '1.33'] as const)('kubectl %s', (kubectl) => {
  const own = kubectlRequests.filter((request) => request.kubectl === kubectl)

  test.each(cases)('%s', (command, means) => {
    const { facts } = own.filter((request) => request.command === command).map((request) => read(request)).findLast(({ facts: { plain } }) => plain === null)!
    const resource = `${facts.resource}${facts.group === '' ? '' : `.${facts.group}`}${facts.subresource === null ? '' : `/${facts.subresource}`}`
    expect([facts.verb, resource, facts.name ?? '*', 'in', facts.namespace ?? facts.scope, facts.body?.kind, facts.privilege, facts.isDryRun ? 'dry' : null].filter(Boolean).join(' ')).toBe(means)
  })

  test('nothing it sends is refused, and only JSON or text is asked for in its name', () => {
    for (const request of own) {
      const { asked, facts } = read(request)
      if (facts.plain?.path.startsWith('/openapi') !== true) expect(asked.negotiated.accept, request.command).not.toMatch(/protobuf|cbor|yaml/)
      if (facts.plain !== null) expect(facts.plain.isDiscovery, request.target).toBe(true)
    }
  })

  test('a path goes upstream as it came, and a query means the same', () => {
    for (const request of own) {
      const { asked } = read(request)
      expect(asked.target.forwarded.split('?')[0]).toBe(request.target.split('?')[0])
      expect([...new URL(asked.target.forwarded, 'https://upstream').searchParams]).toEqual([...new URL(request.target, 'https://upstream').searchParams])
    }
  })
})

test('argv, container and tty of exec come from the query', () => {
  const exec = read(kubectlRequests.find(({ command, target }) => command === 'exec -it web -c web -- sh' && target.includes('/exec'))!)
  expect(exec.facts.exec).toMatchObject({ container: 'web', argv: ['sh'] })
  expect(read(kubectlRequests.find(({ command, target }) => command === 'exec web -- sh -c ls' && target.includes('/exec'))!).facts.exec).toEqual({ container: 'web', argv: ['sh', '-c', 'ls'], tty: false, stdin: false })
})

test('kubectl 1.33 offers WebSocket first and SPDY then, 1.27 SPDY alone', () => {
  const protocols = (kubectl: string) => kubectlRequests.filter((request) => request.kubectl === kubectl && request.command === 'exec web -- sh -c ls').flatMap((request) => read(request).asked.headers.upgrade?.protocol ?? [])
  expect(protocols('1.33')).toEqual(['websocket', 'spdy'])
  expect(protocols('1.27')).toEqual(['spdy'])
})

describe('protobuf of kubectl 1.33 is read as the JSON that 1.27 sends for the same command', () => {
  const inProtobuf = kubectlRequests.filter(({ body }) => body?.subarray(0, 4).toString('latin1') === 'k8s\0')
  test.each(inProtobuf.map((request) => [request.command, request] as const))('%s', (command, request) => {
    const older = kubectlRequests.find((other) => other.kubectl === '1.27' && other.command === command && other.method === request.method && other.target.split('?')[0] === request.target.split('?')[0])
    expect(older, 'a request to compare with').toBeDefined()
    const [newer, same] = [read(request), read(older!)]
    expect(withoutZeros(newer.facts.body!.value)).toEqual(withoutZeros(same.facts.body!.value))
    expect(newer.forwarded).toMatchObject({ contentType: 'application/json' })
    expect(JSON.parse(newer.forwarded!.bytes.toString())).toEqual(newer.facts.body!.value)
  })
  test('there are some', () => { expect(inProtobuf.length).toBeGreaterThan(15) })
})

/** What Go's JSON leaves out and protobuf cannot. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros)
  if (typeof value !== 'object' || value === null) return value
  const isZero = (one: unknown): boolean => ['', 0, false, null].includes(one as never) || (typeof one === 'object' && !Array.isArray(one) && Object.keys(one!).length === 0)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutZeros(inner)] as const).filter(([, inner]) => !isZero(inner)))
}
