// What approvers are shown of a change: the live object beside what the API server's own dry run would make of it; and which object it
// is, so that another one of the same name is not changed in its place. Asked with the gateway's credential, and said in the record.
import { createTwoFilesPatch } from 'diff'
import { stringify } from 'yaml'
import type { KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import { kubernetesAnswerBytesMax, kubernetesDiffCharactersMax } from '../../limits.ts'
import { targetOf, type KubernetesAccess } from './access.ts'
import { isBuiltInGroup } from './resources.ts'
import type { HeaderValues, Upstream, UpstreamRequest } from './upstream.ts'

export interface LiveObject {
  /** `uid generation`, or the resource version of what has no generation; null: there is none, or it cannot be known. */
  readonly state: string | null
  readonly object: unknown
}

const nothing: LiveObject = { state: null, object: null }

/** Of a write to one named object. Never rejects: what is not known is null. */
export async function readLive(upstream: Upstream, facts: KubernetesCommandFacts, { path, headers, signal }: { readonly path: string; readonly headers: HeaderValues; readonly signal: AbortSignal }): Promise<LiveObject> {
  if (facts.name === null || !isWrite(facts) || facts.verb === 'create') return nothing
  const object = await json(upstream, { method: 'GET', target: path.replace(/\?.*$/s, ''), headers: { ...headers, accept: 'application/json' }, body: null, signal })
  return object === null ? nothing : { state: stateOf(object), object }
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

/** A unified diff of YAML, masked as recordings are. Null: nothing that could be compared. */
export async function diffOf(upstream: Upstream, { access, facts, live, request }: DiffRequest): Promise<string | null> {
  if (!isWrite(facts) || facts.verb === 'deletecollection') return null
  const name = `${facts.resource}/${facts.name ?? ''}`
  if (facts.verb === 'delete') return live.object === null ? null : bounded(unified(name, shown(access, facts, live.object), ''))
  if (!canDryRun(facts)) return asSent(access, facts, live)
  const made = await json(upstream, { ...request, target: dryRun(request.target), headers: { ...request.headers, accept: 'application/json' } })
  if (made === null || member(made, 'kind') === 'Status') return null
  return bounded(unified(name, live.object === null ? '' : shown(access, facts, live.object), shown(access, facts, made)))
}

const isWrite = ({ verb, body }: KubernetesCommandFacts): boolean =>
  verb === 'create' || verb === 'update' || verb === 'patch' || verb === 'delete' || (verb === 'deletecollection' && body === null)

/**
 * Only where the API server itself surely changes nothing for it: a server behind it may not know dryRun, and would write before anybody has
 * agreed; nor of what makes or moves something by being asked (tokens, evictions, bindings).
 */
const canDryRun = ({ group, resource, subresource, privilege }: KubernetesCommandFacts): boolean =>
  isBuiltInGroup(group) && (subresource === null || subresource === 'status' || subresource === 'scale') && privilege !== 'mint-token' && !/reviews$|^bindings$/.test(resource)

/** A whole object beside the live one; a patch says itself what it changes. */
function asSent(access: KubernetesAccess, facts: KubernetesCommandFacts, live: LiveObject): string | null {
  if (facts.body?.kind !== 'object') return null
  return bounded(unified(`${facts.resource}/${facts.name ?? ''}`, live.object === null ? '' : shown(access, facts, live.object), shown(access, facts, facts.body.value)))
}

/** Added where it is not asked for yet. */
export function dryRun(target: string): string {
  return /[?&]dryRun=/.test(target) ? target : `${target}${target.includes('?') ? '&' : '?'}dryRun=All`
}

async function json(upstream: Upstream, request: UpstreamRequest): Promise<unknown> {
  try {
    const answer = await upstream.request(request)
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > kubernetesAnswerBytesMax) return null
      chunks.push(chunk)
    }
    return answer.status >= 300 ? null : JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    // Approvers are told that there is no diff; the request itself will say why it fails.
    return null
  }
}

/** Without what the server writes at every change, and what nobody reads. */
function shown({ masks }: KubernetesAccess, facts: KubernetesCommandFacts, object: unknown): string {
  const masked = structuredClone(masks.forRecord(targetOf(facts), object)) as Record<string, unknown>
  const metadata = masked['metadata']
  if (typeof metadata === 'object' && metadata !== null) for (const key of ['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp']) delete (metadata as Record<string, unknown>)[key]
  delete masked['status']
  return stringify(masked, { aliasDuplicateObjects: false, sortMapEntries: true })
}

const unified = (name: string, before: string, after: string): string => createTwoFilesPatch(`${name} (live)`, `${name} (after)`, before, after, undefined, undefined, { context: 3 }).replace(/^=+\n/, '')

function bounded(diff: string): string {
  return diff.length <= kubernetesDiffCharactersMax ? diff : `${diff.slice(0, kubernetesDiffCharactersMax)}\n… ${diff.length - kubernetesDiffCharactersMax} more characters (kubernetesDiffCharactersMax)\n`
}

const member = (value: unknown, key: string): unknown => (typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined)
