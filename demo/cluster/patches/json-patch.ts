// JSON Patch: RFC 6902 over RFC 6901 pointers. Every operation works on a copy; one that fails fails the whole patch.
import { isObject, isSame, type Json } from '../objects.ts'
import { ApiError, badRequest } from '../status.ts'

interface Operation { readonly op: string; readonly path: string; readonly from?: string; readonly value?: Json }

const operationsMax = 10_000

export function applyJsonPatch(target: Json, patch: Json | undefined): Json {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch is a list of operations')
  if (patch.length > operationsMax) throw new ApiError(413, 'RequestEntityTooLarge', `The allowed maximum operations in a JSON patch is ${operationsMax}, got ${patch.length}`)
  let result = structuredClone(target)
  for (const operation of patch.map(operationOf)) result = applyOne(result, operation)
  return result
}

function operationOf(value: Json): Operation {
  if (!isObject(value) || typeof value['op'] !== 'string' || typeof value['path'] !== 'string') throw badRequest('error decoding patch: an operation has an op and a path')
  return value as unknown as Operation
}

function applyOne(target: Json, { op, path, from, value }: Operation): Json {
  switch (op) {
    case 'add': return put(target, path, required(op, value), 'add')
    case 'replace': return put(target, path, required(op, value), 'replace')
    case 'remove': return take(target, path).rest
    case 'test':
      if (!isSame(read(target, path), required(op, value))) throw failed(`testing value ${path} failed`)
      return target
    case 'copy': return put(target, path, structuredClone(read(target, from ?? '')), 'add')
    case 'move': {
      if (path.startsWith(`${from}/`)) throw failed('a value cannot be moved into itself')
      const { taken, rest } = take(target, from ?? '')
      return put(rest, path, taken, 'add')
    }
    default: throw badRequest(`error decoding patch: unexpected kind: ${op}`)
  }
}

function required(op: string, value: Json | undefined): Json {
  if (value === undefined) throw failed(`${op} operation has no value`)
  return value
}

const failed = (message: string) => new ApiError(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`)

function segmentsOf(pointer: string): readonly string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) throw failed(`the path ${JSON.stringify(pointer)} is no JSON pointer`)
  return pointer.slice(1).split('/').map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function read(target: Json, pointer: string): Json {
  let here: Json | undefined = target
  for (const segment of segmentsOf(pointer)) {
    if (Array.isArray(here)) here = here[indexOf(segment, here.length - 1, pointer)]
    else if (isObject(here) && Object.hasOwn(here, segment)) here = here[segment]
    else here = undefined
    if (here === undefined) throw failed(`the path ${JSON.stringify(pointer)} does not exist`)
  }
  return here!
}

function indexOf(segment: string, max: number, pointer: string): number {
  const index = /^(0|[1-9]\d*)$/.test(segment) ? Number(segment) : NaN
  if (!(index <= max)) throw failed(`the path ${JSON.stringify(pointer)} does not exist: index out of bounds`)
  return index
}

/** In place: `target` is already a copy. */
function put(target: Json, pointer: string, value: Json, how: 'add' | 'replace'): Json {
  const segments = segmentsOf(pointer)
  const last = segments.at(-1)
  if (last === undefined) return value
  const parent = read(target, pointer.slice(0, pointer.lastIndexOf('/')))
  if (Array.isArray(parent)) {
    if (how === 'replace') parent[indexOf(last, parent.length - 1, pointer)] = value
    else parent.splice(last === '-' ? parent.length : indexOf(last, parent.length, pointer), 0, value)
  } else if (isObject(parent)) {
    if (how === 'replace' && !Object.hasOwn(parent, last)) throw failed(`the path ${JSON.stringify(pointer)} does not exist: replace operation does not apply: doc is missing key`)
    Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true })
  } else throw failed(`the path ${JSON.stringify(pointer)} leads into a plain value`)
  return target
}

function take(target: Json, pointer: string): { readonly taken: Json; readonly rest: Json } {
  const taken = read(target, pointer)
  const last = segmentsOf(pointer).at(-1)
  if (last === undefined) throw failed('the whole document cannot be removed')
  const parent = read(target, pointer.slice(0, pointer.lastIndexOf('/')))
  if (Array.isArray(parent)) parent.splice(Number(last), 1)
  else if (isObject(parent)) delete parent[last]
  return { taken, rest: target }
}
