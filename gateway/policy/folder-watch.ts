// Says when the policies folder has changed and then stayed as it is: file events (debounced), and a look every few seconds for what
// gives no events (network file systems, a folder that was replaced). Never reads contents.
import { watch, type FSWatcher } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface FolderWatch { dispose(): void }

export interface FolderWatchOptions {
  readonly folder: string
  readonly settleMs: number
  readonly pollMs: number
  /** The folder differs from what was last reported and held still for settleMs. */
  readonly onChange: (fingerprint: string) => void
}

/** Names, sizes, times and inodes of the files: an editor's write-and-rename changes it, and so does half a write. */
export async function fingerprintOf(folder: string): Promise<string> {
  try {
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort()
    const files = await Promise.all(names.map(async (name) => {
      const file = await stat(join(folder, name), { bigint: true }).catch(() => null)
      return file === null ? `${name}:gone` : `${name}:${file.ino}:${file.size}:${file.mtimeNs}:${file.ctimeNs}`
    }))
    return files.join('\n')
  } catch (error) {
    return `unreadable: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`
  }
}

export function watchFolder({ folder, settleMs, pollMs, onChange }: FolderWatchOptions, initial: string): FolderWatch {
  let reported = initial
  let timer: NodeJS.Timeout | null = null
  let isDisposed = false

  /** Looks, and looks again after settleMs: only what is the same both times is reported. */
  const look = async (before: string | null) => {
    timer = null
    const now = await fingerprintOf(folder)
    if (isDisposed || timer !== null || now === reported) return
    if (now === before) {
      reported = now
      onChange(now)
    } else {
      schedule(now)
    }
  }
  const schedule = (before: string | null) => {
    if (isDisposed) return
    if (timer !== null) clearTimeout(timer)
    // The first look comes soon, to gather the events of one save; the second says that it held still.
    timer = setTimeout(() => void look(before), before === null ? settleMs / 4 : settleMs)
    timer.unref()
  }

  const watcher = openWatcher(folder, () => schedule(null))
  const poll = setInterval(() => { if (timer === null) schedule(null) }, pollMs)
  poll.unref()
  return {
    dispose() {
      isDisposed = true
      if (timer !== null) clearTimeout(timer)
      clearInterval(poll)
      watcher?.close()
    },
  }
}

/** Without file events (inotify used up, a folder that went away) the look every few seconds is enough. */
function openWatcher(folder: string, onEvent: () => void): FSWatcher | null {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return null
  }
}
