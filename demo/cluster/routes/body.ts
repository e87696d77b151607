// The body of a write: JSON or YAML, and what it must be before anything else is looked at.
import { parse, YAMLParseError } from 'yaml'
import { readProtobuf } from '../../../gateway/protocols/kubernetes/codec/protobuf.ts'
import { headerOf, type Call } from '../call.ts'
import { isObject, textAt, type Json, type JsonObject } from '../objects.ts'
import { groupVersionOf, type Resource } from '../resources.ts'
import { ApiError, badRequest } from '../status.ts'

export const mediaType = (call: Call): string => headerOf(call, 'content-type').split(';')[0]!.trim().toLowerCase()

/** JSON unless the type says YAML; an empty body is undefined. */
export async function bodyValue(call: Call): Promise<Json | undefined> {
  const bytes = await call.body()
  if (bytes.length === 0) return undefined
  const type = mediaType(call)
  if (type === 'application/vnd.kubernetes.protobuf') return protobufBody(bytes)
  const isYaml = type === 'application/yaml' || type === 'application/apply-patch+yaml'
  if (!isYaml && !/^(|application\/json|application\/[\w-]+\+json)$/.test(type)) {
    throw new ApiError(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml')
  }
  try {
    return isYaml ? parse(bytes.toString()) as Json : JSON.parse(bytes.toString()) as Json
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof YAMLParseError) throw badRequest(`the object provided is unrecognized (must be of type ${isYaml ? 'YAML' : 'JSON'}): ${error.message}`)
    throw error
  }
}

/** As kubectl 1.32 and newer write what their typed clients send. Read only: answers are never protobuf. */
function protobufBody(bytes: Buffer): Json {
  const read = readProtobuf(bytes)
  if (read.kind === 'malformed') throw new ApiError(415, 'UnsupportedMediaType', `the body of the request ${read.why}`)
  return read.value as Json
}

/** An object of that kind; what it leaves out of kind and apiVersion is taken from the path. */
export async function bodyObject(call: Call, { kind, group, version }: Pick<Resource, 'kind' | 'group' | 'version'>): Promise<JsonObject> {
  const value = await bodyValue(call)
  if (!isObject(value)) throw badRequest(`the request body is no ${kind}`)
  const [givenKind, givenVersion, expected] = [textAt(value, 'kind'), textAt(value, 'apiVersion'), groupVersionOf({ group, version })]
  if (givenKind !== '' && givenKind !== kind) throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: the body is a ${givenKind}`)
  if (givenVersion !== '' && givenVersion !== expected) throw badRequest(`the API version in the data (${givenVersion}) does not match the expected API version (${expected})`)
  return value
}
