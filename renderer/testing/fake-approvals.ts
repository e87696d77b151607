// Approvals of the fake Desktop: some of every sort, decided in memory, told as events. `answer` plays the other person.
import type { ApprovalEventKind, ApprovalSummary, ApprovalWhole, Grant, Person, Risk } from '../../shared/approval.ts'
import type { ApprovalFilter, HeldStatement, IpcCalls, IpcEvents, IpcFailure } from '../../shared/ipc.ts'

const minute = 60_000
export const me: Person = { id: 'demo:ana', email: 'ana.lyst@acme.example', kind: 'human' }
const eli: Person = { id: 'demo:eli', email: 'eli.ng@acme.example', kind: 'human' }
const otto: Person = { id: 'demo:otto', email: 'otto.n@acme.example', kind: 'human' }
const at = (fromNowMs: number): string => new Date(Date.now() + fromNowMs).toISOString()

const lowRisk: Risk = { kinds: ['update'], relations: ['update public.orders'], maskedColumns: [], estimatedRows: 1, locks: null, level: 'low', reasons: ['it changes about one row'] }
const shop = { name: 'shop', kind: 'postgres', labels: { env: 'production', team: 'storefront' }, database: 'shop' } as const
const forOthers = { isRequester: false, decide: null, deny: null, withdraw: 'only who asked can withdraw it; to refuse it, deny it', breakGlass: 'only who asked can go on without approval', review: 'nothing was passed by break-glass here' }
const forMe = { isRequester: true, decide: 'you asked for this yourself, so others decide; you can withdraw it', deny: 'you asked for this yourself, so others decide; you can withdraw it', withdraw: null, breakGlass: 'policy gives you no break-glass here', review: 'nothing was passed by break-glass here' }

type Sample = Partial<ApprovalWhole> & { readonly id: string; readonly text: string; readonly risk?: Risk; readonly parameters?: readonly (string | null)[] }

function sample({ text, risk = lowRisk, parameters = [], ...rest }: Sample): ApprovalWhole {
  return {
    state: 'open', subject: { kind: 'command', protocol: 'postgres', recorded: text.replaceAll(/\s+/g, ' ').slice(0, 300) }, requester: { ...eli, delegator: null, run: null }, connection: shop,
    rule: { policy: 'shop', rule: 'engineers-write' }, reason: 'update on public.orders needs approval', purpose: null, riskLevel: risk.level,
    needs: [{ groups: ['on-call'], users: [], count: 1, have: 0 }], createdAt: at(-2 * minute), expiresAt: at(13 * minute), decisions: [], viewers: [],
    held: [{ session: 'se_01KAF9999ZX8Q2M5V7T3RNPC4D', command: 'c3', since: at(-2 * minute), isLive: true }], closedAt: null, closeReason: null, grant: null, brokenGlass: null, permitted: forOthers,
    exact: { text, parameters, risk }, sealed: null, similar: [], ...rest,
  }
}

const closed = (state: ApprovalWhole['state'], decider: Person, reason: string | null): Partial<ApprovalWhole> => ({
  state, decisions: [{ by: decider, decision: state === 'denied' ? 'deny' : 'approve', reason, at: at(-50 * minute) }], closedAt: at(-50 * minute), closeReason: state === 'denied' ? reason : null,
  expiresAt: at(-45 * minute), createdAt: at(-60 * minute), held: [], permitted: { ...forOthers, decide: `it is ${state}, so it takes no more answers`, deny: `it is ${state}, so it takes no more answers` },
})

const migration = `with stale as (
  select id from orders
  where status = 'pending' and placed_at < now() - interval '90 days'   -- three months
)
update orders o
set status = 'cancelled', cancelled_at = now(), note = $1
from stale
where o.id = stale.id`
const hidden = "delete from customers\nwhere email = 'a@example.com' /*\u202e } \u2066if (isTest) \u2069 \u2066 or true -- */\n  and id\u200b = $1"

