// Kubernetes objects as JSON values, and how to read a field of one without trusting that it is there.
// Objects in the store are never changed in place: every write puts a new one.

export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject { [key: string]: Json | undefined }

export interface OwnerReference extends JsonObject {
  apiVersion: string
  kind: string
  name: string
  uid: string
}

export interface Metadata extends JsonObject {
  name: string
  namespace?: string
  uid: string
  resourceVersion: string
  creationTimestamp: string
  generation?: number
  labels?: JsonObject
  annotations?: JsonObject
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  deletionTimestamp?: string
}

export interface KubeObject extends JsonObject {
  apiVersion: string
  kind: string
  metadata: Metadata
}

export const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a path of keys and indexes; undefined where the path ends early. Own keys only. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let here = value
  for (const step of path) {
    if (Array.isArray(here)) here = here[Number(step)]
    else if (isObject(here) && Object.hasOwn(here, step)) here = here[step]
    else return undefined
  }
  return here
}

export function textAt(value: Json | undefined, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : typeof found === 'number' || typeof found === 'boolean' ? String(found) : ''
}

export function numberAt(value: Json | undefined, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : undefined
}

export function listAt(value: Json | undefined, ...path: readonly (string | number)[]): readonly Json[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

export function objectAt(value: Json | undefined, ...path: readonly (string | number)[]): JsonObject {
  const found = at(value, ...path)
  return isObject(found) ? found : {}
}

/** Labels, selectors and the like: the entries that are text. */
export function textsAt(value: Json | undefined, ...path: readonly (string | number)[]): Record<string, string> {
  return Object.fromEntries(Object.entries(objectAt(value, ...path)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** Key order does not count, and a key that holds undefined is no key. */
export function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && one.length === other.length && one.every((item, index) => isSame(item, other[index]))
  }
  if (!isObject(one) || !isObject(other)) return false
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) => isSame(one[key], other[key]))
}

/** RFC 3339 to the second, as Kubernetes writes times. */
export const timestamp = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`
