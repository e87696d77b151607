// JSON Merge Patch: RFC 7386. Maps merge, null removes, everything else replaces.
import { isObject, type Json, type JsonObject } from '../objects.ts'

export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue
    if (value === null) delete result[key]
    else result[key] = applyMergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value)
  }
  return result
}