export function sampleApprovals(): ApprovalWhole[] {
  return [
    sample({ id: 'ap_01KAH0000000000000000AAA1', text: "update orders set status = 'refunded' where id = 18211", purpose: 'INC-42: refund of a parcel that got lost', viewers: [{ by: otto, at: at(-minute) }],
      similar: [{ id: 'ap_01KAG0000000000000000BBB1', state: 'used', requester: eli, createdAt: at(-26 * 60 * minute) }, { id: 'ap_01KAG0000000000000000BBB2', state: 'denied', requester: otto, createdAt: at(-50 * 60 * minute) }] }),
    sample({ id: 'ap_01KAH0000000000000000AAA2', text: migration, parameters: ['cleaned up by job 4711'], createdAt: at(-4 * minute), expiresAt: at(4 * minute),
      requester: { id: 'ci:repo:acme/shop', email: null, kind: 'ci', delegator: null, run: { repository: 'acme/shop', url: 'https://github.com/acme/shop/actions/runs/7123' } },
      needs: [{ groups: ['on-call'], users: [], count: 2, have: 1 }, { groups: ['dba'], users: [], count: 1, have: 0 }], reason: 'update on public.orders needs approval, for more than 1,000 rows would change',
      decisions: [{ by: otto, decision: 'approve', reason: 'checked with finance', at: at(-3 * minute) }], viewers: [{ by: otto, at: at(-3.5 * minute) }],
      risk: { kinds: ['update', 'select'], relations: ['update public.orders', 'select public.orders'], maskedColumns: ['public.customers.email'], estimatedRows: 18_400, locks: ['RowExclusiveLock public.orders'], level: 'high', reasons: ['about 18,400 rows change', 'it waits inside a transaction that holds locks', 'the environment is production'] } }),
    sample({ id: 'ap_01KAH0000000000000000AAA3', text: hidden, parameters: ['42\u202e24'], createdAt: at(-minute), connection: { ...shop, name: 'shop-dev', labels: { env: 'development' } },
      requester: { id: 'agents:helper-7', email: null, kind: 'agent', delegator: 'eli.ng@acme.example', run: null }, reason: 'delete on public.customers needs approval', purpose: null,
      risk: { ...lowRisk, kinds: ['delete'], relations: ['delete public.customers'], level: 'medium', estimatedRows: null, reasons: ['it deletes rows', 'it touches columns that are masked for others'], maskedColumns: ['public.customers.email'] } }),
    sample({ id: 'ap_01KAH0000000000000000AAA4', text: '', subject: { kind: 'grant', kinds: ['select', 'update'], on: ['public.orders', 'public.order_items'], minutes: 60 }, rule: null, exact: null, held: [], riskLevel: 'medium', reason: 'time-boxed access is asked for', purpose: 'INC-42: look through the orders of yesterday', createdAt: at(-6 * minute) }),
    sample({ id: 'ap_01KAG0000000000000000BBB1', text: "update orders set status = 'paid' where id = 9", ...closed('used', me, null) }),
    sample({ id: 'ap_01KAG0000000000000000BBB2', text: 'delete from order_items where order_id = 77', ...closed('denied', me, 'Cancel the order instead; the items are needed for the books.') }),
    sample({ id: 'ap_01KAG0000000000000000BBB3', text: "update products set price = price * 0.9 where sku = 'A-1'", ...closed('used', otto, null), decisions: [],
      brokenGlass: { reason: 'Wrong price in the shop, nobody awake', incident: 'INC-41', at: at(-55 * minute), review: null }, permitted: { ...forOthers, decide: 'it was approved and used, so it takes no more answers', deny: 'it was approved and used, so it takes no more answers', review: null } }),
    sample({ id: 'ap_01KAG0000000000000000BBB5', text: 'alter table orders add column carrier text', ...closed('used', otto, null), decisions: [], reason: 'alter on public.orders needs approval',
      requester: { id: 'ci:repo:acme/shop', email: null, kind: 'ci', delegator: null, run: { repository: 'acme/shop', url: 'https://github.com/acme/shop/actions/runs/7124' } },
      needs: [{ groups: ['dba'], users: [], count: 1, have: 1, github: { repository: 'acme/shop', path: 'migrations/**' } }],
      pull: { repository: 'acme/shop', number: 41, url: 'https://github.com/acme/shop/pull/41', commit: '0123456789abcdef0123456789abcdef01234567', mergedAt: at(-70 * minute), author: 'eli-ng', reviewers: [{ id: 7, login: 'otto-n' }] } }),
    sample({ id: 'ap_01KAG0000000000000000BBB4', text: 'update customers set is_active = false where id = 12', ...closed('denied', otto, 'Ask the customer first.'), requester: { ...me, delegator: null, run: null }, permitted: { ...forMe, withdraw: 'it is denied' } }),
  ]
}

export function sampleGrants(): Grant[] {
  return [{ id: 'gr_01KAH1', approval: 'ap_x', principal: eli, connection: 'shop', purpose: 'INC-40: stuck parcels', kinds: ['select'], on: ['public.*'], state: 'active', openedAt: at(-20 * minute), expiresAt: at(40 * minute), approvedBy: [otto], revoked: null, permitted: { revoke: null } }]
}

const prod = { name: 'prod', kind: 'kubernetes', labels: { env: 'production', region: 'eu' } } as const
const diff = `--- live
+++ after the request
@@ -14,7 +14,7 @@
 spec:
   containers:
   - name: web
-    image: registry.acme.example/web:2.14.1
+    image: registry.acme.example/web:2.15.0\u200b
     env:
     - name: DATABASE_URL
       value: '[redacted]'
`

