// What containers have written: a line each with its time, the latest kept, and whoever follows is told of new ones.

export interface LogLine { readonly at: number; readonly text: string }

/** Of each container; some dozens write a line a second. */
const linesKept = 2000

interface Log { lines: LogLine[]; readonly followers: Set<(line: LogLine) => void>; previous: readonly LogLine[] | null }

export class PodLogs {
  readonly #logs = new Map<string, Log>()

  write(container: ContainerKey, text: string, at: number = Date.now()): void {
    const log = this.#log(container)
    const line = { at, text }
    log.lines.push(line)
    if (log.lines.length > linesKept * 2) log.lines = log.lines.slice(linesKept)
    for (const follower of log.followers) follower(line)
  }

  lines(container: ContainerKey): readonly LogLine[] {
    return this.#logs.get(keyOf(container))?.lines ?? []
  }

  /** Of the container's life before its last restart; null if it has had none. */
  previous(container: ContainerKey): readonly LogLine[] | null {
    return this.#logs.get(keyOf(container))?.previous ?? null
  }

  restart(container: ContainerKey): void {
    const log = this.#log(container)
    log.previous = log.lines
    log.lines = []
  }

  /** Gives the end of it. */
  follow(container: ContainerKey, follower: (line: LogLine) => void): () => void {
    const { followers } = this.#log(container)
    followers.add(follower)
    return () => { followers.delete(follower) }
  }

  forget(podUid: string): void {
    for (const key of this.#logs.keys()) if (key.startsWith(`${podUid}/`)) this.#logs.delete(key)
  }

  #log(container: ContainerKey): Log {
    const key = keyOf(container)
    const known = this.#logs.get(key) ?? { lines: [], followers: new Set<(line: LogLine) => void>(), previous: null }
    this.#logs.set(key, known)
    return known
  }
}

export interface ContainerKey { readonly podUid: string; readonly container: string }
const keyOf = ({ podUid, container }: ContainerKey) => `${podUid}/${container}`
