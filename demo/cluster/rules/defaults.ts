// What the API server fills in where a client says nothing. Only what kubectl, the controllers and eyes would miss.
import { isObject, listAt, numberAt, objectAt, textAt, textsAt, type Json, type JsonObject } from '../objects.ts'
import { podSpec } from '../controllers/pods.ts'
import type { Resource } from '../resources.ts'

type Defaults = (object: JsonObject) => JsonObject

const spec = (object: JsonObject, values: JsonObject): JsonObject => ({ ...object, spec: { ...values, ...objectAt(object, 'spec') } })

function container(value: Json): Json {
  if (!isObject(value)) return value
  const image = textAt(value, 'image')
  const ports = listAt(value, 'ports').map((port): Json => ({ protocol: 'TCP', ...objectAt(port) }))
  return {
    resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File',
    imagePullPolicy: image.endsWith(':latest') || !/:[^/]+$/.test(image) ? 'Always' : 'IfNotPresent', ...value, ...(ports.length > 0 ? { ports } : {}),
  }
}

function podDefaults(template: JsonObject): JsonObject {
  const given = objectAt(template, 'spec')
  const lists = Object.fromEntries(['containers', 'initContainers'].filter((key) => Array.isArray(given[key])).map((key) => [key, listAt(given, key).map(container)]))
  return { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', securityContext: {}, schedulerName: 'default-scheduler', ...given, ...lists }
}

const withTemplate: Defaults = (object) => {
  const template = objectAt(object, 'spec', 'template')
  return { ...object, spec: { ...objectAt(object, 'spec'), template: { ...template, metadata: { creationTimestamp: null, ...objectAt(template, 'metadata') }, spec: podDefaults(template) } } }
}

let lastAddress = 0

function servicePorts(object: JsonObject): Json[] {
  return listAt(object, 'spec', 'ports').map((port): Json => ({ protocol: 'TCP', targetPort: numberAt(port, 'port') ?? null, ...objectAt(port) }))
}

const byKind: Readonly<Record<string, Defaults>> = {
  pods: (object) => ({ ...object, spec: podSpec(podDefaults(object)) }),
  deployments: (object) => {
    const filled = withTemplate(spec(object, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 }))
    const isRecreate = textAt(filled, 'spec', 'strategy', 'type') === 'Recreate'
    const rolling = { maxUnavailable: '25%', maxSurge: '25%', ...objectAt(filled, 'spec', 'strategy', 'rollingUpdate') }
    return { ...filled, spec: { ...objectAt(filled, 'spec'), strategy: isRecreate ? { type: 'Recreate' } : { type: 'RollingUpdate', rollingUpdate: rolling } } }
  },
  replicasets: (object) => withTemplate(spec(object, { replicas: 1 })),
  statefulsets: (object) => withTemplate(spec(object, { replicas: 1, podManagementPolicy: 'OrderedReady', revisionHistoryLimit: 10, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } })),
  daemonsets: (object) => withTemplate(spec(object, { revisionHistoryLimit: 10, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } } })),
  jobs: (object) => {
    const labels = { 'batch.kubernetes.io/job-name': textAt(object, 'metadata', 'name') }
    return withTemplate(spec(object, { backoffLimit: 6, completions: 1, parallelism: 1, suspend: false, completionMode: 'NonIndexed', selector: { matchLabels: labels } }))
  },
  cronjobs: (object) => spec(object, { suspend: false, concurrencyPolicy: 'Allow', successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 }),
  services: (object) => {
    const filled = spec(object, { type: 'ClusterIP', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' })
    const clusterIP = textAt(filled, 'spec', 'clusterIP') || `10.96.200.${1 + lastAddress++ % 250}`
    const isExternal = textAt(filled, 'spec', 'type') === 'ExternalName'
    return { ...filled, spec: { ...objectAt(filled, 'spec'), ports: servicePorts(filled), ...(isExternal ? {} : { clusterIP, clusterIPs: [clusterIP] }) } }
  },
  secrets: ({ stringData, ...object }) => {
    const written = Object.fromEntries(Object.entries(textsAt({ stringData }, 'stringData')).map(([key, value]) => [key, Buffer.from(value).toString('base64')]))
    const data = { ...objectAt(object, 'data'), ...written }
    return { type: 'Opaque', ...object, ...(Object.keys(data).length > 0 ? { data } : {}) }
  },
  namespaces: (object) => ({
    ...object, spec: { finalizers: ['kubernetes'] },
    metadata: { ...objectAt(object, 'metadata'), labels: { ...textsAt(object, 'metadata', 'labels'), 'kubernetes.io/metadata.name': textAt(object, 'metadata', 'name') } },
  }),
}

export function withDefaults({ plural }: Resource, object: JsonObject): JsonObject {
  return byKind[plural]?.(object) ?? object
}

/** The status of a new object: what a client sends of it does not count. */
export function firstStatus({ plural }: Resource): JsonObject | undefined {
  const statuses: Readonly<Record<string, JsonObject>> = {
    pods: { phase: 'Pending', qosClass: 'BestEffort' }, namespaces: { phase: 'Active' }, services: { loadBalancer: {} }, persistentvolumeclaims: { phase: 'Pending' },
  }
  return statuses[plural]
}

/** Kinds whose status only its subresource (and the controllers) write. */
export const hasStatus = ({ subresources }: Resource): boolean => subresources.some(({ name }) => name === 'status')

/** Whether lists of that kind merge by key: not those of custom resources, which have no such schema. */
export const hasMaps = ({ group }: Resource): boolean => !group.endsWith('.example.com')
