// The human side of approvals: who may see what, decisions, withdrawals, break-glass and its review, grants. Every change is one
// transaction under the approval's row: asked by the rules, written with its audit event, told to all gateways.
import type { ApprovalEvent, ApprovalNeed, ApprovalSummary, ApprovalWhole, Grant, GrantClass } from '../../shared/approval.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import type { EventRow } from '../store/approval-events.ts'
import type { ApprovalRecord, ApprovalRows, ApprovalTx } from '../store/approvals.ts'
import type { GrantRows } from '../store/grants.ts'
import type { Bus } from './bus.ts'
import { endApproval } from './closing.ts'
import { decide, type Asking } from './deciding.ts'
import { refuse, visible } from './desk-answers.ts'
import { createReading } from './desk-reading.ts'
import { createGrantDesk } from './grant-desk.ts'
import { systemClock } from './held.ts'
import { personOf } from './people.ts'
import { isActive, whyNotBreakGlass, whyNotDecide, whyNotReview, whyNotWithdraw } from './rules.ts'
import type { Seal } from './seal.ts'
import { latestOf } from './store-time.ts'
import { asKnown } from './votes.ts'

export interface DeskOptions {
  readonly rows: ApprovalRows
  readonly grants: GrantRows
  readonly bus: Bus
  readonly seal: Seal
  /** Who must agree to statements of this class by this principal, by every approve rule that may ask; null: no rule asks. */
  readonly needFor: (principal: Principal, connection: ConnectionSummary, wanted: GrantClass) => ApprovalNeed | null
  readonly now?: () => number
}

export type ListKind = 'open' | 'mine' | 'decided' | 'reviews' | 'all'
export interface DecisionInput { readonly decision: 'approve' | 'deny'; readonly reason: string | null; readonly minutes?: number | undefined; readonly attempt?: string | undefined }
export interface GrantInput extends Omit<GrantClass, 'protocol'> { readonly connection: ConnectionSummary; readonly minutes: number; readonly purpose: string }

/** Every function rejects with approval_unknown for what the principal may not see, forbidden, approval_closed, already_decided. */
export interface Desk {
  list(principal: Principal, query: { readonly filter: ListKind; readonly before?: string | undefined; readonly limit: number }): Promise<{ readonly approvals: ApprovalSummary[]; readonly next: string | null }>
  show(principal: Principal, id: string): Promise<ApprovalWhole>
  decide(principal: Principal, id: string, input: DecisionInput): Promise<ApprovalWhole>
  shorten(principal: Principal, id: string, expiresAt: number): Promise<ApprovalWhole>
  withdraw(principal: Principal, id: string, reason: string | null): Promise<ApprovalWhole>
  explain(principal: Principal, id: string, purpose: string): Promise<ApprovalWhole>
  looked(principal: Principal, id: string): Promise<void>
  breakGlass(principal: Principal, id: string, input: { readonly reason: string; readonly incident: string }): Promise<ApprovalWhole>
  review(principal: Principal, id: string, note: string): Promise<ApprovalWhole>
  requestGrant(principal: Principal, input: GrantInput): Promise<ApprovalWhole>
  grants(principal: Principal, filter: 'active' | 'all'): Promise<Grant[]>
  revokeGrant(principal: Principal, id: string, reason: string | null): Promise<Grant>
  /** Each event as this principal may see it; null: it is none of theirs. A page of them at once. */
  eventsFor(principal: Principal, events: readonly EventRow[]): Promise<readonly (ApprovalEvent | null)[]>
}

type Change = (tx: ApprovalTx, record: ApprovalRecord, asking: Asking) => Promise<void>

export function createDesk({ rows, grants, bus, seal, needFor, now = systemClock.now }: DeskOptions): Desk {
  const reading = createReading({ rows, grants, seal, now })
  const { list, show, eventsFor } = reading

  /** Locked, and known to be visible; then `work` asks its own rule. */
  async function change(principal: Principal, id: string, work: Change): Promise<void> {
    await rows.transaction(async (tx) => {
      const who = await asKnown(tx, principal)
      await work(tx, visible(await tx.lock(id), who), { who, at: await latestOf(tx, now()) })
    })
    bus.nudge()
  }

  async function changed(principal: Principal, id: string, work: Change): Promise<ApprovalWhole> {
    await change(principal, id, work)
    return reading.whole(await reading.requireVisible(principal, id), principal)
  }

  return {
    list, show, eventsFor, ...createGrantDesk({ rows, grants, bus, needFor, reading, now }),

    decide: (principal, id, input) => changed(principal, id, (tx, record, asking) => decide(tx, record, { ...asking, input, seal })),

    shorten: (principal, id, expiresAt) => changed(principal, id, async (tx, record, { who, at }) => {
      const objection = whyNotDecide(record, who, at)
      if (objection?.code !== 'already_decided') refuse(objection)
      if (!isActive(record, at) || expiresAt >= record.expiresAt || expiresAt <= at) {
        refuse({ code: 'input_invalid', message: 'an expiry can only be moved nearer: to a time that is to come, before the present one' })
      }
      await tx.setExpiry(id, expiresAt)
      await tx.audit({ kind: 'approval-decided', principal: principal.id, detail: { approval: id, decision: 'shorten', expiresAt: new Date(expiresAt).toISOString() } })
      await tx.event('shortened', id, personOf(principal))
    }),

    withdraw: (principal, id, reason) => changed(principal, id, async (tx, record, { who, at }) => {
      refuse(whyNotWithdraw(record, who, at))
      await endApproval(tx, record, { state: 'withdrawn', by: personOf(principal), reason: `withdrawn by the requester${reason === null ? '' : `: ${reason}`}` })
    }),

    explain: (principal, id, purpose) => changed(principal, id, async (tx, record, { who, at }) => {
      refuse(whyNotWithdraw(record, who, at))
      if (record.purpose !== null || record.decisions.length > 0) refuse({ code: 'approval_closed', message: 'what it is for is said once, before anyone decides' })
      await tx.setPurpose(id, purpose)
      await tx.event('explained', id, personOf(principal))
    }),

    looked: (principal, id) => change(principal, id, async (tx, record) => {
      if (record.asked.requester.id === principal.id || record.viewers.some(({ by }) => by.id === principal.id)) return
      await tx.insertViewer(id, personOf(principal))
      await tx.event('viewed', id, personOf(principal))
    }),

    breakGlass: (principal, id, { reason, incident }) => changed(principal, id, async (tx, record, { who, at }) => {
      refuse(whyNotBreakGlass(record, who, at))
      if (record.kind === 'grant') refuse({ code: 'forbidden', message: 'break-glass is for a command that waits' })
      await tx.setBrokenGlass(id, { reason, incident, at: new Date(at).toISOString() })
      await tx.setState(id, 'approved', null)
      await tx.audit({ kind: 'approval-broke-glass', principal: principal.id, detail: { approval: id, reason, incident, connection: record.asked.connection.name } })
      await tx.event('broke-glass', id, personOf(principal))
    }),

    review: (principal, id, note) => changed(principal, id, async (tx, record, { who }) => {
      refuse(whyNotReview(record, who))
      await tx.setReview(id, { by: personOf(principal), note, at: new Date(now()).toISOString() })
      await tx.audit({ kind: 'approval-reviewed', principal: principal.id, detail: { approval: id, note, requester: record.asked.requester.id } })
      await tx.event('reviewed', id, personOf(principal))
    }),
  }
}
