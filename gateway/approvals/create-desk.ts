// The human side of approvals: who may see what, decisions, withdrawals, break-glass and its review, grants. Every change is one
// transaction under the approval's row: asked by the rules, written with its audit event, told to all gateways.
import { createHash, randomUUID } from 'node:crypto'
import { estimateReason, type ApprovalEvent, type ApprovalNeed, type ApprovalSummary, type ApprovalWhole, type Grant, type GrantClass } from '../../shared/approval.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import { GatehouseError } from '../../shared/errors.ts'
import type { Principal } from '../../shared/principal.ts'
import { approvalsAlikeMax, approvalsListedMax } from '../limits.ts'
import type { EventRow } from '../store/approval-events.ts'
import type { ApprovalRecord, ApprovalRows, ApprovalTx, ListFilter } from '../store/approvals.ts'
import { createGrantRows, type GrantRecord, type GrantRows } from '../store/grants.ts'
import { claimsTime } from '../store/latest-claims.ts'
import type { Bus } from './bus.ts'
import { endApproval } from './closing.ts'
import { classText, riskLevelOf } from './grants.ts'
import { systemClock } from './held.ts'
import { newId } from './ids.ts'
import { likenessOf, requireRoom } from './opening.ts'
import { personOf, requesterKeys, requesterOf, selvesOf } from './people.ts'
import { isActive, mayRead, tally, whyNotBreakGlass, whyNotDecide, whyNotDeny, whyNotReview, whyNotWithdraw, type Objection } from './rules.ts'
import type { Seal } from './seal.ts'
import { latestOf } from './store-time.ts'
import { grantFor, summaryFor } from './view.ts'
import { approvalsOf, asKnown, countedVotes } from './votes.ts'

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
  /** The event as this principal may see it; null: it is none of theirs. */
  eventFor(principal: Principal, event: EventRow): Promise<ApprovalEvent | null>
}

/** `who`: the principal, in the newest groups that are known of it; `at`: what time it is. */
interface Asking { readonly who: Principal; readonly at: number }
type Change = (tx: ApprovalTx, record: ApprovalRecord, asking: Asking) => Promise<void>