function clusterApprovals(): readonly ApprovalWhole[] {
  const asked = (id: string, text: string, more: Partial<ApprovalWhole> & { readonly risk: Risk; readonly diff?: string }): ApprovalWhole => sample({
    id, text, connection: prod, subject: { kind: 'command', protocol: 'kubernetes', recorded: text.split('\n', 1)[0]! }, createdAt: at(-minute), ...more,
    exact: { text, parameters: [], risk: more.risk, ...(more.diff !== undefined && { diff: more.diff }) }, rule: { policy: 'cluster', rule: 'changes-need-approval' },
  })
  return [
    asked('ap_01KAH0000000000000000CCC1', `PATCH /apis/apps/v1/namespaces/default/deployments/web?fieldManager=kubectl-edit

content-type: application/strategic-merge-patch+json

{
  "spec": {
    "template": {
      "spec": {
        "containers": [
          {
            "name": "web",
            "image": "registry.acme.example/web:2.15.0\u200b"
          }
        ]
      }
    }
  }
}`, { diff, purpose: 'INC-42: roll out the fix', reason: 'patch on default/deployments.apps needs approval', risk: { kinds: ['patch'], relations: ['patch default/deployments.apps'], maskedColumns: [], estimatedRows: null, locks: null, level: 'medium', reasons: ['patch changes the cluster', 'the connection is labelled env: production'] } }),
    asked('ap_01KAH0000000000000000CCC2', `POST /api/v1/namespaces/default/pods/web-0/exec?command=sh&command=-c&command=rm%20-rf%20%2Fdata&container=web&stdin=true&tty=true

$ sh -c 'rm -rf /data'`, { reason: 'exec on default/pods needs approval', riskLevel: 'high', risk: { kinds: ['exec'], relations: ['exec default/pods/exec'], maskedColumns: [], estimatedRows: null, locks: null, level: 'high', reasons: ['runs what is typed there; what it does inside is not judged'] } }),
  ]
}

type Calls = { readonly [N in Extract<keyof IpcCalls, `approvals.${string}` | `grants.${string}`>]: IpcCalls[N] }

type Tell = <N extends keyof IpcEvents>(name: N, event: IpcEvents[N]) => void

export class FakeApprovals {
  #all: ApprovalWhole[]
  #grants = sampleGrants()
  #cursor = 0
  readonly #waiting = new Map<string, (how: ApprovalWhole) => void>()
  readonly #tell: Tell

  constructor(tell: Tell, isEmpty: boolean) {
    this.#tell = tell
    this.#all = isEmpty ? [] : sampleApprovals()
  }

  /** A statement of ours that waits; `settled` when somebody has answered. */
  hold(text: string, purpose: string | null = null, more: Partial<ApprovalWhole> = {}): { readonly held: HeldStatement; readonly settled: Promise<ApprovalWhole> } {
    const id = `ap_01KAH000000000000000MINE${this.#all.length}`
    const approval = sample({ id, text, purpose, createdAt: at(0), expiresAt: at(15 * minute), requester: { ...me, delegator: null, run: null }, permitted: forMe, ...more })
    this.#put(approval, 'opened', me)
    const { promise, resolve } = Promise.withResolvers<ApprovalWhole>()
    this.#waiting.set(id, resolve)
    return { held: { approval: id, groups: ['on-call'], users: [], count: 1, expiresAt: approval.expiresAt, shortenedBy: null }, settled: promise }
  }

  /** What the other person does with the newest of ours. */
  answer(how: 'view' | 'approve' | 'deny', reason: string | null = null): void {
    const mine = this.#all.findLast(({ permitted, state }) => permitted.isRequester && state === 'open')
    if (mine === undefined) throw new Error('nothing of ours is open')
    if (how === 'view') return void this.#put({ ...mine, viewers: [...mine.viewers, { by: otto, at: at(0) }] }, 'viewed', otto)
    const decision = { by: otto, decision: how, reason, at: at(0) } as const
    this.#put({ ...mine, decisions: [decision], ...(how === 'deny' ? { state: 'denied', closedAt: at(0), closeReason: reason } : { state: 'approved' }) }, 'decided', otto)
  }

