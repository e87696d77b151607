// Lists that are kept current: listed once, then watched from there; changes are gathered for a moment and sent as rows. A watch that
// ends is over: whoever shows it lists anew, so that nothing is missed in between.
import { GatehouseError } from '../../../shared/errors.ts'
import { kubernetesViews } from '../../../shared/kubernetes-views.ts'
import type { IpcEvents, IpcFailure, IpcInput, IpcOutput, KubernetesRow } from '../../../shared/ipc.ts'
import { z } from 'zod'
import { jsonOf } from '../../json.ts'
import { kubernetesEventBytesMax, kubernetesGatherMs, kubernetesRowsMax, kubernetesWatchesMax } from '../../limits.ts'
import { linesOf } from './lines.ts'
import { statusOf, type ClusterClient, type ClusterRequest } from './request.ts'
import { readTable, tableAccept, tableOf } from './table.ts'

export interface WatchesOptions {
  readonly client: ClusterClient
  readonly onRows: (event: IpcEvents['kubernetes.rows']) => void
  readonly onEnded: (event: IpcEvents['kubernetes.watchEnded']) => void
  readonly failureOf: (error: unknown) => IpcFailure
  readonly newId: () => string
}

export interface Watches {
  open(input: IpcInput<'kubernetes.watch'>): Promise<IpcOutput<'kubernetes.watch'>>
  close(watch: string): void
  reset(): void
}

const event = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']), object: z.unknown() })

export function createWatches({ client, onRows, onEnded, failureOf, newId }: WatchesOptions): Watches {
  const live = new Map<string, AbortController>()

  async function follow(watch: string, what: ClusterRequest, abort: AbortController): Promise<void> {
    const gathered = gather((upserts, removed) => onRows({ watch, upserts, removed }))
    let failure: IpcFailure | null = null
    try {
      for await (const lines of linesOf(await client.follow(what, abort.signal), kubernetesEventBytesMax)) {
        for (const { text, cutBytes } of lines) {
          if (cutBytes > 0) throw new GatehouseError('limit_exceeded', `an event is larger than ${kubernetesEventBytesMax} bytes (kubernetesEventBytesMax)`, { side: 'upstream' })
          take(text, gathered)
        }
      }
    } catch (error) {
      failure = failureOf(error)
    }
    gathered.flush()
    // Closed by us: nobody waits for it.
    if (live.delete(watch)) onEnded({ watch, failure })
    abort.abort()
  }

  return {
    async open({ connection, view, namespace }) {
      const what: ClusterRequest = { connection, path: pathOf(view, namespace), accept: tableAccept }
      const { table, resourceVersion } = tableOf(jsonOf(await client.read({ ...what, query: { limit: String(kubernetesRowsMax) } })))
      const [oldest] = live.keys()
      if (live.size >= kubernetesWatchesMax && oldest !== undefined) close(oldest)
      const watch = newId()
      const abort = new AbortController()
      live.set(watch, abort)
      // After the answer: rows of a list that nobody knows yet would be lost.
      setImmediate(() => { if (!abort.signal.aborted) void follow(watch, { ...what, query: { watch: 'true', allowWatchBookmarks: 'true', resourceVersion } }, abort) })
      return { watch, table }
    },
    close,
    reset: () => { for (const watch of live.keys()) close(watch) },
  }

  function close(watch: string): void {
    const abort = live.get(watch)
    live.delete(watch)
    abort?.abort()
  }
}

export function pathOf(view: IpcInput<'kubernetes.get'>['view'], namespace: string | null): string {
  const { api, resource, isNamespaced } = kubernetesViews[view]
  return isNamespaced && namespace !== null ? `${api}/namespaces/${encodeURIComponent(namespace)}/${resource}` : `${api}/${resource}`
}

interface Gathered { upsert(row: KubernetesRow): void; remove(key: string): void; flush(): void }

/** The last word on each row, a few times a second. */
function gather(send: (upserts: readonly KubernetesRow[], removed: readonly string[]) => void): Gathered {
  const changes = new Map<string, KubernetesRow | null>()
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (changes.size === 0) return
    const entries = [...changes]
    changes.clear()
    send(entries.flatMap(([, row]) => (row === null ? [] : [row])), entries.flatMap(([key, row]) => (row === null ? [key] : [])))
  }
  const note = (key: string, row: KubernetesRow | null) => {
    changes.set(key, row)
    timer ??= setTimeout(flush, kubernetesGatherMs)
  }
  return { upsert: (row) => note(row.key, row), remove: (key) => note(key, null), flush }
}

function take(text: string, gathered: Gathered): void {
  const read = event.safeParse(jsonOf(text)).data
  if (read === undefined) throw new GatehouseError('upstream_rejected', 'the watch sent what is no event', { side: 'upstream' })
  if (read.type === 'BOOKMARK') return
  if (read.type === 'ERROR') throw statusOf(410, JSON.stringify(read.object))
  const rows = readTable(read.object)?.table.rows
  if (rows === undefined) throw new GatehouseError('upstream_rejected', 'the watch sent no rows', { side: 'upstream' })
  for (const row of rows) {
    if (read.type === 'DELETED') gathered.remove(row.key)
    else gathered.upsert(row)
  }
}
