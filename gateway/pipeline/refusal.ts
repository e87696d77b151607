// A refusal before it is put into a protocol's own tongue (protocols/*/refusal.ts). Texts hold no values of the command's data.

export type RefusalKind =
  /** Policy said no (or nothing said yes). */
  | 'denied'
  /** Policy wants an approval. */
  | 'needs-approval'
  /** A limit of policy or of the gateway. */
  | 'limit'
  /** The command is not what its language allows, or is newer than our parser. */
  | 'invalid'
  /** Understood, and never supported through the gateway. */
  | 'unsupported'
  /** The client took it back before it went upstream. */
  | 'cancelled'
  /** A part of ours failed: closed. */
  | 'unavailable'
  /** The record cannot be written: closed, and the session ends. */
  | 'unrecorded'

export interface Refusal {
  readonly kind: RefusalKind
  readonly message: string
  readonly hint?: string
  /** UTF-16 offset into the command's text, where known. */
  readonly position?: number
}
