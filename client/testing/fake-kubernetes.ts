// The least of a Kubernetes API that kubectl is content with: discovery, one pod, one watch that stays open. Behind a fake gateway,
// for tests of the way there; demo/cluster is the one for what Kubernetes does.
import type { IncomingMessage, ServerResponse } from 'node:http'

const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web', namespace: 'default', uid: 'u1', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }, spec: { containers: [{ name: 'web', image: 'web:1' }] }, status: { phase: 'Running' } }
const podsResource = { name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list', 'watch', 'create', 'delete'], shortNames: ['po'] }

const answers: Readonly<Record<string, unknown>> = {
  '/version': { major: '1', minor: '30', gitVersion: 'v1.30.0' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [podsResource] },
  '/api/v1/namespaces/default/pods': { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [pod] },
  '/api/v1/namespaces/default/pods/web': pod,
}

/** `held` is asked of deletes: they are answered when it resolves. */
export function fakeKubernetes(prefix: string, held: () => Promise<void> = () => Promise.resolve()) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://x')
    const path = pathname.slice(prefix.length)
    const send = (status: number, body: unknown) => { response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)) }
    if (searchParams.get('watch') === 'true' || searchParams.get('watch') === '1') {
      response.writeHead(200, { 'content-type': 'application/json' }).write(`${JSON.stringify({ type: 'ADDED', object: pod })}\n`)
      return
    }
    if (request.method === 'DELETE') return void held().then(() => send(200, { kind: 'Status', apiVersion: 'v1', status: 'Success' }), (error: Error) => send(403, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403, message: error.message }))
    const known = answers[path]
    if (!pathname.startsWith(prefix) || known === undefined) return send(404, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404, message: `no ${path}` })
    send(200, known)
  }
}
