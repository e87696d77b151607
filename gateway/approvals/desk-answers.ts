// What the human side says no with: the same for what is unknown and what is not theirs.
import { GatehouseError } from '../../shared/errors.ts'
import type { Principal } from '../../shared/principal.ts'
import type { ApprovalRecord } from '../store/approvals.ts'
import { mayRead, type Objection } from './rules.ts'

export function visible(record: ApprovalRecord | null, principal: Principal): ApprovalRecord {
  if (record !== null && mayRead(record, principal)) return record
  throw new GatehouseError('approval_unknown', 'no such approval, or not one that you asked for or could decide; gatehouse approvals list shows yours', { side: 'client' })
}

export function refuse(objection: Objection | null): void {
  if (objection !== null) throw new GatehouseError(objection.code, objection.message, { side: 'client' })
}

export const unknownGrant = () => new GatehouseError('not_found', 'no such grant, or not one that is yours or that you could decide', { side: 'client' })