export function createDesk({ rows, grants, bus, seal, needFor, now = systemClock.now }: DeskOptions): Desk {
  /** Who is known to have read what. */
  const read = new Set<string>()

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
    return whole(visible(await rows.get(id), principal), principal)
  }

  async function whole(record: ApprovalRecord, principal: Principal): Promise<ApprovalWhole> {
    // Of others only what this principal may see anyway.
    const similar = record.kind === 'command' ? (await rows.alike(record, approvalsAlikeMax)).filter((other) => mayRead(other, principal)) : []
    return {
      ...summaryFor(record, principal, now()), ...exactFor(record, principal),
      similar: similar.map(({ id, state, asked, createdAt }) => ({ id, state, requester: { id: asked.requester.id, email: asked.requester.email, kind: asked.requester.kind }, createdAt: new Date(createdAt).toISOString() })),
    }
  }

  function exactOf({ id, kind, sealed }: ApprovalRecord): Pick<ApprovalWhole, 'exact' | 'sealed'> {
    if (kind === 'grant') return { exact: null, sealed: null }
    if (sealed === null) return { exact: null, sealed: 'the exact text was removed with age; the recording has the masked one' }
    const opened = seal.open(id, sealed)
    return opened.ok ? { exact: opened.exact, sealed: null } : { exact: null, sealed: opened.why }
  }

  /** The planner's estimate tells of values, which may come masked to who asks: it is for who decides. */
  function exactFor(record: ApprovalRecord, principal: Principal): Pick<ApprovalWhole, 'exact' | 'sealed'> {
    const { exact, sealed } = exactOf(record)
    if (exact === null || record.asked.requester.id !== principal.id) return { exact, sealed }
    const { estimatedRows, reasons, ...risk } = exact.risk
    return { exact: { ...exact, risk: { ...risk, estimatedRows: null, reasons: reasons.filter((reason) => estimatedRows === null || reason !== estimateReason(estimatedRows)) } }, sealed }
  }

  async function requireVisible(principal: Principal, id: string): Promise<ApprovalRecord> {
    return visible(await rows.get(id), await known(principal))
  }

  const known = (principal: Principal): Promise<Principal> => rows.transaction((tx) => asKnown(tx, principal))

  async function decide(tx: ApprovalTx, record: ApprovalRecord, { who: principal, at, input }: Asking & { readonly input: DecisionInput }): Promise<void> {
    const { decision, reason, attempt = null, minutes = null } = input
    const before = record.decisions.find(({ by }) => by.id === principal.id)
    if (before !== undefined && attempt !== null && before.attempt === attempt && before.decision === decision) return
    refuse((decision === 'deny' ? whyNotDeny : whyNotDecide)(record, principal, at))
    const { sealed } = exactOf(record)
    if (decision === 'approve' && sealed !== null) refuse({ code: 'forbidden', message: `what cannot be read cannot be approved: ${sealed}` })
    refuse(whyNotMinutes(record, minutes))
    const by = personOf(principal)
    await tx.insertVote(record.id, { by, selves: [...selvesOf(principal)], decision, reason, groups: [...principal.groups], claimsAt: claimsTime(principal.claims) ?? now(), minutes, attempt })
    await tx.audit({ kind: 'approval-decided', principal: by.id, detail: { approval: record.id, decision, reason, minutes, requester: record.asked.requester.id } })
    await tx.event('decided', record.id, by)
    if (decision === 'deny') await endApproval(tx, record, { state: 'denied', by, reason })
    else await agree(tx, (await tx.lock(record.id))!)
  }

  /** The quorum may be there now; a command then waits for its use, a grant opens. */
  async function agree(tx: ApprovalTx, record: ApprovalRecord): Promise<void> {
    if (!tally(record.asked.need, await countedVotes(tx, record)).isMet) return
    if (record.kind === 'command') return tx.setState(record.id, 'approved', null)
    await openGrant(tx, record)
  }

  async function openGrant(tx: ApprovalTx, record: ApprovalRecord): Promise<void> {
    const { subject, requester, connection, need } = record.asked
    if (subject.kind !== 'grant') throw new GatehouseError('internal', `approval ${record.id} is of no grant`)
    const minutes = Math.min(subject.minutes, ...approvalsOf(record).flatMap((vote) => vote.minutes ?? []))
    const id = newId('gr', now())
    const { delegator: _, run: __, ...principal } = requester
    await createGrantRows(tx).insert({
      id, approval: record.id, connection: connection.name, principal, class: { kinds: subject.kinds, on: subject.on, ...(subject.protocol !== undefined && { protocol: subject.protocol }) }, agreed: need,
      purpose: record.purpose ?? '', approvedBy: approvalsOf(record).map(({ by }) => by), openedAt: now(), expiresAt: now() + minutes * 60_000,
    })
    await tx.setState(record.id, 'used', `opened a grant for ${minutes} minutes`)
    await tx.audit({ kind: 'grant-opened', principal: requester.id, detail: { grant: id, approval: record.id, connection: connection.name, class: classText(subject), minutes } })
    await tx.event('grant-opened', record.id, null)
  }

  /** Deciders and the grant's owner see it. */
  async function grantView(grant: GrantRecord, principal: Principal): Promise<Grant | null> {
    const record = await rows.get(grant.approval)
    return record === null || !mayRead(record, principal) ? null : grantFor(grant, { cannotRevoke: null, now: now() })
  }

  return {
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

    decide: (principal, id, input) => changed(principal, id, (tx, record, asking) => decide(tx, record, { ...asking, input })),

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

    async requestGrant(principal, { connection, kinds, on, minutes, purpose }) {
      const ofKubernetes = connection.kind === 'kubernetes' ? { protocol: 'kubernetes' as const } : {}
      const wanted: GrantClass = { kinds, on, ...ofKubernetes }
      const need = needFor(principal, connection, wanted)
      if (need === null) refuse({ code: 'input_invalid', message: `no rule on ${connection.name} asks for approval of ${classText(wanted)}, so a grant would open nothing` })
      const at = now()
      const { name, kind, labels, database } = connection
      const id = await rows.transaction(async (tx) => {
        await requireRoom(tx, principal.id, at)
        const id = newId('ap', at)
        await tx.insert({
          id, kind: 'grant', intent: createHash('sha256').update(`grant ${randomUUID()}`).digest('hex'), likeness: likenessOf(name, kinds, on ?? []),
          purpose, sealed: null, createdAt: at, expiresAt: at + need!.withinMs,
          asked: {
            requester: requesterOf(principal), selves: [...requesterKeys(principal)], need: need!, rule: null, snapshot: '',
            reason: `${classText(wanted)} for ${minutes} minutes needs approval`, riskLevel: riskLevelOf(wanted),
            connection: { name, kind, labels: { ...labels }, ...(database !== undefined && { database }) }, subject: { kind: 'grant', kinds, on, minutes, ...ofKubernetes },
          },
        })
        await tx.audit({ kind: 'approval-opened', principal: principal.id, detail: { approval: id, connection: name, class: classText(wanted), minutes, purpose } })
        await tx.event('opened', id, personOf(principal))
        return id
      })
      bus.nudge()
      return whole(await requireVisible(principal, id), principal)
    },

    async grants(principal, filter) {
      const found = filter === 'active' ? await grants.active(now()) : await grants.recent(approvalsListedMax)
      const records = new Map((await rows.many(found.map(({ approval }) => approval))).map((record) => [record.id, record]))
      return found.flatMap((grant) => {
        const record = records.get(grant.approval)
        return record !== undefined && mayRead(record, principal) ? [grantFor(grant, { cannotRevoke: null, now: now() })] : []
      })
    },

    async revokeGrant(principal, id, reason) {
      const grant = await grants.get(id)
      if (grant === null) throw unknownGrant()
      await rows.transaction(async (tx) => {
        const record = await tx.lock(grant.approval)
        if (record === null || !mayRead(record, principal)) throw unknownGrant()
        if (grant.expiresAt <= now() || !await createGrantRows(tx).revoke(id, personOf(principal), reason, now())) {
          refuse({ code: 'approval_closed', message: 'the grant has ended already' })
        }
        await tx.audit({ kind: 'grant-revoked', principal: principal.id, detail: { grant: id, reason, of: grant.principal.id, connection: grant.connection } })
        await tx.event('grant-revoked', grant.approval, personOf(principal))
      })
      bus.nudge()
      const view = await grantView((await grants.get(id))!, principal)
      if (view === null) throw unknownGrant()
      return view
    },

    async eventFor(principal, { id, at, kind, by, approval }) {
      const record = await rows.get(approval)
      if (record === null || !mayRead(record, await known(principal))) return null
      const grant = record.grant === null ? null : await grants.get(record.grant)
      return { cursor: String(id), at, kind, by, approval: summaryFor(record, principal, now()), grant: grant === null ? null : await grantView(grant, principal) }
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

function visible(record: ApprovalRecord | null, principal: Principal): ApprovalRecord {
  if (record !== null && mayRead(record, principal)) return record
  throw new GatehouseError('approval_unknown', 'no such approval, or not one that you asked for or could decide; gatehouse approvals list shows yours', { side: 'client' })
}

function refuse(objection: Objection | null): void {
  if (objection !== null) throw new GatehouseError(objection.code, objection.message, { side: 'client' })
}

function whyNotMinutes({ asked: { subject } }: ApprovalRecord, minutes: number | null): Objection | null {
  if (minutes === null) return null
  if (subject.kind !== 'grant') return { code: 'input_invalid', message: 'minutes are of a grant; this is one command' }
  return minutes <= subject.minutes ? null : { code: 'input_invalid', message: `a grant can be shortened, not widened: ${subject.minutes} minutes are asked for` }
}

const unknownGrant = () => new GatehouseError('not_found', 'no such grant, or not one that is yours or that you could decide', { side: 'client' })
