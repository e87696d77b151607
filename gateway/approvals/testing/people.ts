// Principals and held commands for the tests of approvals.
import type { ApprovalNeed } from '../../../shared/approval.ts'
import type { Principal } from '../../../shared/principal.ts'
import type { HeldCommand } from '../approvals.ts'
import { intentHash } from '../intent.ts'

export const onCall: ApprovalNeed = { groups: ['on-call'], users: [], count: 1, withinMs: 900_000, also: [] }

export function principal(subject: string, over: Partial<Principal> = {}): Principal {
  return {
    id: `corp:${subject}`, provider: 'corp', subject, kind: 'human', email: `${subject}@example.com`, groups: [],
    claims: { iss: 'https://id.example.com', sub: subject, iat: Math.floor(Date.now() / 1000) - 60 }, ...over,
  }
}
export const member = (subject: string, ...groups: string[]): Principal => principal(subject, { groups })

let commands = 0
export function held(over: Partial<HeldCommand> = {}): HeldCommand {
  const who = over.principal ?? member('eve', 'engineers')
  const text = over.text ?? `delete from orders where id = ${++commands}`
  return {
    session: 'se_1', command: `c${++commands}`, principal: who, connection: { name: 'shop', kind: 'postgres', labels: { env: 'production' }, database: 'shop' }, protocol: 'postgres',
    intent: intentHash({ principal: who.id, connection: 'shop', database: 'shop', role: null, searchPath: 'default', text, parameters: [] }),
    text, parameters: [], recordedText: 'delete from orders where id = ?', snapshot: 'policies-1', rule: { policy: 'shop', rule: 'careful' },
    reason: 'held by rule careful (policy shop) for on-call: delete on public.orders needs approval', need: onCall, expiresAt: Date.now() + 900_000,
    risk: { kinds: ['delete'], relations: ['delete public.orders'], maskedColumns: [], estimatedRows: 1, locks: null, level: 'medium', reasons: ['it deletes'] },
    purpose: null, ...over,
  }
}
