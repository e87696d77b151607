// Makes a pod of a template, as its owner's controller would.
import { createHash, randomBytes } from 'node:crypto'
import { objectAt, textsAt, type JsonObject, type Json, type KubeObject } from '../objects.ts'
import { resourceNamed, type Resource } from '../resources.ts'
import { endObject, isOwnedBy, ownerReference } from '../lifecycle.ts'
import { writeEvent } from '../events.ts'
import type { World } from '../world.ts'

export const pods = resourceNamed('pods')

const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** As Kubernetes makes them: no vowels, nothing that reads alike. */
export const randomName = (length: number): string => [...randomBytes(length)].map((byte) => letters[byte % letters.length]).join('')
export const hashName = (value: Json | undefined): string => [...createHash('sha1').update(JSON.stringify(value)).digest().subarray(0, 10)].map((byte) => letters[byte % letters.length]).join('')

export interface PodWish { readonly owner: KubeObject; readonly resource: Resource; readonly template: JsonObject; readonly name?: string; readonly nodeName?: string; readonly labels?: Record<string, string> }

export function createPod(world: World, { owner, resource, template, name, nodeName, labels = {} }: PodWish): KubeObject {
  const annotations = textsAt(template, 'metadata', 'annotations')
  const pod = world.store.create(pods, {
    metadata: {
      name: name ?? `${owner.metadata.name}-${randomName(5)}`, ...(name === undefined ? { generateName: `${owner.metadata.name}-` } : {}),
      namespace: owner.metadata.namespace, labels: { ...textsAt(template, 'metadata', 'labels'), ...labels },
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}), ownerReferences: [ownerReference(owner, resource)],
    },
    spec: podSpec(objectAt(template, 'spec'), nodeName), status: { phase: 'Pending', qosClass: 'Burstable' },
  })
  writeEvent(world, owner, { reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}`, component: `${resource.kind.toLowerCase()}-controller` })
  return pod
}

export function deletePod(world: World, owner: KubeObject, pod: KubeObject): void {
  endObject(world, pods, pod)
  writeEvent(world, owner, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}`, component: `${owner.kind.toLowerCase()}-controller` })
}

/** What the API server and the admission of service accounts fill in. */
export function podSpec(spec: JsonObject, nodeName?: string): JsonObject {
  return {
    restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', serviceAccountName: 'default', serviceAccount: spec['serviceAccountName'] ?? 'default',
    securityContext: {}, schedulerName: 'default-scheduler', enableServiceLinks: true, priority: 0, ...spec, ...(nodeName === undefined ? {} : { nodeName }),
  }
}

/** Those that are not on their way out, oldest first. */
export function livePodsOf({ store }: World, owner: KubeObject): readonly KubeObject[] {
  return store.list(pods, owner.metadata.namespace).filter((pod) => isOwnedBy(pod, owner) && pod.metadata.deletionTimestamp === undefined)
    .sort((one, other) => Date.parse(one.metadata.creationTimestamp) - Date.parse(other.metadata.creationTimestamp))
}

export function isReady(pod: KubeObject): boolean {
  const conditions = objectAt(pod, 'status')['conditions']
  return Array.isArray(conditions) && conditions.some((one) => objectAt(one)['type'] === 'Ready' && objectAt(one)['status'] === 'True')
}
