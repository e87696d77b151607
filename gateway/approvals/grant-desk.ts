// The human side of grants: asked for, listed, revoked.
import { createHash, randomUUID } from 'node:crypto'
import type { GrantClass } from '../../shared/approval.ts'
import { approvalsListedMax } from '../limits.ts'
import { createGrantRows } from '../store/grants.ts'
import type { Desk, DeskOptions } from './create-desk.ts'
import { refuse, unknownGrant } from './desk-answers.ts'
import type { Reading } from './desk-reading.ts'
import { classText, riskLevelOf } from './grants.ts'
import { newId } from './ids.ts'
import { likenessOf, requireRoom } from './opening.ts'
import { personOf, requesterKeys, requesterOf } from './people.ts'
import { mayRead } from './rules.ts'
import { grantFor } from './view.ts'
import { asKnown } from './votes.ts'

export interface GrantDeskParts extends Pick<DeskOptions, 'rows' | 'grants' | 'bus' | 'needFor'> { readonly reading: Reading; readonly now: () => number }

export function createGrantDesk({ rows, grants, bus, needFor, reading, now }: GrantDeskParts): Pick<Desk, 'requestGrant' | 'grants' | 'revokeGrant'> {
  return {
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
      return reading.whole(await reading.requireVisible(principal, id), principal)
    },

    async grants(principal, filter) {
      const reader = await reading.known(principal)
      const found = filter === 'active' ? await grants.active(now()) : await grants.recent(approvalsListedMax)
      const records = new Map((await rows.many(found.map(({ approval }) => approval))).map((record) => [record.id, record]))
      return found.flatMap((grant) => {
        const record = records.get(grant.approval)
        return record !== undefined && mayRead(record, reader) ? [grantFor(grant, { cannotRevoke: null, now: now() })] : []
      })
    },

    async revokeGrant(principal, id, reason) {
      const grant = await grants.get(id)
      if (grant === null) throw unknownGrant()
      await rows.transaction(async (tx) => {
        const record = await tx.lock(grant.approval)
        if (record === null || !mayRead(record, await asKnown(tx, principal))) throw unknownGrant()
        if (grant.expiresAt <= now() || !await createGrantRows(tx).revoke(id, personOf(principal), reason, now())) {
          refuse({ code: 'approval_closed', message: 'the grant has ended already' })
        }
        await tx.audit({ kind: 'grant-revoked', principal: principal.id, detail: { grant: id, reason, of: grant.principal.id, connection: grant.connection } })
        await tx.event('grant-revoked', grant.approval, personOf(principal))
      })
      bus.nudge()
      const view = await reading.grantView((await grants.get(id))!, principal)
      if (view === null) throw unknownGrant()
      return view
    },
  }
}
