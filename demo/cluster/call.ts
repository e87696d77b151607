// One request as its handler sees it, and what a handler may answer. No sockets here: the server reads and writes.
import type { JsonObject } from './objects.ts'
import type { Resource } from './resources.ts'

export interface User { readonly username: string; readonly uid: string; readonly groups: readonly string[]; readonly extra: Readonly<Record<string, readonly string[]>> }

export interface Call {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly user: User
  /** Read whole; a body over the limit is an ApiError. */
  body(): Promise<Buffer>
}

/** Where a stream writes; `signal` is aborted when the client has gone or the cluster stops. */
export interface Sink { write(chunk: string | Buffer): void; readonly signal: AbortSignal }

/** Negotiated: how objects are to be shown. */
export type Shape = 'object' | 'table' | 'metadata'

export type Answer =
  | { readonly kind: 'json'; readonly code: number; readonly value: JsonObject; readonly warnings?: readonly string[]; readonly resource?: Resource; readonly contentType?: string }
  | { readonly kind: 'text'; readonly code: number; readonly text: string; readonly contentType?: string }
  | { readonly kind: 'bytes'; readonly code: number; readonly bytes: Buffer; readonly contentType: string }
  | { readonly kind: 'stream'; readonly contentType: string; run(sink: Sink): Promise<void> }

export const json = (value: JsonObject, options: { readonly code?: number; readonly resource?: Resource; readonly warnings?: readonly string[]; readonly contentType?: string } = {}): Answer =>
  ({ kind: 'json', value, ...options, code: options.code ?? 200 })

export function headerOf({ headers }: Pick<Call, 'headers'>, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.join(', ') ?? ''
}

export const isTrue = (value: string | null): boolean => value === 'true' || value === '1'
