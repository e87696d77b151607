// metadata.managedFields: who wrote which fields, by an update or by an apply.
import { isSame, listAt, textAt, timestamp, type Json, type JsonObject, type KubeObject } from '../objects.ts'
import { fromFieldsV1, idOf, leavesOf, toFieldsV1 } from './fields.ts'

export interface Manager {
  readonly name: string
  readonly operation: 'Apply' | 'Update'
  readonly subresource: string
  readonly time: string
  readonly fields: ReadonlySet<string>
}

export function managersOf(object: KubeObject | undefined): readonly Manager[] {
  return listAt(object, 'metadata', 'managedFields').map((entry): Manager => ({
    name: textAt(entry, 'manager'), operation: textAt(entry, 'operation') === 'Apply' ? 'Apply' : 'Update', subresource: textAt(entry, 'subresource'),
    time: textAt(entry, 'time'), fields: fromFieldsV1((entry as JsonObject)['fieldsV1']),
  }))
}

export function withManagers(object: KubeObject, managers: readonly Manager[]): KubeObject {
  const entries = managers.filter(({ fields }) => fields.size > 0).map(({ name, operation, subresource, time, fields }): Json => ({
    manager: name, operation, apiVersion: object.apiVersion, time, fieldsType: 'FieldsV1', fieldsV1: toFieldsV1(fields), ...(subresource ? { subresource } : {}),
  }))
  const { managedFields: _before, ...metadata } = object.metadata
  return { ...object, metadata: { ...metadata, ...(entries.length > 0 ? { managedFields: entries } : {}) } as KubeObject['metadata'] }
}

export interface Updated { readonly manager: string; readonly subresource: string; readonly hasMaps: boolean; readonly now: number }

/** What an update changed is its writer's from now on, and nobody else's; what it removed is nobody's. */
export function trackUpdate(before: KubeObject | undefined, after: KubeObject, { manager, subresource, hasMaps, now }: Updated): KubeObject {
  const was = new Map(leavesOf(before, hasMaps).map(({ path, value }) => [idOf(path), value]))
  const is = new Map(leavesOf(after, hasMaps).map(({ path, value }) => [idOf(path), value]))
  const changed = new Set([...is].filter(([id, value]) => !was.has(id) || !isSame(was.get(id), value)).map(([id]) => id))
  const isTheirs = ({ name, operation, subresource: sub }: Manager) => name === manager && operation === 'Update' && sub === subresource
  const known = managersOf(before)
  const others = known.filter((one) => !isTheirs(one)).map((one) => ({ ...one, fields: new Set([...one.fields].filter((id) => is.has(id) && !changed.has(id))) }))
  const mine = known.find(isTheirs)
  const fields = new Set([...mine?.fields ?? [], ...changed].filter((id) => is.has(id)))
  const time = changed.size > 0 || !mine ? timestamp(now) : mine.time
  return withManagers(after, [...others, { name: manager, operation: 'Update', subresource, time, fields }])
}
