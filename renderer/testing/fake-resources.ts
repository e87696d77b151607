// What the fake cluster holds, as its API server would print it.
import type { KubernetesRow } from '../../shared/ipc.ts'
import type { KubernetesViewName } from '../../shared/kubernetes-views.ts'

const minute = 60_000
const ago = (minutes: number): string => new Date(Date.now() - minutes * minute).toISOString()

type Column = readonly [name: string, priority: number]

const named: Column = ['Name', 0]
const age: Column = ['Age', 0]

export const fakeTables: Readonly<Record<KubernetesViewName, readonly Column[]>> = {
  pods: [named, ['Ready', 0], ['Status', 0], ['Restarts', 0], age, ['IP', 1], ['Node', 1]],
  deployments: [named, ['Ready', 0], ['Up-to-date', 0], ['Available', 0], age, ['Images', 1]],
  statefulsets: [named, ['Ready', 0], age, ['Images', 1]],
  daemonsets: [named, ['Desired', 0], ['Ready', 0], age],
  jobs: [named, ['Status', 0], ['Completions', 0], ['Duration', 0], age],
  services: [named, ['Type', 0], ['Cluster-IP', 0], ['External-IP', 0], ['Port(s)', 0], age],
  configmaps: [named, ['Data', 0], age],
  secrets: [named, ['Type', 0], ['Data', 0], age],
  events: [['Last Seen', 0], ['Type', 0], ['Reason', 0], ['Object', 0], ['Message', 0]],
  namespaces: [named, ['Status', 0], age],
}

const row = (key: string, namespace: string | null, name: string, minutes: number, cells: readonly string[]): KubernetesRow =>
  ({ key, namespace, name, createdAt: ago(minutes), cells })

const pod = (at: number, name: string, status: string, restarts: string, minutes: number, namespace = 'default'): KubernetesRow =>
  row(`pod-${at}`, namespace, name, minutes, [name, status === 'Running' ? '2/2' : '0/2', status, restarts, '1m', `10.42.0.${10 + at}`, `node-${at % 3}`])

const pods = [
  pod(0, 'web-7c9d8b6f4-2xkqp', 'Running', '0', 3 * 1440), pod(1, 'web-7c9d8b6f4-9hzlw', 'Running', '0', 3 * 1440), pod(2, 'web-7c9d8b6f4-gone', 'Running', '1 (4h ago)', 3 * 1440),
  pod(3, 'orders-6b5f9c7d8-kk2vm', 'Running', '0', 26 * 60), pod(4, 'orders-6b5f9c7d8-zt8rn', 'CrashLoopBackOff', '17 (2m ago)', 80), pod(5, 'cache-0', 'Running', '0', 40 * 1440),
  pod(6, 'migrate-29184-x7lpd', 'Completed', '0', 300), pod(7, 'mail\u202egpj.worker', 'Running', '0', 12), pod(8, 'coredns-5d78c9869d-4qk6v', 'Running', '0', 90 * 1440, 'kube-system'),
  ...Array.from({ length: 240 }, (_, at) => pod(9 + at, `worker-5f6d7c8b9-${String(at).padStart(4, '0')}`, at % 37 === 5 ? 'Pending' : 'Running', '0', 20 + at * 3, 'batch')),
]

