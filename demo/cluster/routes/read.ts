// get and list: one object, or those of a namespace or of all that both selectors choose, in pages where a limit is asked.
import { json, type Answer, type Call } from '../call.ts'
import { asServed } from '../events-v1.ts'
import type { JsonObject, KubeObject } from '../objects.ts'
import { groupVersionOf, type Resource } from '../resources.ts'
import { fieldMatcher, labelMatcher } from '../selectors.ts'
import { badRequest, gone, notFound } from '../status.ts'
import type { ResourceTarget } from '../target.ts'
import type { World } from '../world.ts'

export function readOne({ store }: World, { resource, namespace, name }: ResourceTarget): Answer {
  const object = store.get(resource, namespace, name!)
  if (!object) throw notFound(resource, name!)
  return json(asServed(resource, object), { resource })
}

export function readList({ store }: World, target: ResourceTarget, { query }: Call): Answer {
  const { resource, namespace } = target
  const chosen = chosenBy(resource, query)
  const page = pageOf(query, store.list(resource, namespace).filter(chosen), store.revision)
  return json(listOf(resource, page.items, page.metadata), { resource })
}

/** Both selectors of a query, as one question. */
export function chosenBy(resource: Resource, query: URLSearchParams): (object: KubeObject) => boolean {
  const byLabel = labelMatcher(query.get('labelSelector'))
  const byField = fieldMatcher(resource, query.get('fieldSelector'))
  return (object) => byLabel(object) && byField(object)
}

export function listOf(resource: Resource, objects: readonly KubeObject[], metadata: JsonObject): JsonObject {
  const isCustom = resource.group.endsWith('.example.com')
  const items = objects.map((object): JsonObject => {
    const served = asServed(resource, object)
    if (isCustom) return served
    // As the API server writes lists of its own kinds: the list says what its items are.
    const { kind: _kind, apiVersion: _apiVersion, ...rest } = served
    return rest
  })
  return { kind: `${resource.kind}List`, apiVersion: groupVersionOf(resource), metadata, items }
}

interface Page { readonly items: readonly KubeObject[]; readonly metadata: JsonObject }
interface Continuation { readonly revision: number; readonly after: string }

const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`

/** A later page is read from the present, not from the past: the demo keeps no history of lists. */
function pageOf(query: URLSearchParams, all: readonly KubeObject[], revision: number): Page {
  const limit = Number(query.get('limit') ?? 0)
  const continued = continuationOf(query.get('continue'))
  const resourceVersion = String(continued?.revision ?? revision)
  const left = continued ? all.filter((object) => keyOf(object) > continued.after) : all
  if (!(limit > 0) || left.length <= limit) return { items: left, metadata: { resourceVersion } }
  const items = left.slice(0, limit)
  const next: Continuation = { revision: Number(resourceVersion), after: keyOf(items.at(-1)!) }
  return { items, metadata: { resourceVersion, continue: Buffer.from(JSON.stringify(next)).toString('base64url'), remainingItemCount: left.length - limit } }
}

function continuationOf(token: string | null): Continuation | null {
  if (!token) return null
  try {
    const parsed = JSON.parse(Buffer.from(token, 'base64url').toString()) as Continuation
    if (typeof parsed.revision === 'number' && typeof parsed.after === 'string') return parsed
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw token === 'expired' ? gone('The provided continue parameter is too old to display a consistent list result.') : badRequest('continue key is not valid')
}
