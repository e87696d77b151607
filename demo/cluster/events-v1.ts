// An event is kept as core/v1 Event and shown by two groups; events.k8s.io/v1 calls its fields otherwise.
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import { objectAt, textAt, type JsonObject, type KubeObject } from './objects.ts'
import { groupVersionOf, type Resource } from './resources.ts'

/** The object as that resource shows it. */
export function asServed(resource: Resource, object: KubeObject): KubeObject {
  if (resource.group !== 'events.k8s.io') return object
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, ...rest } = object
  return {
    ...rest, apiVersion: groupVersionOf(resource), regarding: involvedObject, note: message, deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp, deprecatedLastTimestamp: lastTimestamp, deprecatedCount: count,
    reportingController: textAt(object, 'reportingComponent') || textAt(object, 'source', 'component'),
  }
}

/** The object as it is kept. */
export function asKept(resource: Resource, object: JsonObject): JsonObject {
  if (resource.group !== 'events.k8s.io') return object
  const { regarding, note, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, reportingController, ...rest } = object
  return {
    ...rest, involvedObject: objectAt({ regarding }, 'regarding'), message: note, source: deprecatedSource ?? { component: reportingController ?? '' },
    firstTimestamp: deprecatedFirstTimestamp, lastTimestamp: deprecatedLastTimestamp, count: deprecatedCount, reportingComponent: reportingController,
  }
}