const tables: Readonly<Record<KubernetesViewName, readonly KubernetesRow[]>> = {
  pods,
  deployments: [row('d1', 'default', 'web', 40 * 1440, ['web', '3/3', '3', '3', '40d', 'registry.acme.example/web:2.14.1']), row('d2', 'default', 'orders', 40 * 1440, ['orders', '1/2', '2', '1', '40d', 'registry.acme.example/orders:1.9.0']), row('d3', 'batch', 'worker', 9 * 1440, ['worker', '233/240', '240', '233', '9d', 'registry.acme.example/worker:5.1.2'])],
  statefulsets: [row('s1', 'default', 'cache', 40 * 1440, ['cache', '1/1', '40d', 'redis:8'])],
  daemonsets: [row('ds1', 'kube-system', 'node-agent', 90 * 1440, ['node-agent', '3', '3', '90d'])],
  jobs: [row('j1', 'default', 'migrate-29184', 300, ['migrate-29184', 'Complete', '1/1', '14s', '5h'])],
  services: [row('v1', 'default', 'web', 40 * 1440, ['web', 'ClusterIP', '10.43.7.18', '<none>', '80/TCP', '40d']), row('v2', 'default', 'cache', 40 * 1440, ['cache', 'ClusterIP', '10.43.9.2', '<none>', '6379/TCP', '40d'])],
  configmaps: [row('c1', 'default', 'web-settings', 40 * 1440, ['web-settings', '4', '40d']), row('c2', 'default', 'kube-root-ca.crt', 90 * 1440, ['kube-root-ca.crt', '1', '90d'])],
  secrets: [row('x1', 'default', 'database', 40 * 1440, ['database', 'Opaque', '2', '40d']), row('x2', 'default', 'sh.helm.release.v1.web.v12', 3 * 1440, ['sh.helm.release.v1.web.v12', 'helm.sh/release.v1', '1', '3d'])],
  events: [row('e1', 'default', 'orders.17a', 2, ['2m', 'Warning', 'BackOff', 'pod/orders-6b5f9c7d8-zt8rn', 'Back-off restarting failed container orders in pod orders-6b5f9c7d8-zt8rn']), row('e2', 'default', 'web.17b', 9, ['9m', 'Normal', 'Pulled', 'pod/web-7c9d8b6f4-2xkqp', 'Container image "registry.acme.example/web:2.14.1" already present on machine'])],
  namespaces: ['default', 'batch', 'kube-system', 'monitoring'].map((name) => row(`n-${name}`, null, name, 90 * 1440, [name, 'Active', '90d'])),
}

export const fakeRows = (view: KubernetesViewName): readonly KubernetesRow[] => tables[view]

const head = (apiVersion: string, kind: string, namespace: string | null, name: string): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n${namespace === null ? '' : `  namespace: ${namespace}\n`}  uid: 6f1c0d2e-8f52-4b8e-9a51-0d6f2f1a7c11\n  resourceVersion: "418211"\n  creationTimestamp: "2026-11-18T09:12:44Z"\n`

export function fakeObject(view: KubernetesViewName, namespace: string | null, name: string): string {
  if (view === 'secrets') return `${head('v1', 'Secret', namespace, name)}type: Opaque\ndata:\n  password: W21hc2tlZF0=\n  username: W21hc2tlZF0=\n`
  if (view === 'pods') return `${head('v1', 'Pod', namespace, name)}  labels:\n    app: web\n    pod-template-hash: 7c9d8b6f4\nspec:\n  containers:\n    - name: web\n      image: registry.acme.example/web:2.14.1\n      ports:\n        - containerPort: 8080\n      env:\n        - name: DATABASE_URL\n          valueFrom:\n            secretKeyRef:\n              name: database\n              key: url\n      resources:\n        limits: { cpu: "1", memory: 512Mi }\n    - name: istio-proxy\n      image: istio/proxyv2:1.27.0\n  nodeName: node-0\nstatus:\n  phase: Running\n  podIP: 10.42.0.10\n  startTime: "2026-11-18T09:12:44Z"\n  conditions:\n    - type: Ready\n      status: "True"\n`
  return `${head('apps/v1', 'Deployment', namespace, name)}  annotations:\n    note: "looks \u202Eharmless"\nspec:\n  replicas: 3\n`
}

const paths = ['/cart', '/products/A-17', '/checkout', '/healthz', '/orders/18211']
export const logLine = (at: number, container: string | null): string =>
  `2026-11-21T17:${String(Math.floor(at / 60) % 60).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}Z ${at % 23 === 7 ? 'WARN ' : 'INFO '} ${container ?? 'web'} ${at % 29 === 11 ? '\u001b[31mupstream slow\u001b[0m' : `GET ${paths[at % paths.length]}`} ${at % 23 === 7 ? 503 : 200} ${(at * 13) % 80 + 2}ms`
