// What a request writes at a JSON pointer. Of a whole object its values there; of a patch the values it brings there, as far as the patch
// alone tells: what hangs on the live object (an index into a list, a move, a merge by key) is unknown.
// RFC 6902, RFC 7396; https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
import type { KubernetesBody } from '../../shared/kubernetes.ts'
import { parsePointer, type PointerSegment } from '../../shared/policy/json-pointer.ts'

export interface Written {
  /** Every value the request puts there; none: it leaves what is there, or takes it away. */
  readonly values: readonly unknown[]
  /** In some place that the pointer names it puts none. */
  readonly isMissing: boolean
  /** It may put others there, or leave some in a place that cannot be told. */
  readonly isUnknown: boolean
}

type Segments = readonly PointerSegment[]

const untouched: Written = { values: [], isMissing: false, isUnknown: false }
const missing: Written = { values: [], isMissing: true, isUnknown: false }
const unknown: Written = { values: [], isMissing: false, isUnknown: true }

/** Null for a body that nobody could read, of a request that writes. */
export function writtenAt(body: KubernetesBody | null, pointer: Segments): Written {
  if (body === null) return unknown
  switch (body.kind) {
    case 'options': return untouched
    case 'object': return valuesAt(body.value, pointer, 'object')
    case 'merge': case 'apply': return valuesAt(body.value, pointer, 'patch')
    case 'json-patch': return patchedAt(body.value, pointer)
  }
}

type Reading = 'object' | 'patch'

function valuesAt(value: unknown, [segment, ...rest]: Segments, reading: Reading): Written {
  if (value === undefined || value === null) return missing
  // `$patch` and whatever else there may be: how it is merged is for the server to know.
  if (reading === 'patch' && hasDirective(value)) return unknown
  if (segment === undefined) return { values: [value], isMissing: false, isUnknown: reading === 'patch' && hasDirectiveBelow(value) }
  if (Array.isArray(value)) {
    if (segment === null) return together(value.map((element) => valuesAt(element, rest, reading)))
    // A merge patch replaces the list, a strategic one and an apply merge it by key: its places are not those of the object.
    return reading === 'patch' ? unknown : valuesAt(isIndex(segment) ? value[Number(segment)] : undefined, rest, reading)
  }
  if (typeof value !== 'object') return missing
  if (segment === null) return together(Object.values(value).map((member) => valuesAt(member, rest, reading)))
  return Object.hasOwn(value, segment) ? valuesAt((value as Readonly<Record<string, unknown>>)[segment], rest, reading) : missing
}

const together = (all: readonly Written[]): Written => ({
  values: all.flatMap(({ values }) => values), isMissing: all.some(({ isMissing }) => isMissing), isUnknown: all.some(({ isUnknown }) => isUnknown),
})

const isIndex = (segment: string): boolean => /^(0|[1-9][0-9]*)$/.test(segment)

const hasDirective = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
  && Object.keys(value).some((key) => key.startsWith('$') && !isTakingAway(key))

/** Of strategic patches: they order what is there, or take some of it away, and bring nothing. kubectl's own patches are full of the first. */
const isTakingAway = (key: string): boolean => key === '$retainKeys' || key.startsWith('$setElementOrder/') || key.startsWith('$deleteFromPrimitiveList/')

function hasDirectiveBelow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return hasDirective(value) || Object.values(value).some(hasDirectiveBelow)
}

/** All that any operation brings there, in whatever order: what a later one takes away again was written all the same. */
function patchedAt(operations: unknown, pointer: Segments): Written {
  return Array.isArray(operations) ? together(operations.map((operation) => operationAt(operation, pointer))) : unknown
}

function operationAt(operation: unknown, pointer: Segments): Written {
  if (typeof operation !== 'object' || operation === null) return unknown
  const { op, path, from, value } = operation as Readonly<Record<string, unknown>>
  if (op === 'test') return untouched
  const at = relationOf(path, pointer)
  switch (op) {
    case 'remove': return at.kind === 'apart' ? untouched : at.kind === 'above' ? missing : unknown
    case 'add': case 'replace':
      if (at.kind === 'above') return valuesAt(value, at.rest, 'object')
      return at.kind === 'apart' ? untouched : unknown
    case 'copy': return at.kind === 'apart' ? untouched : unknown
    case 'move': {
      const source = relationOf(from, pointer)
      if (at.kind !== 'apart') return unknown
      return source.kind === 'apart' ? untouched : source.kind === 'above' ? missing : unknown
    }
    default: return unknown
  }
}

/** Where a path lies to the pointer. `above`: at it or over it, `rest` leads on. `below`: inside what the pointer names. `unknown`: in the same list perhaps, where indexes shift. */
type Relation = { readonly kind: 'above'; readonly rest: Segments } | { readonly kind: 'below' | 'apart' | 'unknown' }

function relationOf(path: unknown, pointer: Segments): Relation {
  const segments = path === '' ? [] : typeof path === 'string' ? parsePointer(path) : null
  if (segments === null) return { kind: 'unknown' }
  for (const [at, segment] of segments.entries()) {
    const wanted = pointer[at]
    if (wanted === undefined) return { kind: 'below' }
    if (wanted === null || wanted === segment) {
      // A place of a list, by number: what stands there afterwards hangs on what else the patch did before.
      if (wanted !== null && isPlace(wanted)) return { kind: 'unknown' }
      continue
    }
    return { kind: isPlace(wanted) && isPlace(segment) ? 'unknown' : 'apart' }
  }
  return { kind: 'above', rest: pointer.slice(segments.length) }
}

/** Of a list, or a key that looks like one: servers take `-1` too. */
const isPlace = (segment: string): boolean => /^(-|-?[0-9]+)$/.test(segment)
