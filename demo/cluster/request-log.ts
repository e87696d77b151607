// What reached the cluster: for tests that show what did, and above all what did not.
import type { Call } from './call.ts'

export interface RequestSeen {
  readonly at: number
  readonly method: string
  /** As it came, with its query. */
  readonly target: string
  readonly protocol: 'HTTP/1.1' | 'HTTP/2'
  /** Null: not known, refused with 401. */
  readonly user: string | null
  readonly impersonation: Readonly<Record<string, string>>
  /** Every header but Authorization. */
  readonly headers: Readonly<Record<string, string>>
  readonly isUpgrade: boolean
}

const seenKept = 20_000

export class RequestLog {
  #seen: RequestSeen[] = []

  add(seen: RequestSeen): void {
    this.#seen.push(seen)
    if (this.#seen.length > seenKept) this.#seen = this.#seen.slice(seenKept / 2)
  }

  /** Oldest first. */
  all(): readonly RequestSeen[] {
    return [...this.#seen]
  }

  clear(): void {
    this.#seen = []
  }
}

export function headersShown(headers: Call['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization').map(([name, value]) => [name, typeof value === 'string' ? value : (value ?? []).join(', ')]))
}

export function impersonationOf(headers: Call['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headersShown(headers)).filter(([name]) => name.startsWith('impersonate-')))
}
