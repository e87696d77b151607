// watch: changes as one JSON document a line, from a revision on or from the present state, until the client goes or its time is up.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
import { setTimeout as sleep } from 'node:timers/promises'
import { headerOf, isTrue, type Answer, type Call, type Sink } from '../call.ts'
import { asServed } from '../events-v1.ts'
import { negotiate } from '../negotiation.ts'
import type { JsonObject, KubeObject } from '../objects.ts'
import { includeOf, represent, type Representation } from '../represent.ts'
import { groupVersionOf, type Resource } from '../resources.ts'
import { ApiError, gone } from '../status.ts'
import type { Change } from '../store.ts'
import type { ResourceTarget } from '../target.ts'
import type { World } from '../world.ts'
import { chosenBy } from './read.ts'

const bookmarkEveryMs = 20_000
const defaultSeconds = 1800

export function watch(world: World, target: ResourceTarget, call: Call): Answer {
  const { query } = call
  const { format, shape, version } = negotiate(headerOf(call, 'accept'))
  if (format !== 'json') throw new ApiError(406, 'NotAcceptable', 'only the following media types are accepted: application/json;stream=watch')
  const sendsInitial = query.get('sendInitialEvents')
  if (sendsInitial === 'true' && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    throw new ApiError(422, 'Invalid', 'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Required value: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan', { group: 'meta.k8s.io', kind: 'ListOptions' })
  }
  const options: WatchOptions = {
    target, chosen: chooser(target, query), from: query.get('resourceVersion') ?? '', sendsInitial: sendsInitial === null ? null : sendsInitial === 'true',
    withBookmarks: isTrue(query.get('allowWatchBookmarks')), seconds: Number(query.get('timeoutSeconds') ?? 0) || defaultSeconds,
    representation: { shape, version, include: includeOf(query) },
  }
  return { kind: 'stream', contentType: shape === 'table' ? 'application/json;as=Table;g=meta.k8s.io;v=v1' : 'application/json', run: (sink) => runWatch(world, options, sink) }
}

interface WatchOptions {
  readonly target: ResourceTarget
  readonly chosen: (object: KubeObject) => boolean
  readonly from: string
  readonly sendsInitial: boolean | null
  readonly withBookmarks: boolean
  readonly seconds: number
  readonly representation: Representation
}

function chooser({ resource, name }: ResourceTarget, query: URLSearchParams): (object: KubeObject) => boolean {
  const chosen = chosenBy(resource, query)
  return name === undefined ? chosen : (object) => object.metadata.name === name && chosen(object)
}

async function runWatch({ store }: World, options: WatchOptions, sink: Sink): Promise<void> {
  const { target: { resource, namespace }, chosen, from, sendsInitial, withBookmarks, seconds } = options
  const line = lineWriter(resource, options.representation, sink)
  const startsAnew = sendsInitial ?? (from === '' || from === '0')
  const missed = startsAnew ? [] : store.since(Number(from))
  if (missed === null) {
    line('ERROR', gone(`too old resource version: ${from} (${store.revision})`).status)
    return
  }
  if (startsAnew) for (const object of store.list(resource, namespace)) if (chosen(object)) line('ADDED', object)
  if (sendsInitial === true && withBookmarks) line('BOOKMARK', bookmark(resource, store.revision, { 'k8s.io/initial-events-end': 'true' }))

  const pass = (change: Change) => {
    if (change.resource.plural !== resource.plural || (resource.plural !== 'events' && change.resource.group !== resource.group)) return
    if (namespace !== undefined && change.object.metadata.namespace !== namespace) return
    const type = typeFor(change, chosen)
    if (type) line(type, change.object)
  }
  for (const change of missed) pass(change)
  using _ended = disposable(store.onChange(pass))
  await untilEnd(seconds, sink.signal, () => { if (withBookmarks) line('BOOKMARK', bookmark(resource, store.revision)) })
}

/** An object that begins to be chosen is added for this watcher, one that no longer is is deleted. */
function typeFor({ type, object, before }: Change, chosen: (object: KubeObject) => boolean): Change['type'] | null {
  const [was, is] = [before !== null && chosen(before), type !== 'DELETED' && chosen(object)]
  if (was) return is ? 'MODIFIED' : 'DELETED'
  return is ? 'ADDED' : null
}

type Line = (type: Change['type'] | 'BOOKMARK' | 'ERROR', object: JsonObject) => void

/** In tables the columns are described once, with the first event. */
function lineWriter(resource: Resource, representation: Representation, sink: Sink): Line {
  let isFirst = true
  return (type, object) => {
    const isPlain = type === 'ERROR'
    const shown = isPlain ? object : represent(type === 'BOOKMARK' ? object : asServed(resource, object as KubeObject), resource, representation)
    if (!isPlain && representation.shape === 'table') {
      if (!isFirst) shown['columnDefinitions'] = []
      if (type === 'BOOKMARK') shown['rows'] = []
      isFirst = false
    }
    sink.write(`${JSON.stringify({ type, object: shown })}\n`)
  }
}

function bookmark(resource: Resource, revision: number, annotations?: Record<string, string>): JsonObject {
  return {
    kind: resource.kind, apiVersion: groupVersionOf(resource),
    metadata: { resourceVersion: String(revision), creationTimestamp: null, ...(annotations ? { annotations } : {}) },
  }
}

async function untilEnd(seconds: number, signal: AbortSignal, each: () => void): Promise<void> {
  const end = Date.now() + seconds * 1000
  try {
    for (let left = seconds * 1000; left > 0; left = end - Date.now()) {
      await sleep(Math.min(left, bookmarkEveryMs), undefined, { signal, ref: false })
      each()
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

const disposable = (end: () => void): Disposable => ({ [Symbol.dispose]: end })
