// A list of a cluster that stays current: listed, kept by events, and listed anew when its watch ends. One hook a list in view; what
// nobody looks at is not watched.
import { useEffect, useState } from 'react'
import type { IpcFailure, KubernetesTable } from '../../shared/ipc.ts'
import type { KubernetesViewName } from '../../shared/kubernetes-views.ts'
import { call, desktop } from './current-desktop.ts'
import { failureOf } from './failure.ts'
import { merged } from './kubernetes-rows.ts'

export interface Watched {
  /** Null until the first answer. */
  readonly table: KubernetesTable | null
  /** Why it is not, or no longer, current. */
  readonly failure: IpcFailure | null
}

const nothing: Watched = { table: null, failure: null }

/** What is known belongs to one question: the answer to another is not shown under it. */
interface Known extends Watched { readonly of: string }
/** A watch that ended is opened again after this, longer each time that it fails. */
const againFirstMs = 500
const againLastMs = 30_000

/** Asked again by itself: what policy refuses stays refused until somebody says "try again". */
const isLasting = ({ code }: IpcFailure): boolean => code === 'forbidden' || code === 'not_found' || code === 'connection_unknown' || code === 'input_invalid'

export function useWatch(connection: string, view: KubernetesViewName, namespace: string | null): Watched & { readonly retry: () => void } {
  const [turn, setTurn] = useState(0)
  const of = JSON.stringify([connection, view, namespace, turn])
  const [known, setState] = useState<Known>({ of, ...nothing })
  useEffect(() => {
    let isGone = false
    let watch: string | null = null
    let timer: ReturnType<typeof setTimeout> | undefined
    let againMs = againFirstMs
    const again = () => { timer = setTimeout(() => void open(), againMs); againMs = Math.min(againMs * 2, againLastMs) }
    const fail = (failure: IpcFailure) => {
      setState((before) => ({ ...(before.of === of ? before : nothing), of, failure }))
      if (!isLasting(failure)) again()
    }
    const open = async () => {
      try {
        const opened = await call('kubernetes.watch', { connection, view, namespace })
        if (isGone) return void call('kubernetes.unwatch', { watch: opened.watch }).catch(() => undefined)
        watch = opened.watch
        setState({ of, table: opened.table, failure: null })
      } catch (reason) {
        if (!isGone) fail(failureOf(reason))
      }
    }
    const stops = [
      desktop().on('kubernetes.rows', (event) => {
        if (event.watch !== watch) return
        againMs = againFirstMs
        setState((before) => (before.of !== of || before.table === null ? before : { ...before, table: merged(before.table, event) }))
      }),
      desktop().on('kubernetes.watchEnded', (event) => {
        if (event.watch !== watch) return
        watch = null
        // The API server ends watches after a while: that is no failure, and the next list has what was missed.
        if (event.failure === null) again()
        else fail(event.failure)
      }),
    ]
    void open()
    return () => {
      isGone = true
      clearTimeout(timer)
      for (const stop of stops) stop()
      if (watch !== null) void call('kubernetes.unwatch', { watch }).catch(() => undefined)
    }
  }, [connection, view, namespace, of])
  const { table, failure } = known.of === of ? known : nothing
  return { table, failure, retry: () => setTurn((before) => before + 1) }
}

/** Names to choose from, while a choice is open. */
export function useNamespaces(connection: string): { readonly names: readonly string[]; readonly failure: IpcFailure | null; readonly isLoading: boolean } {
  const { table, failure } = useWatch(connection, 'namespaces', null)
  return { names: table?.rows.map(({ name }) => name).toSorted() ?? [], failure, isLoading: table === null && failure === null }
}
