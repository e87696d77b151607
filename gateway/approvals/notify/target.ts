// Where notifications go (`notify:` of gateway.yaml), and of what. Secrets come resolved; they are never in a body, a log or an error.
import type { ApprovalEventKind } from '../../../shared/approval.ts'

/** A `Secret<string>`; this room imports no other. */
export interface Revealed { reveal(): string }

interface TargetBase {
  readonly name: string
  readonly on: readonly ApprovalEventKind[]
  /** Of which connections; null: all. */
  readonly connections: ((name: string) => boolean) | null
  /** Of an approval in the app: `{id}` is the approval's. */
  readonly link: string
}

export type NotifyTarget =
  | (TargetBase & { readonly kind: 'webhook'; readonly url: string; readonly secret: Revealed })
  /** An incoming webhook of Slack: its address is the secret. */
  | (TargetBase & { readonly kind: 'slack'; readonly url: Revealed })

export const defaultLink = 'gatehouse://approvals/{id}'
export const defaultKinds: readonly ApprovalEventKind[] = ['opened', 'broke-glass']
