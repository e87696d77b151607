// The seam between what holds a command (a protocol's session) and what asks humans about it (the broker). A protocol describes
// the command once, waits for `outcome`, and calls `use` immediately before the command goes upstream: that is the single use.
import type { ApprovalNeed, Risk } from '../../shared/approval.ts'
import type { ConnectionKind, ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import type { RuleRef, Verdict } from '../../shared/verdict.ts'

export type { Risk } from '../../shared/approval.ts'

/** One command about which humans are asked. */
export interface HeldCommand {
  readonly session: string
  /** Of the session: `c7`. */
  readonly command: string
  readonly principal: Principal
  readonly connection: ConnectionSummary
  readonly protocol: ConnectionKind
  /** Hex SHA-256 over everything the command's meaning hangs on (design.md §6): the join key of retries. */
  readonly intent: string
  /** The exact text, shown to approvers, sealed apart from the recording. */
  readonly text: string
  /** What it would change, for approvers and the requester, masked as the recording is; null or left out: not known. */
  readonly diff?: string | null
  /** Decoded for display; null is NULL. */
  readonly parameters: readonly (string | null)[]
  /** As the recording holds it. */
  readonly recordedText: string
  /** Hex hash of the policy snapshot that said `approve`, and the rule that did. */
  readonly snapshot: string
  readonly rule: RuleRef
  readonly reason: string
  readonly need: ApprovalNeed
  /** Milliseconds since the epoch; the shorter limit where the command waits inside a transaction. */
  readonly expiresAt: number
  /** What is known of the danger, computed once before anyone is asked. */
  readonly risk: Risk
  /** Nothing in its session has changed what its letters mean: no settings, no role, no values. Left out: it may have. */
  readonly isPlain?: boolean
  /** What the requester said it is for; null where policy wants no reason and none was given. */
  readonly purpose: string | null
  /**
   * What policy says of it now: of the session's principal as its lease is now, under the newest policies and catalog. Asked when
   * policies change and immediately before use; null or a throw is a deny. Left out: any change of policies withdraws the approval.
   */
  readonly reevaluate?: () => Verdict | null
}

export type Outcome =
  | { readonly kind: 'approved'; readonly by: readonly string[] }
  | { readonly kind: 'denied'; readonly by: string; readonly reason: string | null }
  | { readonly kind: 'expired' }
  /** By the requester or the end of the session, by a stricter policy, by an approver's loss of rights… */
  | { readonly kind: 'withdrawn'; readonly reason: string }

/** A command's place in the queue for one approval; several sessions may hold the same intent. */
export interface Hold {
  /** `ap_…` */
  readonly approval: string
  readonly expiresAt: number
  /** Settles once; never rejects: a store that is lost is `withdrawn`. */
  readonly outcome: Promise<Outcome>
  /**
   * Immediately before the command goes upstream: checks deciders and requester again and uses the approval up, atomically among
   * all gateways. Null: go. A text: why not (used already, groups lost, expired meanwhile). Never rejects.
   */
  use(): Promise<string | null>
  /** The requester cancelled or is gone. Idempotent. */
  release(why: 'cancelled' | 'disconnected' | 'session-ended'): void
}

export interface Approvals {
  /** Opens an approval, or joins the open one with the same intent. Rejects with GatehouseError where the store is lost: then refuse. */
  hold(command: HeldCommand): Promise<Hold>
}
