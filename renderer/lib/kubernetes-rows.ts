// Rows of a cluster's list: changes laid over them, those that a text finds, their age in the words kubectl uses, what a state means
// to the eye, and the commands that one would type for them. Pure.
import type { IpcEvents, KubernetesRow, KubernetesTable } from '../../shared/ipc.ts'
import { kubernetesViews, type KubernetesViewName } from '../../shared/kubernetes-views.ts'

/** New rows come last, as they would from a list that is sorted by its server; a row that changed stays where it was. */
export function merged(table: KubernetesTable, { upserts, removed }: Pick<IpcEvents['kubernetes.rows'], 'upserts' | 'removed'>): KubernetesTable {
  const changed = new Map(upserts.map((row) => [row.key, row]))
  const gone = new Set(removed)
  const kept = table.rows.flatMap((row) => {
    const next = changed.get(row.key)
    changed.delete(row.key)
    return gone.has(row.key) ? [] : [next ?? row]
  })
  return { ...table, rows: [...kept, ...changed.values()] }
}

export function found(rows: readonly KubernetesRow[], text: string): readonly KubernetesRow[] {
  const needle = text.trim().toLowerCase()
  return needle === '' ? rows : rows.filter(({ name, namespace, cells }) => [name, namespace ?? '', ...cells].some((each) => each.toLowerCase().includes(needle)))
}

/** As `kubectl get` has it: two units while they matter, one after. */
export function ageText(createdAt: string | null, now: number): string {
  if (createdAt === null) return ''
  const seconds = Math.max(0, Math.floor((now - Date.parse(createdAt)) / 1000))
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)]
  if (Number.isNaN(seconds)) return ''
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10) return both(`${minutes}m`, seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  if (hours < 8) return both(`${hours}h`, minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  if (days < 8) return both(`${days}d`, hours % 24, 'h')
  return days < 730 ? `${days}d` : both(`${Math.floor(days / 365)}y`, days % 365, 'd')
}

const both = (first: string, rest: number, unit: string): string => (rest === 0 ? first : `${first}${rest}${unit}`)

export type RowTone = 'good' | 'wait' | 'bad' | 'quiet'

const tones: Readonly<Record<string, RowTone>> = {
  Running: 'good', Active: 'good', Complete: 'quiet', Completed: 'quiet', Succeeded: 'quiet', Normal: 'quiet', Bound: 'good', Ready: 'good',
  Pending: 'wait', ContainerCreating: 'wait', PodInitializing: 'wait', Terminating: 'wait', Warning: 'wait', Suspended: 'wait', Unknown: 'wait', NotReady: 'bad',
  CrashLoopBackOff: 'bad', Error: 'bad', Failed: 'bad', ImagePullBackOff: 'bad', ErrImagePull: 'bad', OOMKilled: 'bad', Evicted: 'bad', CreateContainerConfigError: 'bad', InvalidImageName: 'bad', BackOff: 'bad', DeadlineExceeded: 'bad',
}

/** Only cells of columns that say a state; null: it has no colour. */
export function toneOf(column: string, cell: string, row: readonly string[] = []): RowTone | null {
  if (column === 'Status' || column === 'Type' || column === 'Reason') return tones[cell] ?? (cell.startsWith('Init:') ? 'wait' : null)
  const ready = column === 'Ready' ? /^(\d+)\/(\d+)$/.exec(cell) : null
  if (ready === null) return null
  // What has done its work need not be ready.
  return ready[1] === ready[2] || row.some((each) => tones[each] === 'quiet') ? null : 'wait'
}

export interface KubectlCommand { readonly label: string; readonly command: string; /** It changes something. */ readonly isChange: boolean }

/** Names are the API server's; a shell gets none that it could read as more than a word. */
const word = (text: string): string => (/^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`)

export function commandsFor(view: KubernetesViewName, { name, namespace }: Pick<KubernetesRow, 'name' | 'namespace'>): readonly KubectlCommand[] {
  const { kubectl } = kubernetesViews[view]
  const within = namespace === null ? '' : ` -n ${word(namespace)}`
  const [one, slash] = [`${kubectl} ${word(name)}${within}`, `${kubectl}/${word(name)}${within}`]
  const look = (label: string, command: string): KubectlCommand => ({ label, command: `kubectl ${command}`, isChange: false })
  const act = (label: string, command: string): KubectlCommand => ({ label, command: `kubectl ${command}`, isChange: true })
  const all = [look('Describe', `describe ${one}`), look('Get as YAML', `get ${one} -o yaml`)]
  const end = [act('Edit', `edit ${one}`), act('Delete', `delete ${one}`)]
  switch (view) {
    case 'pods': return [...all, look('Follow its logs', `logs -f ${word(name)}${within}`), act('Open a shell in it', `exec -it ${word(name)}${within} -- sh`), act('Forward a port', `port-forward ${slash} 8080:8080`), ...end]
    case 'deployments': return [...all, look('Follow its logs', `logs -f ${slash}`), look('Rollout status', `rollout status ${slash}`), act('Restart', `rollout restart ${slash}`), act('Scale', `scale ${slash} --replicas=1`), ...end]
    case 'statefulsets': return [...all, act('Restart', `rollout restart ${slash}`), act('Scale', `scale ${slash} --replicas=1`), ...end]
    case 'daemonsets': return [...all, act('Restart', `rollout restart ${slash}`), ...end]
    case 'services': return [...all, act('Forward a port', `port-forward ${slash} 8080:80`), ...end]
    case 'events': return all
    case 'namespaces': return [...all, look('Everything in it', `get all -n ${word(name)}`)]
    default: return [...all, ...end]
  }
}
