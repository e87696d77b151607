// Writes events about objects, and counts one up that says the same of the same object within an hour.
import { randomBytes } from 'node:crypto'
import { numberAt, textAt, timestamp, type KubeObject } from './objects.ts'
import { resourceNamed } from './resources.ts'
import type { World } from './world.ts'

export interface EventText { readonly type?: 'Normal' | 'Warning'; readonly reason: string; readonly message: string; readonly component: string; readonly host?: string; readonly fieldPath?: string }

const events = resourceNamed('events', '')
const sameWithinMs = 3_600_000
const eventsKept = 500

export function writeEvent({ store, now }: World, about: KubeObject, { type = 'Normal', reason, message, component, host = '', fieldPath }: EventText): void {
  const { metadata } = about
  const namespace = metadata.namespace ?? 'default'
  const at = timestamp(now())
  const known = store.list(events, namespace).find((event) => textAt(event, 'involvedObject', 'uid') === metadata.uid && textAt(event, 'reason') === reason
    && textAt(event, 'message') === message && now() - Date.parse(textAt(event, 'lastTimestamp')) < sameWithinMs)
  if (known) {
    store.update(events, { ...known, lastTimestamp: at, count: (numberAt(known, 'count') ?? 1) + 1 })
    return
  }
  store.create(events, {
    metadata: { name: `${metadata.name}.${randomBytes(8).toString('hex')}`, namespace },
    involvedObject: {
      kind: about.kind, namespace, name: metadata.name, uid: metadata.uid, apiVersion: about.apiVersion, resourceVersion: metadata.resourceVersion,
      ...(fieldPath === undefined ? {} : { fieldPath }),
    },
    reason, message, type, source: { component, ...(host ? { host } : {}) }, firstTimestamp: at, lastTimestamp: at, count: 1,
    eventTime: null, reportingComponent: component, reportingInstance: host,
  })
  forgetOldest(store, namespace)
}

function forgetOldest(store: World['store'], namespace: string): void {
  const all = store.list(events, namespace)
  if (all.length <= eventsKept) return
  const oldest = all.reduce((one, other) => textAt(one, 'lastTimestamp') <= textAt(other, 'lastTimestamp') ? one : other)
  store.remove(events, namespace, oldest.metadata.name)
}
