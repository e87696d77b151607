// Two objects in YAML as a unified diff. Finding the shortest one takes time by the square of what changed, so it is looked for between
// other work and not for long; a change that is too large for that is shown as what goes and what comes.
import { createTwoFilesPatch } from 'diff'
import { stringify } from 'yaml'
import { kubernetesDiffCharactersMax, kubernetesDiffMs } from '../../limits-kubernetes.ts'

/** Null: there is none on that side. Masked by whoever has them. */
export interface DiffSides { readonly before: unknown; readonly after: unknown }

export async function objectDiff(name: string, { before, after }: DiffSides): Promise<string> {
  const [old, fresh] = [shown(before), shown(after)]
  return bounded(await shortest(name, old, fresh) ?? replaced(name, old, fresh))
}

/** Null: not found in time. The library rests between its steps where it is given a callback. */
function shortest(name: string, before: string, after: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  createTwoFilesPatch(...namesOf(name), before, after, undefined, undefined, {
    context: 3, timeout: kubernetesDiffMs, callback: (patch) => resolve(patch?.replace(/^=+\n/, '') ?? null),
  })
  return promise
}

function replaced(name: string, before: string, after: string): string {
  const [old, fresh] = [linesOf(before), linesOf(after)]
  const [from, to] = namesOf(name)
  return [`--- ${from}`, `+++ ${to}`, `@@ -1,${old.length} +1,${fresh.length} @@`, ...old.map((line) => `-${line}`), ...fresh.map((line) => `+${line}`), ''].join('\n')
}

const namesOf = (name: string) => [`${name} (live)`, `${name} (after)`] as const
const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n')

/** Without what the server writes at every change, and what nobody reads. */
function shown(object: unknown): string {
  if (object === null) return ''
  const copy = structuredClone(object) as Record<string, unknown>
  const metadata = copy['metadata']
  if (typeof metadata === 'object' && metadata !== null) for (const key of ['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp']) delete (metadata as Record<string, unknown>)[key]
  delete copy['status']
  return stringify(copy, { aliasDuplicateObjects: false, sortMapEntries: true })
}

function bounded(diff: string): string {
  return diff.length <= kubernetesDiffCharactersMax ? diff : `${diff.slice(0, kubernetesDiffCharactersMax)}\n… ${diff.length - kubernetesDiffCharactersMax} more characters (kubernetesDiffCharactersMax)\n`
}
