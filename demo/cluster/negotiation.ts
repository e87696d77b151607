// Which of the client's wishes is met: JSON or YAML, whole objects, tables or metadata alone. Protobuf and CBOR are not offered:
// a client that takes nothing else gets 406, as from an aggregated API server without them.
import type { Shape } from './call.ts'
import { ApiError } from './status.ts'

export interface Negotiated { readonly format: 'json' | 'yaml'; readonly shape: Shape; readonly version: string }

interface Wish { readonly type: string; readonly parameters: Readonly<Record<string, string>> }

export const offeredTypes = ['application/json', 'application/yaml'] as const

/** An empty Accept means JSON. The client's order decides; kubectl sends no weights. */
export function negotiate(accept: string): Negotiated {
  if (accept.trim() === '') return { format: 'json', shape: 'object', version: 'v1' }
  for (const { type, parameters } of wishesOf(accept)) {
    const format = formatOf(type)
    const shape = shapeOf(parameters)
    if (format && shape) return { format, shape, version: parameters['v'] ?? 'v1' }
  }
  throw new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${offeredTypes.join(', ')}`)
}

/** Of Accept, in its order. */
export function wishesOf(accept: string): readonly Wish[] {
  return accept.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim())
    return { type: type.toLowerCase(), parameters: Object.fromEntries(parameters.map((parameter) => parameter.split('=', 2) as [string, string])) }
  }).filter(({ type, parameters }) => type !== '' && parameters['q'] !== '0')
}

function formatOf(type: string): 'json' | 'yaml' | null {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json'
  return type === 'application/yaml' ? 'yaml' : null
}

function shapeOf({ as, g, v }: Readonly<Record<string, string>>): Shape | null {
  if (as === undefined) return 'object'
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return null
  if (as === 'Table') return 'table'
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'metadata' : null
}
