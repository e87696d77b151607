// A session: one principal on one connection, open to close.
import type { ConnectionKind } from './connection.ts'

export type SessionState = 'open' | 'closed'

export interface SessionSummary {
  /** `se_` and 26 characters; sorts by time. */
  readonly id: string
  readonly connection: string
  readonly kind: ConnectionKind
  readonly principal: { readonly id: string; readonly email: string | null; readonly kind: string }
  /** How the client came: the app's tunnel or a native listener. */
  readonly via: 'tunnel' | 'native'
  /** What the client called itself (`application_name`, user agent); untrusted text. */
  readonly client: string
  readonly state: SessionState
  /** ISO 8601, UTC. */
  readonly openedAt: string
  readonly closedAt: string | null
  /** Why it ended, one line; null while open. */
  readonly closeReason: string | null
  readonly commands: number
  readonly refusals: number
}
