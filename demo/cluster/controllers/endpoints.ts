// Endpoints and endpoint slices of services with a selector: the addresses of the ready pods that it selects.
import { isSame, listAt, numberAt, textAt, textsAt, type Json, type KubeObject } from '../objects.ts'
import { ownerReference } from '../lifecycle.ts'
import { resourceNamed } from '../resources.ts'
import type { World } from '../world.ts'
import { isReady, pods } from './pods.ts'

const endpoints = resourceNamed('endpoints')
const slices = resourceNamed('endpointslices')
const services = resourceNamed('services')

export function reconcileEndpoints({ store }: World, service: KubeObject): void {
  const selector = Object.entries(textsAt(service, 'spec', 'selector'))
  if (selector.length === 0) return
  const { name, namespace } = service.metadata
  const chosen = store.list(pods, namespace).filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined && selector.every(([key, value]) => textAt(pod, 'metadata', 'labels', key) === value))
  const reference = (pod: KubeObject): Json => ({ kind: 'Pod', namespace: namespace ?? '', name: pod.metadata.name, uid: pod.metadata.uid })
  const ports = listAt(service, 'spec', 'ports').map((port): Json => {
    const wanted = textAt(port, 'targetPort')
    const named = chosen.flatMap((pod) => listAt(pod, 'spec', 'containers')).flatMap((container) => listAt(container, 'ports')).find((one) => textAt(one, 'name') === wanted)
    return { ...(textAt(port, 'name') ? { name: textAt(port, 'name') } : {}), port: numberAt(named, 'containerPort') ?? (Number(wanted || textAt(port, 'port')) || 0), protocol: textAt(port, 'protocol') || 'TCP' }
  })
  const addresses = chosen.map((pod): Json => ({ ip: textAt(pod, 'status', 'podIP'), nodeName: textAt(pod, 'spec', 'nodeName'), targetRef: reference(pod) }))
  put(store, endpoints, { name, namespace, ownerReferences: [ownerReference(service, services)] }, { subsets: addresses.length > 0 ? [{ addresses, ports }] : [] })
  put(store, slices, { name: `${name}-slice`, namespace, labels: { 'kubernetes.io/service-name': name }, ownerReferences: [ownerReference(service, services)] }, {
    addressType: 'IPv4', ports, endpoints: chosen.map((pod): Json => ({ addresses: [textAt(pod, 'status', 'podIP')], conditions: { ready: true, serving: true, terminating: false }, nodeName: textAt(pod, 'spec', 'nodeName'), targetRef: reference(pod) })),
  })
}

function put(store: World['store'], resource: typeof endpoints, metadata: { readonly name: string; readonly namespace: string | undefined; readonly [key: string]: unknown }, content: Record<string, Json>): void {
  const known = store.get(resource, metadata.namespace, metadata.name)
  if (!known) store.create(resource, { metadata: metadata as KubeObject['metadata'], ...content })
  else if (!Object.entries(content).every(([key, value]) => isSame(known[key], value))) store.update(resource, { ...known, ...content })
}
