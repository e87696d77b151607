// What happened in the control plane.

export type AuditKind = 'login' | 'login-failed' | 'token-revoked' | 'policy-loaded' | 'policy-rejected'
  | 'session-opened' | 'session-closed' | 'session-refused' | 'recording-read'
  | 'approval-opened' | 'approval-decided' | 'approval-closed' | 'approval-used' | 'approval-broke-glass' | 'approval-reviewed' | 'approval-read'
  | 'grant-opened' | 'grant-revoked' | 'notification-dead'

export interface AuditEvent {
  readonly at: string
  readonly kind: AuditKind
  /** Principal id; null where nobody was verified. */
  readonly principal: string | null
  readonly detail: Readonly<Record<string, string | number | boolean | null>>
}
