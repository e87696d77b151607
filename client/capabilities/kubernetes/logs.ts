// Logs that are followed: lines as they come, bounded in length, at the pace at which the page takes them. A page that does not
// keep up makes the log wait, and with it the gateway and the kubelet; nothing is kept here.
import { setTimeout as sleep } from 'node:timers/promises'
import type { IpcEvents, IpcFailure, IpcInput } from '../../../shared/ipc.ts'
import { kubernetesLogLineCharactersMax, kubernetesLogsMax, kubernetesLogTailLines, kubernetesLogUnseenLinesMax } from '../../limits.ts'
import { linesOf, type Line } from './lines.ts'
import type { ClusterClient, ClusterRequest } from './request.ts'

export interface LogsOptions {
  readonly client: ClusterClient
  readonly onLines: (event: IpcEvents['kubernetes.logLines']) => void
  readonly onEnded: (event: IpcEvents['kubernetes.logEnded']) => void
  readonly failureOf: (error: unknown) => IpcFailure
  readonly newId: () => string
}

export interface Logs {
  open(input: IpcInput<'kubernetes.log'>): string
  acknowledge(log: string, lines: number): void
  close(log: string): void
  reset(): void
}

interface Followed { readonly abort: AbortController; unseen: number; wake: () => void }

/** Lines of one event: a burst comes in several, so that no message is huge. */
const eventLinesMax = 500

export function createLogs({ client, onLines, onEnded, failureOf, newId }: LogsOptions): Logs {
  const live = new Map<string, Followed>()

  async function follow(log: string, what: ClusterRequest, followed: Followed): Promise<void> {
    let failure: IpcFailure | null = null
    try {
      for await (const lines of linesOf(await client.follow(what, followed.abort.signal), kubernetesLogLineCharactersMax)) {
        for (let from = 0; from < lines.length; from += eventLinesMax) await send(log, followed, lines.slice(from, from + eventLinesMax))
      }
    } catch (error) {
      failure = failureOf(error)
    }
    if (live.delete(log)) onEnded({ log, failure })
  }

  async function send(log: string, followed: Followed, lines: readonly Line[]): Promise<void> {
    if (followed.abort.signal.aborted) return
    followed.unseen += lines.length
    onLines({ log, lines: lines.map(({ text }) => text.replace(/\r$/, '')), cutCharacters: lines.reduce((sum, { cutBytes }) => sum + cutBytes, 0) })
    // The body is not read meanwhile: TCP makes who writes it wait.
    while (followed.unseen >= kubernetesLogUnseenLinesMax && !followed.abort.signal.aborted) await new Promise<void>((resolve) => { followed.wake = resolve })
  }

  function close(log: string): void {
    const followed = live.get(log)
    live.delete(log)
    followed?.abort.abort()
    followed?.wake()
  }

  return {
    open({ connection, namespace, pod, container, isPrevious }) {
      const [oldest] = live.keys()
      if (live.size >= kubernetesLogsMax && oldest !== undefined) close(oldest)
      const log = newId()
      const followed: Followed = { abort: new AbortController(), unseen: 0, wake: () => undefined }
      live.set(log, followed)
      const what: ClusterRequest = {
        connection, path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`, accept: '*/*',
        query: { tailLines: String(kubernetesLogTailLines), ...(container === null ? {} : { container }), ...(isPrevious ? { previous: 'true' } : { follow: 'true' }) },
      }
      // After the answer: lines of a log that nobody knows yet would be lost.
      void sleep(0).then(() => (followed.abort.signal.aborted ? undefined : follow(log, what, followed)))
      return log
    },
    acknowledge(log, lines) {
      const followed = live.get(log)
      if (followed === undefined) return
      followed.unseen = Math.max(0, followed.unseen - lines)
      if (followed.unseen < kubernetesLogUnseenLinesMax) followed.wake()
    },
    close,
    reset: () => { for (const log of live.keys()) close(log) },
  }
}
