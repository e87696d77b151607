// Lists as the API server prints them: `meta.k8s.io/v1` Table, one row an object, with the metadata that tells rows apart.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
import { z } from 'zod'
import { GatehouseError } from '../../../shared/errors.ts'
import type { KubernetesRow, KubernetesTable } from '../../../shared/ipc.ts'
import { kubernetesCellCharactersMax, kubernetesRowsMax } from '../../limits.ts'

export const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

const row = z.object({
  cells: z.array(z.unknown()),
  object: z.object({ metadata: z.object({ name: z.string(), namespace: z.string().optional(), uid: z.string().optional(), creationTimestamp: z.string().nullish(), resourceVersion: z.string().optional() }) }),
})

const table = z.object({
  kind: z.literal('Table'),
  metadata: z.object({ resourceVersion: z.string().optional(), continue: z.string().optional() }).optional(),
  // A watch says the columns once, with its first event.
  columnDefinitions: z.array(z.object({ name: z.string(), type: z.string(), priority: z.number().optional() })).nullish(),
  rows: z.array(row).nullish(),
})

export interface ReadTable { readonly table: KubernetesTable; readonly resourceVersion: string }

/** Null: it is no Table (the API server does not print this resource, or something in between does not). */
export function readTable(value: unknown): ReadTable | null {
  const read = table.safeParse(value).data
  if (read === undefined) return null
  const rows = read.rows ?? []
  const columns = (read.columnDefinitions ?? []).map(({ name, priority = 0 }) => ({ name, priority, isAge: name === 'Age' || name === 'Last Seen' }))
  return {
    resourceVersion: read.metadata?.resourceVersion ?? '',
    table: { columns, rows: rows.slice(0, kubernetesRowsMax).map(rowOf), isCut: rows.length > kubernetesRowsMax || (read.metadata?.continue ?? '') !== '' },
  }
}

export function tableOf(value: unknown): ReadTable {
  const read = readTable(value)
  if (read === null) throw new GatehouseError('upstream_rejected', 'the answer is not a table as Kubernetes has them; is the API server older than 1.15?', { side: 'upstream' })
  return read
}

function rowOf({ cells, object: { metadata } }: z.output<typeof row>): KubernetesRow {
  const { name, namespace = null, uid, creationTimestamp } = metadata
  return { key: uid ?? `${namespace ?? ''}/${name}`, namespace, name, createdAt: creationTimestamp ?? null, cells: cells.map(cellText) }
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, kubernetesCellCharactersMax)
}
