// pods/log: what a container has written, its tail or what it writes from now on.
import { setTimeout as sleep } from 'node:timers/promises'
import { isTrue, type Answer, type Call } from '../call.ts'
import { at, listAt, textAt, type KubeObject } from '../objects.ts'
import { badRequest, methodNotAllowed, notFound } from '../status.ts'
import type { ResourceTarget } from '../target.ts'
import type { World } from '../world.ts'
import type { LogLine } from '../pods/logs.ts'

export function podLog({ store, logs }: World, { resource, namespace, name }: ResourceTarget, { method, query }: Call): Answer {
  if (method !== 'GET') throw methodNotAllowed()
  const pod = store.get(resource, namespace, name!)
  if (!pod) throw notFound(resource, name!)
  const container = containerOf(pod, query.get('container'))
  const key = { podUid: pod.metadata.uid, container }
  const started = listAt(pod, 'status', 'containerStatuses').some((status) => textAt(status, 'name') === container && (at(status, 'state', 'running') ?? at(status, 'state', 'terminated')) !== undefined)
  if (!started && listAt(pod, 'spec', 'initContainers').every((one) => textAt(one, 'name') !== container)) {
    throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ContainerCreating`)
  }
  const isPrevious = isTrue(query.get('previous'))
  const lines = isPrevious ? logs.previous(key) : logs.lines(key)
  if (lines === null) throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`)

  const show = writer(isTrue(query.get('timestamps')))
  const chosen = chosenLines(lines, query)
  if (!isTrue(query.get('follow')) || isPrevious) return { kind: 'text', code: 200, text: limited(chosen.map(show).join(''), query.get('limitBytes')) }
  return {
    kind: 'stream', contentType: 'text/plain',
    run: async (sink) => {
      for (const line of chosen) sink.write(show(line))
      const gone = new AbortController()
      const ends = [
        logs.follow(key, (line) => sink.write(show(line))),
        store.onChange(({ type, object }) => { if (type === 'DELETED' && object.metadata.uid === key.podUid) gone.abort() }),
      ]
      await sleep(2 ** 31 - 1, undefined, { signal: AbortSignal.any([sink.signal, gone.signal]), ref: false }).catch(() => undefined)
      for (const end of ends) end()
    },
  }
}

/** The one that is asked for, else the annotated default, else the only one. */
export function containerOf(pod: KubeObject, asked: string | null): string {
  const names = ['containers', 'initContainers', 'ephemeralContainers'].map((key) => listAt(pod, 'spec', key).map((one) => textAt(one, 'name')))
  const [containers = []] = names
  const { name } = pod.metadata
  if (asked) {
    if (names.flat().includes(asked)) return asked
    throw badRequest(`container ${asked} is not valid for pod ${name}`)
  }
  const preferred = textAt(pod, 'metadata', 'annotations', 'kubectl.kubernetes.io/default-container')
  if (preferred !== '' && containers.includes(preferred)) return preferred
  if (containers.length === 1) return containers[0]!
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]`)
}

const writer = (withTimes: boolean) => ({ at, text }: LogLine) => `${withTimes ? `${new Date(at).toISOString().replace('Z', '000000Z')} ` : ''}${text}\n`

function chosenLines(lines: readonly LogLine[], query: URLSearchParams): readonly LogLine[] {
  const seconds = query.get('sinceSeconds')
  const since = query.get('sinceTime') ? Date.parse(query.get('sinceTime')!) : seconds === null ? -Infinity : Date.now() - Number(seconds) * 1000
  const recent = lines.filter((line) => line.at >= since)
  const tail = query.get('tailLines')
  if (tail === null) return recent
  if (!/^\d+$/.test(tail)) throw badRequest(`invalid tailLines: ${tail}`)
  return Number(tail) === 0 ? [] : recent.slice(-Number(tail))
}

const limited = (text: string, bytes: string | null) => bytes === null ? text : Buffer.from(text).subarray(0, Number(bytes)).toString()
