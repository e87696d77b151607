// Reviews: who am I, may I. The cluster lets its one token do everything but a few things that no account may.
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
import { json, type Answer, type Call, type User } from '../call.ts'
import { objectAt, textAt, type Json, type JsonObject } from '../objects.ts'
import { groupVersionOf, type Resource } from '../resources.ts'
import type { ResourceTarget } from '../target.ts'
import type { World } from '../world.ts'
import { bodyObject } from './body.ts'

export async function review(_world: World, { resource }: ResourceTarget, call: Call): Promise<Answer> {
  const body = await bodyObject(call, resource)
  return json({ ...head(resource), spec: objectAt(body, 'spec'), status: statusOf(resource, body, call.user) }, { code: 201, resource })
}

const head = (resource: Resource): JsonObject => ({ kind: resource.kind, apiVersion: groupVersionOf(resource), metadata: { creationTimestamp: null } })

function statusOf({ kind }: Resource, body: JsonObject, user: User): JsonObject {
  switch (kind) {
    case 'SelfSubjectReview':
      return { userInfo: { username: user.username, uid: user.uid, groups: [...user.groups], extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) } }
    case 'SelfSubjectRulesReview':
      return { resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }], incomplete: false } satisfies Record<string, Json>
    case 'TokenReview':
      return { authenticated: false, error: 'the demo cluster reviews no tokens' }
    default:
      return accessOf(objectAt(body, 'spec', 'resourceAttributes'))
  }
}

/** Escalation and impersonation of masters are nobody's; all else is allowed, so that what is denied is the gateway's doing. */
function accessOf(attributes: JsonObject): JsonObject {
  const isEscalation = ['escalate', 'bind'].includes(textAt(attributes, 'verb'))
  return isEscalation ? { allowed: false, reason: 'nobody escalates in the demo cluster' } : { allowed: true, reason: 'RBAC: allowed by ClusterRoleBinding "gatehouse"' }
}
