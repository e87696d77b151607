// Short ways to write the sample estate down: what kubectl apply would be given, with what the API server fills in.
import type { Json, JsonObject } from '../objects.ts'
import type { Draft } from '../store.ts'

export interface Item { readonly plural: string; readonly group?: string; readonly object: Draft }

type Namespace = string

export interface ContainerWish {
  readonly name: string
  readonly image: string
  readonly port?: number
  readonly env?: readonly Json[]
  readonly cpu?: string
  readonly memory?: string
  readonly command?: readonly string[]
}

export const env = (name: string, value: string): Json => ({ name, value })
export const envFromSecret = (name: string, secret: string, key: string): Json => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })
export const envFromConfig = (name: string, config: string, key: string): Json => ({ name, valueFrom: { configMapKeyRef: { name: config, key } } })

export function container({ name, image, port, env: variables = [], cpu = '100m', memory = '128Mi', command }: ContainerWish): JsonObject {
  return {
    name, image, imagePullPolicy: 'IfNotPresent', ...(command ? { command: [...command] } : {}),
    ...(port === undefined ? {} : { ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }] }), ...(variables.length > 0 ? { env: [...variables] } : {}),
    resources: { requests: { cpu, memory }, limits: { memory } }, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File',
  }
}

export interface WorkloadWish { readonly name: string; readonly namespace: Namespace; readonly replicas?: number; readonly containers: readonly ContainerWish[]; readonly tier?: string; readonly serviceAccount?: string; readonly volumes?: readonly Json[] }

function template({ name, containers, tier = 'backend', serviceAccount = 'default', volumes = [] }: WorkloadWish): JsonObject {
  return {
    metadata: { creationTimestamp: null, labels: { app: name, tier } },
    spec: {
      containers: containers.map(container), restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', schedulerName: 'default-scheduler',
      serviceAccountName: serviceAccount, serviceAccount, securityContext: {}, ...(volumes.length > 0 ? { volumes: [...volumes] } : {}),
    },
  }
}

const metadata = ({ name, namespace, tier = 'backend' }: WorkloadWish) => ({ name, namespace, generation: 1, labels: { app: name, tier } })

export function deployment(wish: WorkloadWish): Item {
  return {
    plural: 'deployments',
    object: {
      metadata: metadata(wish),
      spec: {
        replicas: wish.replicas ?? 1, selector: { matchLabels: { app: wish.name } }, template: template(wish), revisionHistoryLimit: 10, progressDeadlineSeconds: 600,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      },
    },
  }
}

export function statefulSet(wish: WorkloadWish): Item {
  return {
    plural: 'statefulsets',
    object: { metadata: metadata(wish), spec: { replicas: wish.replicas ?? 1, serviceName: wish.name, selector: { matchLabels: { app: wish.name } }, template: template(wish), podManagementPolicy: 'OrderedReady', updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }, revisionHistoryLimit: 10 } },
  }
}

export function daemonSet(wish: WorkloadWish): Item {
  return {
    plural: 'daemonsets',
    object: { metadata: metadata(wish), spec: { selector: { matchLabels: { app: wish.name } }, template: template(wish), updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }, revisionHistoryLimit: 10 } },
  }
}

let lastAddress = 20

export function service(name: string, namespace: Namespace, port: number, targetPort: number | string = 'http'): Item {
  const clusterIP = `10.96.${lastAddress % 7}.${lastAddress++ % 240 + 10}`
  return {
    plural: 'services',
    object: {
      metadata: { name, namespace, labels: { app: name } },
      spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster', selector: { app: name }, ports: [{ name: 'http', port, targetPort, protocol: 'TCP' }] },
      status: { loadBalancer: {} },
    },
  }
}

export const configMap = (name: string, namespace: Namespace, data: Record<string, string>): Item => ({ plural: 'configmaps', object: { metadata: { name, namespace }, data } })

export function secret(name: string, namespace: Namespace, data: Record<string, string>, options: { readonly type?: string; readonly labels?: Record<string, string>; readonly isApplied?: boolean } = {}): Item {
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]))
  // What `kubectl apply` leaves behind, and where a masked value would leak from.
  const applied = { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { annotations: {}, name, namespace }, data: encoded, type: options.type ?? 'Opaque' })}\n` }
  return {
    plural: 'secrets',
    object: { metadata: { name, namespace, ...(options.labels ? { labels: options.labels } : {}), ...(options.isApplied ? { annotations: applied } : {}) }, type: options.type ?? 'Opaque', data: encoded },
  }
}

export const plainObject = (plural: string, object: Draft, group?: string): Item => ({ plural, object, ...(group === undefined ? {} : { group }) })

export function namespace(name: string, labels: Record<string, string> = {}): Item {
  return { plural: 'namespaces', object: { metadata: { name, labels: { 'kubernetes.io/metadata.name': name, ...labels } }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } } }
}

/** What every namespace has. */
export const belongings = (name: string): readonly Item[] => [
  plainObject('serviceaccounts', { metadata: { name: 'default', namespace: name } }),
  configMap('kube-root-ca.crt', name, { 'ca.crt': '-----BEGIN CERTIFICATE-----\nthe CA of this demo cluster is in the kubeconfig\n-----END CERTIFICATE-----\n' }),
]

export function node(name: string, address: string, isControlPlane = false): Item {
  const condition = (type: string, isTrue: boolean, reason: string, message: string): Json => ({ type, status: isTrue ? 'True' : 'False', reason, message })
  return {
    plural: 'nodes',
    object: {
      metadata: {
        name, labels: {
          'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', 'topology.kubernetes.io/zone': `eu-1${name.at(-1) === '2' ? 'b' : 'a'}`,
          ...(isControlPlane ? { 'node-role.kubernetes.io/control-plane': '' } : {}),
        },
      },
      spec: { podCIDR: `${address.replace('10.0.0', '10.244').replace(/\.(\d+)$/, '.0')}/24`, ...(isControlPlane ? { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] } : {}) },
      status: {
        capacity: { cpu: '4', memory: '16384Mi', pods: '110' }, allocatable: { cpu: '3800m', memory: '15360Mi', pods: '110' },
        conditions: [
          condition('MemoryPressure', false, 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'), condition('DiskPressure', false, 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
          condition('PIDPressure', false, 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'), condition('Ready', true, 'KubeletReady', 'kubelet is posting ready status'),
        ],
        addresses: [{ type: 'InternalIP', address }, { type: 'Hostname', address: name }],
        nodeInfo: {
          kubeletVersion: 'v1.31.4', kubeProxyVersion: 'v1.31.4', osImage: 'Debian GNU/Linux 12 (bookworm)', kernelVersion: '6.1.0-28-amd64', containerRuntimeVersion: 'containerd://1.7.24',
          architecture: 'amd64', operatingSystem: 'linux', machineID: '', systemUUID: '', bootID: '',
        },
      },
    },
  }
}
