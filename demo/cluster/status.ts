// What the API says when it does not give what was asked: metav1.Status, with the reasons and texts that kubectl knows.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
import type { Json, JsonObject } from './objects.ts'
import type { Resource } from './resources.ts'

export interface Cause { readonly reason: string; readonly message: string; readonly field: string }

/** An answer of the API that is no success; thrown by handlers, written by the server. */
export class ApiError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: JsonObject

  constructor(code: number, reason: string, message: string, details: JsonObject = {}) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
  }

  get status(): JsonObject {
    return {
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: this.message,
      ...(this.reason ? { reason: this.reason } : {}), ...(Object.keys(this.details).length > 0 ? { details: this.details } : {}), code: this.code,
    }
  }
}

const qualified = ({ plural, group }: Resource) => group ? `${plural}.${group}` : plural
const detailsOf = (resource: Resource, name: string): JsonObject => ({ name, ...(resource.group ? { group: resource.group } : {}), kind: resource.plural })

export const notFound = (resource: Resource, name: string) =>
  new ApiError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name))

export const noSuchPath = () => new ApiError(404, 'NotFound', 'the server could not find the requested resource')

export const alreadyExists = (resource: Resource, name: string) =>
  new ApiError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, detailsOf(resource, name))

export const conflict = (resource: Resource, name: string, message: string, causes: readonly Cause[] = []) =>
  new ApiError(409, 'Conflict', message, { ...detailsOf(resource, name), ...causesOf(causes) })

export const staleWrite = (resource: Resource, name: string) =>
  conflict(resource, name, `Operation cannot be fulfilled on ${qualified(resource)} "${name}": the object has been modified; please apply your changes to the latest version and try again`)

export const badRequest = (message: string) => new ApiError(400, 'BadRequest', message)
export const gone = (message: string) => new ApiError(410, 'Expired', message)
export const methodNotAllowed = () => new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')

export function invalid(resource: Resource, name: string, causes: readonly Cause[]): ApiError {
  const problems = causes.map(({ field, message }) => `${field}: ${message}`)
  const text = problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`
  return new ApiError(422, 'Invalid', `${resource.kind}${resource.group ? `.${resource.group}` : ''} "${name}" is invalid: ${text}`, {
    ...detailsOf(resource, name), kind: resource.kind, ...causesOf(causes),
  })
}

export function forbidden(resource: Resource, name: string, message: string): ApiError {
  return new ApiError(403, 'Forbidden', `${qualified(resource)} "${name}" is forbidden: ${message}`, detailsOf(resource, name))
}

export function success(details: JsonObject): JsonObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}

function causesOf(causes: readonly Cause[]): JsonObject {
  return causes.length === 0 ? {} : { causes: causes.map((cause): Json => ({ ...cause })) }
}
