// Strategic merge patch: a merge patch that knows which lists are maps, with directives ($patch, $retainKeys, $setElementOrder/…,
// $deleteFromPrimitiveList/…). https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
import { isObject, isSame, textAt, type Json, type JsonObject } from '../objects.ts'
import { listRuleAt } from '../rules/merge-keys.ts'
import { badRequest } from '../status.ts'

const orderPrefix = '$setElementOrder/'
const removePrefix = '$deleteFromPrimitiveList/'

export function applyStrategicPatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) throw badRequest('error decoding patch: a strategic merge patch is an object')
  return mergeMap(isObject(target) ? target : {}, patch, [])
}

function mergeMap(target: JsonObject, patch: JsonObject, path: readonly string[]): JsonObject {
  const { $patch, $retainKeys, ...fields } = patch
  if ($patch === 'replace') return clean(fields)
  if ($patch === 'delete') return {}
  if ($patch !== undefined && $patch !== 'merge') throw badRequest(`Unknown patch type: ${String($patch)}`)
  const result: JsonObject = { ...target }
  if (Array.isArray($retainKeys)) for (const key of Object.keys(result)) if (!$retainKeys.includes(key)) delete result[key]
  for (const [key, value] of Object.entries(fields)) if (key.startsWith(removePrefix)) removeValues(result, key.slice(removePrefix.length), value)
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith('$') || value === undefined) continue
    if (value === null) delete result[key]
    else result[key] = mergeValue(Object.hasOwn(result, key) ? result[key] : undefined, value, [...path, key])
  }
  for (const [key, value] of Object.entries(fields)) if (key.startsWith(orderPrefix)) setOrder(result, key.slice(orderPrefix.length), value, path)
  return result
}

function mergeValue(target: Json | undefined, value: Json, path: readonly string[]): Json {
  if (isObject(value)) {
    return mergeMap(isObject(target) ? target : {}, value, path)
  }
  if (!Array.isArray(value)) return value
  const rule = listRuleAt(path)
  if (!rule) return clean(value)
  const before = Array.isArray(target) ? target : []
  return rule.key === null ? [...before, ...value.filter((item) => !before.some((one) => isSame(one, item)))] : mergeList(before, value, rule.key, path)
}

function mergeList(before: readonly Json[], patch: readonly Json[], key: string, path: readonly string[]): Json[] {
  const isReplaced = patch.some((item) => isObject(item) && item['$patch'] === 'replace' && !Object.hasOwn(item, key))
  let result: Json[] = isReplaced ? [] : [...before]
  for (const item of patch) {
    if (!isObject(item)) throw badRequest(`invalid item in ${path.join('.')}: an object is expected`)
    if (item['$patch'] === 'replace' && !Object.hasOwn(item, key)) continue
    const id = item[key]
    if (id === undefined || id === null) throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
    const place = result.findIndex((one) => isObject(one) && isSame(one[key], id))
    if (item['$patch'] === 'delete') result = result.filter((_, index) => index !== place)
    else if (place < 0) result.push(mergeMap({}, item, path))
    else result[place] = mergeMap(result[place] as JsonObject, item, path)
  }
  return result
}

function removeValues(result: JsonObject, field: string, values: Json | undefined): void {
  const list = result[field]
  if (Array.isArray(list) && Array.isArray(values)) result[field] = list.filter((one) => !values.some((value) => isSame(one, value)))
}

/** Items that the patch does not order stay where they are relative to the others, after those it does. */
function setOrder(result: JsonObject, field: string, order: Json | undefined, path: readonly string[]): void {
  const list = result[field]
  if (!Array.isArray(list) || !Array.isArray(order)) return
  const key = listRuleAt([...path, field])?.key
  const rankOf = (item: Json) => order.findIndex((one) => isObject(one) && key ? textAt(one, key) === textAt(item, key) : isSame(one, item))
  const [ordered, others] = [list.filter((item) => rankOf(item) >= 0), list.filter((item) => rankOf(item) < 0)]
  result[field] = [...ordered.sort((one, other) => rankOf(one) - rankOf(other)), ...others]
}

/** What is put in whole carries no directives. */
function clean<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map((item) => clean(item)) as T
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([key, item]) => !key.startsWith('$') && item !== null).map(([key, item]) => [key, clean(item as Json)])) as T
}
