// What one principal may do and see on one cluster under one policy snapshot: the masks and scanners that its requests are judged and
// answered by. Made anew when the policy or the principal's token is another.
import type { KeyObject } from 'node:crypto'
import type { ConnectionSummary } from '../../../shared/connection.ts'
import type { KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import type { Principal } from '../../../shared/principal.ts'
import { objectMasksFor, type ObjectMasks, type ObjectTarget } from '../../masking/objects/object-masks.ts'
import { scannersOf, type Scanners } from '../../pipeline/scanners.ts'
import { masksFor } from '../../policy/masks.ts'
import type { PolicySnapshot } from '../../policy/snapshot.ts'

export interface KubernetesAccess extends Scanners {
  readonly principal: Principal
  readonly connection: ConnectionSummary
  readonly snapshot: PolicySnapshot
  readonly masks: ObjectMasks
  /** What both scanners look for, to be compared with what they looked for before. */
  readonly detects: string
}

/** `hashKey`: of `as: hash` on this connection. */
export function createAccess({ principal, connection, snapshot, hashKey }: Pick<KubernetesAccess, 'principal' | 'connection' | 'snapshot'> & { readonly hashKey: KeyObject }): KubernetesAccess {
  const masks = masksFor(snapshot, principal, connection)
  return { principal, connection, snapshot, masks: objectMasksFor(masks, hashKey), detects: JSON.stringify(masks.detect), ...scannersOf(masks) }
}

/** What masks ask of a request. */
export function targetOf({ group, resource, subresource, namespace, name }: KubernetesCommandFacts): ObjectTarget {
  return { group, resource, subresource, namespace, name }
}
