// What one principal is shown of approvals: lists, one of them whole, what happened to them. Reading the exact text of another's is
// written to the audit log first.
import type { ApprovalEvent, ApprovalSummary, ApprovalWhole, Grant } from '../../shared/approval.ts'
import type { Principal } from '../../shared/principal.ts'
import { approvalsAlikeMax, approvalsListedMax } from '../limits.ts'
import type { EventRow } from '../store/approval-events.ts'
import type { ApprovalRecord, ApprovalRows, ListFilter } from '../store/approvals.ts'
import type { GrantRecord, GrantRows } from '../store/grants.ts'
import type { ListKind } from './create-desk.ts'
import { visible } from './desk-answers.ts'
import { exactFor } from './desk-exact.ts'
import { mayRead, whyNotDecide, whyNotReview } from './rules.ts'
import type { Seal } from './seal.ts'
import { grantFor, summaryFor } from './view.ts'
import { asKnown } from './votes.ts'

export interface ReadingParts { readonly rows: ApprovalRows; readonly grants: GrantRows; readonly seal: Seal; readonly now: () => number }

export interface Reading {
  /** In the newest groups that are known of them. */
  known(principal: Principal): Promise<Principal>
  requireVisible(principal: Principal, id: string): Promise<ApprovalRecord>
  whole(record: ApprovalRecord, principal: Principal): Promise<ApprovalWhole>
  list(principal: Principal, query: { readonly filter: ListKind; readonly before?: string | undefined; readonly limit: number }): Promise<{ readonly approvals: ApprovalSummary[]; readonly next: string | null }>
  show(principal: Principal, id: string): Promise<ApprovalWhole>
  /** Deciders and the grant's owner see it. */
  grantView(grant: GrantRecord, principal: Principal): Promise<Grant | null>
  eventsFor(principal: Principal, events: readonly EventRow[]): Promise<readonly (ApprovalEvent | null)[]>
}

export function createReading({ rows, grants, seal, now }: ReadingParts): Reading {
  /** Who is known to have read what. */
  const read = new Set<string>()
  const known = (principal: Principal): Promise<Principal> => rows.transaction((tx) => asKnown(tx, principal))
  const shownGrant = (grant: GrantRecord, record: ApprovalRecord | null, reader: Principal): Grant | null =>
    (record === null || !mayRead(record, reader) ? null : grantFor(grant, { cannotRevoke: null, now: now() }))

  async function requireVisible(principal: Principal, id: string): Promise<ApprovalRecord> {
    return visible(await rows.get(id), await known(principal))
  }

  async function whole(record: ApprovalRecord, principal: Principal): Promise<ApprovalWhole> {
    // Of others only what this principal may see anyway.
    const similar = record.kind === 'command' ? (await rows.alike(record, approvalsAlikeMax)).filter((other) => mayRead(other, principal)) : []
    return {
      ...summaryFor(record, principal, now()), ...exactFor(record, principal, seal),
      similar: similar.map(({ id, state, asked, createdAt }) => ({ id, state, requester: { id: asked.requester.id, email: asked.requester.email, kind: asked.requester.kind }, createdAt: new Date(createdAt).toISOString() })),
    }
  }

  return {
    known, requireVisible, whole,
    async list(principal, { filter, before, limit }) {
      const at = now()
      const asked = await known(principal)
      const records = await rows.list(rowsOf(filter, principal), { before, limit: approvalsListedMax })
      const listed = records.filter((record) => isListed(record, { filter, principal: asked, now: at }))
      const page = listed.slice(0, limit)
      // A list that was cut before it was looked through goes on behind what was looked at.
      const next = listed.length > limit ? page.at(-1) : records.length === approvalsListedMax ? records.at(-1) : undefined
      return { approvals: page.map((record) => summaryFor(record, principal, at)), next: next?.id ?? null }
    },
    async show(principal, id) {
      const record = await requireVisible(principal, id)
      if (record.asked.requester.id !== principal.id && !read.has(`${id} ${principal.id}`)) {
        // Once: an open page asks again at every event.
        if (read.size >= readsKeptMax) read.clear()
        await rows.transaction((tx) => tx.audit({ kind: 'approval-read', principal: principal.id, detail: { approval: id, requester: record.asked.requester.id } }))
        read.add(`${id} ${principal.id}`)
      }
      return whole(record, principal)
    },
    grantView: async (grant, principal) => shownGrant(grant, await rows.get(grant.approval), await known(principal)),
    async eventsFor(principal, events) {
      const reader = await known(principal)
      const records = new Map((await rows.many([...new Set(events.map(({ approval }) => approval))])).map((record) => [record.id, record]))
      const shown: (ApprovalEvent | null)[] = []
      for (const { id, at, kind, by, approval } of events) {
        const record = records.get(approval)
        if (record === undefined || !mayRead(record, reader)) { shown.push(null); continue }
        const grant = record.grant === null ? null : await grants.get(record.grant)
        shown.push({ cursor: String(id), at, kind, by, approval: summaryFor(record, principal, now()), grant: grant === null ? null : shownGrant(grant, record, reader) })
      }
      return shown
    },
  }
}

const readsKeptMax = 10_000

function rowsOf(filter: ListKind, { id }: Principal): ListFilter {
  switch (filter) {
    case 'open': return { kind: 'active' }
    case 'mine': return { kind: 'of-requester', principal: id }
    case 'decided': return { kind: 'decided-by', principal: id }
    case 'reviews': return { kind: 'to-review' }
    case 'all': return { kind: 'any' }
  }
}

function isListed(record: ApprovalRecord, { filter, principal, now }: { readonly filter: ListKind; readonly principal: Principal; readonly now: number }): boolean {
  switch (filter) {
    case 'mine': return true
    // What one decided stays readable as long as one could decide it now.
    case 'decided': return mayRead(record, principal) && record.asked.requester.id !== principal.id
    case 'all': return mayRead(record, principal)
    case 'open': return whyNotDecide(record, principal, now) === null
    case 'reviews': return whyNotReview(record, principal) === null
  }
}
