// What approvers are shown of a change: the live object beside what the API server's own dry run would make of it; and which object it
// is, so that another one of the same name is not changed in its place. Asked with the gateway's credential, and said in the record.
import type { KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import { kubernetesDiffObjectBytesMax, kubernetesLiveBytesMax } from '../../limits-kubernetes.ts'
import { targetOf, type KubernetesAccess } from './access.ts'
import { objectDiff, type DiffSides } from './object-diff.ts'
import { isBuiltInGroup } from './resources.ts'
import type { HeaderValues, Upstream, UpstreamRequest } from './upstream.ts'

export interface LiveObject {
  /** `uid generation`, or the resource version of what has no generation; null: there is none, or it cannot be known. */
  readonly state: string | null
  readonly object: unknown
  /** Of the object as it came. */
  readonly bytes: number
}

/** Not asked, or there is none. */
export const nothing: LiveObject = { state: null, object: null, bytes: 0 }

/** Of a write to one named object. Never rejects: what is not known is null. */
export async function readLive(upstream: Upstream, facts: KubernetesCommandFacts, { path, headers, signal }: { readonly path: string; readonly headers: HeaderValues; readonly signal: AbortSignal }): Promise<LiveObject> {
  if (facts.name === null || !isWrite(facts) || facts.verb === 'create') return nothing
  const { value, bytes } = await json(upstream, { method: 'GET', target: path.replace(/\?.*$/s, ''), headers: { ...headers, accept: 'application/json' }, body: null, signal })
  return value === null ? nothing : { state: stateOf(value), object: value, bytes }
}

function stateOf(object: unknown): string | null {
  const metadata = member(object, 'metadata')
  const uid = member(metadata, 'uid')
  if (typeof uid !== 'string') return null
  return `${uid} ${String(member(metadata, 'generation') ?? member(metadata, 'resourceVersion') ?? '')}`
}

export interface DiffRequest {
  readonly access: KubernetesAccess
  readonly facts: KubernetesCommandFacts
  readonly live: LiveObject
  /** The request itself; it is sent with `dryRun=All`. */
  readonly request: UpstreamRequest
}

/** A unified diff of YAML, masked as recordings are. Null: nothing that could be compared, or too much to do it between other work. */
export async function diffOf(upstream: Upstream, { access, facts, live, request }: DiffRequest): Promise<string | null> {
  if (!isWrite(facts) || facts.verb === 'deletecollection' || live.bytes > kubernetesDiffObjectBytesMax) return null
  const diff = (after: unknown) => objectDiff(`${facts.resource}/${facts.name ?? ''}`, masked(access, facts, { before: live.object, after }))
  if (facts.verb === 'delete') return live.object === null ? null : diff(null)
  if (!canDryRun(facts)) return isSmallObject(facts, request) ? diff(facts.body?.value) : null
  const { value, bytes } = await json(upstream, { ...request, target: dryRun(request.target), headers: { ...request.headers, accept: 'application/json' } })
  return value === null || bytes > kubernetesDiffObjectBytesMax || member(value, 'kind') === 'Status' ? null : diff(value)
}

function masked({ masks }: KubernetesAccess, facts: KubernetesCommandFacts, { before, after }: DiffSides): DiffSides {
  const side = (object: unknown) => (object === null ? null : masks.forRecord(targetOf(facts), object))
  return { before: side(before), after: side(after) }
}

/** As it was sent, beside the live one; a patch says itself what it changes. */
const isSmallObject = ({ body }: KubernetesCommandFacts, request: UpstreamRequest): boolean => body?.kind === 'object' && (request.body?.length ?? 0) <= kubernetesDiffObjectBytesMax

const isWrite = ({ verb, body }: KubernetesCommandFacts): boolean =>
  verb === 'create' || verb === 'update' || verb === 'patch' || verb === 'delete' || (verb === 'deletecollection' && body === null)

/**
 * Only where the API server itself surely changes nothing for it: a server behind it may not know dryRun, and would write before anybody has
 * agreed; nor of what makes or moves something by being asked (tokens, evictions, bindings).
 */
const canDryRun = ({ group, resource, subresource, privilege }: KubernetesCommandFacts): boolean =>
  isBuiltInGroup(group) && (subresource === null || subresource === 'status' || subresource === 'scale') && privilege !== 'mint-token' && !/reviews$|^bindings$/.test(resource)

/** Added where it is not asked for yet. */
export function dryRun(target: string): string {
  return /[?&]dryRun=/.test(target) ? target : `${target}${target.includes('?') ? '&' : '?'}dryRun=All`
}

const unknown = { value: null, bytes: 0 }

async function json(upstream: Upstream, request: UpstreamRequest): Promise<{ readonly value: unknown; readonly bytes: number }> {
  try {
    const answer = await upstream.request(request)
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > kubernetesLiveBytesMax) return unknown
      chunks.push(chunk)
    }
    return answer.status >= 300 ? unknown : { value: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown, bytes }
  } catch {
    // Approvers are told that there is no diff; the request itself will say why it fails.
    return unknown
  }
}

const member = (value: unknown, key: string): unknown => (typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined)
