// The kubeconfigs of terminals: one a terminal, in a folder of this user's alone, gone with it. Their names carry the process that
// wrote them, so that what a killed app left is known at the next start, and what another running app uses is left alone.
import { watch, type FSWatcher } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { isKubernetesName } from '../../../shared/kubernetes-views.ts'
import { privateFolder, writePrivate } from '../../files.ts'

const suffix = '.kubeconfig.yaml'
const fileName = /^(\d+)-[\w-]+\.kubeconfig\.yaml(?:\.\w+)?$/

export interface KubeconfigFiles {
  /** Removes what dead processes left; run once, at the start, before the first file. */
  clean(): Promise<void>
  pathOf(terminal: string): string
  write(terminal: string, text: string): Promise<string>
  remove(terminal: string): Promise<void>
  /** The context's namespace as the file says it; null where it does not. */
  namespaceOf(terminal: string): Promise<string | null>
  dispose(): void
}

export function createKubeconfigFiles(folder: string, onChange: (terminal: string) => void): KubeconfigFiles {
  const prefix = `${process.pid}-`
  const pathOf = (terminal: string) => join(folder, `${prefix}${terminal}${suffix}`)
  let watcher: FSWatcher | undefined

  async function ready(): Promise<void> {
    await privateFolder(folder)
    // `kubectl config set-context --namespace` writes here too: what we show must be what it says.
    watcher ??= watch(folder, { persistent: false }, (_, name) => {
      if (name !== null && name.startsWith(prefix) && name.endsWith(suffix)) onChange(name.slice(prefix.length, -suffix.length))
    }).on('error', () => undefined) // The folder was removed: there is nothing left to tell of.
  }

  return {
    pathOf,
    async clean() {
      const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
        return []
      })
      const left = names.filter((name) => fileName.test(name) && !isAlive(Number(fileName.exec(name)![1])))
      await Promise.all(left.map((name) => rm(join(folder, name), { force: true })))
    },
    async write(terminal, text) {
      await ready()
      await writePrivate(pathOf(terminal), text)
      return pathOf(terminal)
    },
    // kubectl puts a lock beside the file while it writes.
    remove: async (terminal) => { await Promise.all([pathOf(terminal), `${pathOf(terminal)}.lock`].map((path) => rm(path, { force: true }))) },
    namespaceOf: async (terminal) => namespaceIn(await readFile(pathOf(terminal), 'utf8').catch(() => '')),
    dispose: () => watcher?.close(),
  }
}

/** Our own number may be an earlier process's: nothing of ours is there yet when this is asked. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const kubeconfig = z.object({
  'current-context': z.string(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ namespace: z.string().optional() }) })),
})

/** A context without a namespace means `default`. */
export function namespaceIn(text: string): string | null {
  const read = kubeconfig.safeParse(yamlOf(text)).data
  const context = read?.contexts.find(({ name }) => name === read['current-context'])
  if (context === undefined) return null
  const namespace = context.context.namespace ?? 'default'
  return isKubernetesName(namespace) ? namespace : null
}

function yamlOf(text: string): unknown {
  try {
    return parse(text)
  } catch {
    // Half written, or not YAML any more: kubectl would say so too.
    return undefined
  }
}
