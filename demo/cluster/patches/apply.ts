// Server-side apply: the fields that are applied become the manager's; those of other managers with another value are conflicts;
// those it no longer applies go, unless somebody else owns them. https://kubernetes.io/docs/reference/using-api/server-side-apply/
import { isObject, isSame, timestamp, type Json, type JsonObject, type KubeObject } from '../objects.ts'
import { listRuleAt } from '../rules/merge-keys.ts'
import { idOf, leavesOf, pathOf, shownPath, valueAt, without, type FieldPath } from './fields.ts'
import { managersOf, withManagers, type Manager } from './managers.ts'

export interface ApplyOptions { readonly manager: string; readonly force: boolean; readonly hasMaps: boolean; readonly now: number; readonly subresource: string }

export interface FieldConflict { readonly manager: string; readonly operation: string; readonly field: string }

export type Applied = { readonly kind: 'applied'; readonly object: KubeObject } | { readonly kind: 'conflicts'; readonly conflicts: readonly FieldConflict[] }

/** `before` undefined: the object is made by this apply. */
export function serverSideApply(before: KubeObject | undefined, applied: KubeObject, options: ApplyOptions): Applied {
  const { manager, force, hasMaps, now, subresource } = options
  const leaves = leavesOf(applied, hasMaps)
  const ids = new Set(leaves.map(({ path }) => idOf(path)))
  const isMine = ({ name, operation, subresource: sub }: Manager) => name === manager && operation === 'Apply' && sub === subresource
  const known = managersOf(before)
  const others = known.filter((one) => !isMine(one))
  const contested = leaves.filter(({ path, value }) => !isSame(valueAt(before, path), value)).map(({ path }) => path)
  const conflicts = others.flatMap(({ name, operation, fields }) => contested.filter((path) => fields.has(idOf(path))).map((path): FieldConflict => ({ manager: name, operation, field: shownPath(path) })))
  if (conflicts.length > 0 && !force) return { kind: 'conflicts', conflicts }

  const lost = new Set(contested.map(idOf))
  const left = others.map((one) => ({ ...one, fields: new Set([...one.fields].filter((id) => !lost.has(id))) }))
  const mine = known.find(isMine)
  const dropped = [...mine?.fields ?? []].filter((id) => !ids.has(id) && !left.some(({ fields }) => fields.has(id))).map(pathOf)
  const merged = merge(before, applied, [], hasMaps) as KubeObject
  const object = dropped.reduce((value, path) => drop(value, path, left) as KubeObject, merged)
  const isUnchanged = mine !== undefined && isSame([...mine.fields].sort(), [...ids].sort())
  return { kind: 'applied', object: withManagers(object, [...left, { name: manager, operation: 'Apply', subresource, time: isUnchanged ? mine.time : timestamp(now), fields: ids }]) }
}

/** The item goes with its key, with whatever was defaulted in it, if nobody else has a field of it. */
function drop(value: Json, path: FieldPath, others: readonly Manager[]): Json {
  const item = path.slice(0, -1)
  const isKey = item.at(-1)?.startsWith('k:') && Object.hasOwn(JSON.parse(item.at(-1)!.slice(2)) as object, path.at(-1)!.slice(2))
  if (!isKey) return without(value, path) ?? value
  const prefix = JSON.stringify(item).slice(0, -1)
  return others.some(({ fields }) => [...fields].some((id) => id.startsWith(prefix))) ? value : without(value, item) ?? value
}

function merge(target: Json | undefined, applied: Json, names: readonly string[], hasMaps: boolean): Json {
  if (isObject(applied)) {
    const result: JsonObject = isObject(target) ? { ...target } : {}
    for (const [key, value] of Object.entries(applied)) if (value !== undefined && value !== null) result[key] = merge(Object.hasOwn(result, key) ? result[key] : undefined, value, [...names, key], hasMaps)
    return result
  }
  const rule = hasMaps && Array.isArray(applied) ? listRuleAt(names) : undefined
  if (!rule || !Array.isArray(applied) || !Array.isArray(target)) return applied
  if (rule.key === null) return [...target, ...applied.filter((item) => !target.some((one) => isSame(one, item)))]
  const keys = rule.mapKeys ?? [rule.key]
  const isSameItem = (one: Json, other: Json) => isObject(one) && isObject(other) && keys.every((key) => isSame(one[key] ?? (key === 'protocol' ? 'TCP' : null), other[key] ?? (key === 'protocol' ? 'TCP' : null)))
  const kept = target.map((item) => { const match = applied.find((one) => isSameItem(one, item)); return match === undefined ? item : merge(item, match, names, hasMaps) })
  return [...kept, ...applied.filter((item) => !target.some((one) => isSameItem(one, item)))]
}