  /** The command that waited is not there any more, as when somebody presses Ctrl+C. */
  withdrawMine(): void {
    for (const mine of this.#all.filter(({ permitted, state }) => permitted.isRequester && state === 'open')) this.#put({ ...mine, state: 'withdrawn', closedAt: at(0), closeReason: 'the client went away' }, 'closed', me)
  }

  /** A new one to decide, as it comes while one works. */
  arrive(): void {
    this.#put(sample({ id: `ap_01KAH000000000000000NEW${this.#all.length}`, text: "update orders set note = 'arrived' where id = 5", createdAt: at(0), expiresAt: at(15 * minute) }), 'opened', eli)
  }

  /** Requests to a cluster, to decide. */
  arriveCluster(): void {
    for (const each of clusterApprovals()) this.#put(each, 'opened', eli)
  }

  readonly calls: Calls = {
    'approvals.list': ({ filter }) => ({ approvals: this.#all.filter((each) => isIn(filter, each)).map(summaryOf).toReversed(), next: null }),
    'approvals.show': ({ id }) => this.#get(id),
    'approvals.decide': ({ id, decision, reason }) => {
      const approval = this.#get(id)
      if (approval.permitted.decide !== null) throw { code: 'approval_closed', message: approval.permitted.decide } satisfies IpcFailure
      return this.#put({
        ...approval, decisions: [...approval.decisions, { by: me, decision, reason, at: at(0) }], needs: approval.needs.map((need, index) => (index === 0 ? { ...need, have: Math.min(need.count, need.have + 1) } : need)),
        permitted: { ...approval.permitted, decide: 'you have decided this approval already; a decision is final', deny: 'you have decided this approval already; a decision is final' },
        ...(decision === 'deny' ? { state: 'denied' as const, closedAt: at(0), closeReason: reason } : { state: 'approved' as const }),
      }, 'decided', me)
    },
    'approvals.shorten': ({ id, expiresAt }) => this.#put({ ...this.#get(id), expiresAt }, 'shortened', me),
    'approvals.withdraw': ({ id }) => this.#put({ ...this.#get(id), state: 'withdrawn', closedAt: at(0), closeReason: 'the requester took it back' }, 'closed', me),
    'approvals.explain': ({ id, purpose }) => this.#put({ ...this.#get(id), purpose }, 'explained', me),
    'approvals.view': ({ id }) => { this.#put({ ...this.#get(id), viewers: [...this.#get(id).viewers.filter(({ by }) => by.id !== me.id), { by: me, at: at(0) }] }, 'viewed', me); return null },
    'approvals.breakGlass': ({ id, reason, incident }) => this.#put({ ...this.#get(id), state: 'used', brokenGlass: { reason, incident, at: at(0), review: null } }, 'broke-glass', me),
    'approvals.review': ({ id, note }) => {
      const approval = this.#get(id)
      return this.#put({ ...approval, brokenGlass: { ...approval.brokenGlass!, review: { by: me, note, at: at(0) } }, permitted: { ...approval.permitted, review: 'it was reviewed already' } }, 'reviewed', me)
    },
    'approvals.openRun': () => null,
    'approvals.stream': () => ({ kind: 'live' }),
    'approvals.wake': () => null,
    'grants.list': ({ filter }) => this.#grants.filter(({ state }) => filter === 'all' || state === 'active'),
    'grants.request': ({ kinds, on, minutes, purpose }) => this.#put(sample({ id: `ap_01KAH000000000000000GRA${this.#all.length}`, text: '', subject: { kind: 'grant', kinds, on, minutes }, rule: null, exact: null, held: [], purpose, requester: { ...me, delegator: null, run: null }, permitted: forMe, createdAt: at(0) }), 'opened', me),
    'grants.revoke': ({ id, reason }) => {
      this.#grants = this.#grants.map((grant) => (grant.id === id ? { ...grant, state: 'revoked', revoked: { by: me, reason, at: at(0) }, permitted: { revoke: 'it is revoked already' } } : grant))
      return this.#grants.find((grant) => grant.id === id)!
    },
  }

  #get(id: string): ApprovalWhole {
    const found = this.#all.find((each) => each.id === id)
    if (found === undefined) throw { code: 'approval_unknown', message: 'no such approval, or not one that you asked for or could decide' } satisfies IpcFailure
    return found
  }

  #put(approval: ApprovalWhole, kind: ApprovalEventKind, by: Person): ApprovalWhole {
    this.#all = [...this.#all.filter(({ id }) => id !== approval.id), approval]
    this.#tell('approvals.event', { cursor: String(++this.#cursor), at: at(0), kind, by, approval: summaryOf(approval), grant: null })
    if (approval.state !== 'open') this.#waiting.get(approval.id)?.(approval)
    return approval
  }
}

const isIn = (filter: ApprovalFilter, { permitted, decisions, pull }: ApprovalWhole): boolean => ({
  open: permitted.decide === null, mine: permitted.isRequester, decided: decisions.some(({ by }) => by.id === me.id) || (pull !== undefined && !permitted.isRequester), reviews: permitted.review === null,
})[filter]

// As the gateway: a list and an event do not carry the exact text. Without zod, which would evaluate code where the page may not.
const ofTheWhole: ReadonlySet<string> = new Set(['exact', 'sealed', 'similar'])
const summaryOf = (approval: ApprovalWhole): ApprovalSummary => Object.fromEntries(Object.entries(approval).filter(([key]) => !ofTheWhole.has(key))) as unknown as ApprovalSummary
