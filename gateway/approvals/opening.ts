// How a held command becomes an approval: a new one, or a place in the one that is active for the same intent.
import { createHash } from 'node:crypto'
import { saysSomething, wantsReason } from '../../shared/approval.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { approvalHoldsMax, approvalRecordedCharactersMax, approvalsOpenMax, approvalsPerHourMax } from '../limits.ts'
import type { ApprovalRecord, ApprovalTx, NewApproval } from '../store/approvals.ts'
import type { HeldCommand } from './approvals.ts'
import { endApproval } from './closing.ts'
import { newId } from './ids.ts'
import { personOf, requesterKeys, requesterOf } from './people.ts'
import { needKeys } from './rules.ts'
import type { Seal } from './seal.ts'
import { latestOf } from './store-time.ts'

export interface Opening { readonly gateway: string; readonly seal: Seal; readonly now: number }

export interface Placed { readonly record: ApprovalRecord; readonly hold: string; readonly isNew: boolean }

/** Rejects with limit_exceeded when the principal has as many open as it may. */
export async function place(tx: ApprovalTx, command: HeldCommand, given: Opening): Promise<Placed> {
  const opening = { ...given, now: await latestOf(tx, given.now) }
  const joined = await activeLike(tx, command, opening.now)
  if (joined !== null) return join(tx, joined, { command, opening })
  requireReason(command)
  await requireRoom(tx, command.principal.id, opening.now)
  const approval = newApproval(command, opening)
  // Another gateway may open one at this moment: then that one is joined.
  const isNew = await tx.insert(approval)
  const record = isNew ? await tx.lock(approval.id) : await tx.lockActive(command.intent)
  if (record === null) throw new GatehouseError('store_unavailable', 'the approval could not be opened: another gateway closed one for the same command just now; run it again')
  return isNew ? enter(tx, record, { command, opening, isNew }) : join(tx, record, { command, opening })
}

/** What it is for may be said late, by whoever runs it again, as long as nobody has decided without it. */
async function join(tx: ApprovalTx, record: ApprovalRecord, { command, opening }: { readonly command: HeldCommand; readonly opening: Opening }): Promise<Placed> {
  if (record.purpose === null) requireReason(command)
  const isSaid = record.purpose === null && command.purpose !== null && record.decisions.length === 0
  if (isSaid) await tx.setPurpose(record.id, command.purpose)
  return enter(tx, isSaid ? { ...record, purpose: command.purpose } : record, { command, opening, isNew: false })
}

/** Rejects with input_invalid: whatever the client, nobody is asked without a reason where policy wants one. */
function requireReason({ need, purpose }: HeldCommand): void {
  if (wantsReason(need) && (purpose === null || !saysSomething(purpose))) throw new GatehouseError('input_invalid', 'the rule wants a reason with it, and none was given; say what it is for and run it again', { side: 'client' })
}

/** Approvers read each, and are told of each: nobody may drown one in others, nor ring all day. Rejects with limit_exceeded. */
export async function requireRoom(tx: ApprovalTx, principal: string, now: number): Promise<void> {
  if (await tx.countActive(principal) >= approvalsOpenMax) {
    throw new GatehouseError('limit_exceeded', `you have ${approvalsOpenMax} approvals open (approvalsOpenMax); withdraw some, or wait for their answers`, { side: 'client' })
  }
  if (await tx.countSince(principal, now - hourMs) >= approvalsPerHourMax) {
    throw new GatehouseError('limit_exceeded', `you asked for ${approvalsPerHourMax} approvals in an hour (approvalsPerHourMax); wait a while, or ask for a grant`, { side: 'client' })
  }
}
const hourMs = 60 * 60_000

/** The one to join. One that has expired, or asks others than policy asks now, is ended on the way. */
async function activeLike(tx: ApprovalTx, command: HeldCommand, now: number): Promise<ApprovalRecord | null> {
  const found = await tx.lockActive(command.intent)
  if (found === null) return null
  if (found.asked.requester.id !== command.principal.id) throw new GatehouseError('internal', 'an intent of one principal is held for another')
  if (found.expiresAt <= now) await endApproval(tx, found, { state: 'expired' })
  else if (String(needKeys(found.asked.need)) !== String(needKeys(command.need))) await endApproval(tx, found, { state: 'withdrawn', by: null, reason: 'policy asks others now' })
  else return found
  return null
}

async function enter(tx: ApprovalTx, record: ApprovalRecord, { command, opening, isNew }: { readonly command: HeldCommand; readonly opening: Opening; readonly isNew: boolean }): Promise<Placed> {
  if (record.holds.length >= approvalHoldsMax) {
    throw new GatehouseError('limit_exceeded', `${approvalHoldsMax} sessions have waited for approval ${record.id} (approvalHoldsMax); withdraw it, or wait for its answer`, { side: 'client' })
  }
  const hold = newId('ho', opening.now)
  const { session, principal } = command
  await tx.insertHold(record.id, { id: hold, gateway: opening.gateway, session, command: command.command })
  if (isNew) {
    await tx.audit({ kind: 'approval-opened', principal: principal.id, detail: { approval: record.id, session, connection: command.connection.name, policy: command.rule.policy, rule: command.rule.rule, intent: command.intent } })
  }
  await tx.event(isNew ? 'opened' : 'joined', record.id, personOf(principal))
  return { record, hold, isNew }
}

function newApproval(command: HeldCommand, { seal, now }: Opening): NewApproval {
  const { principal, connection: { name, kind, labels, database }, risk } = command
  const id = newId('ap', now)
  return {
    id, kind: 'command', intent: command.intent, purpose: command.purpose, createdAt: now, expiresAt: command.expiresAt,
    likeness: likenessOf(name, risk.kinds, risk.relations),
    sealed: seal.close(id, { text: command.text, parameters: [...command.parameters], risk, ...(command.diff != null && { diff: command.diff }) }),
    asked: {
      requester: requesterOf(principal), selves: [...requesterKeys(principal)], need: command.need, rule: command.rule, reason: command.reason, snapshot: command.snapshot,
      connection: { name, kind, labels: { ...labels }, ...(database !== undefined && { database }) },
      subject: { kind: 'command', protocol: command.protocol, recorded: beginningOf(command.recordedText) }, riskLevel: risk.level,
      ...(command.isPlain === true && { isPlain: true }),
    },
  }
}

/** What does the same to the same relations of a connection. */
export function likenessOf(connection: string, kinds: readonly string[], relations: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify([connection, kinds.toSorted(), relations.toSorted()])).digest('hex')
}

/** By characters: half of a pair is not text. */
function beginningOf(text: string): string {
  const characters = Array.from(text.slice(0, approvalRecordedCharactersMax * 2))
  return characters.length > approvalRecordedCharactersMax || text.length > approvalRecordedCharactersMax * 2
    ? `${characters.slice(0, approvalRecordedCharactersMax).join('')}…` : text
}
