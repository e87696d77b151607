// The approvals this person may see, live: every event is an upsert by id, and what a list says never overwrites what an event said after
// it was asked for. So nothing is missed or doubled, whatever came between (sleep, a lost link, a reload).
import { create } from 'zustand'
import type { ApprovalEvent, ApprovalSummary, ApprovalWhole } from '../../shared/approval.ts'
import type { ApprovalFilter, ApprovalStream } from '../../shared/ipc.ts'
import { call, desktop } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { queryClient } from '../lib/queries.ts'
import { useHost } from './host.ts'
import { useLogin } from './login.ts'
import { tellOf } from './news.ts'

interface ListState { /** Where older ones begin; null: none are left. */ readonly next: string | null; readonly error: string | null }

interface ApprovalsStore {
  readonly byId: Readonly<Record<string, ApprovalSummary>>
  /** Those that were asked for. */
  readonly lists: Partial<Record<ApprovalFilter, ListState>>
  readonly stream: ApprovalStream
}

const empty: ApprovalsStore = { byId: {}, lists: {}, stream: { kind: 'live' } }
export const useApprovals = create<ApprovalsStore>(() => empty)

const filters: readonly ApprovalFilter[] = ['open', 'reviews', 'mine', 'decided']
/** Changes by event or answer so far, and at which of them each approval was told last. */
let clock = 0
const toldAt = new Map<string, number>()
let generation = 0

const ofTheWhole: ReadonlySet<string> = new Set(['exact', 'sealed', 'similar'] satisfies readonly (keyof ApprovalWhole)[])

export const wholeKey = (id: string) => ['approvals.show', id] as const

const stages: Readonly<Record<ApprovalSummary['state'], number>> = { open: 0, approved: 1, denied: 2, expired: 2, withdrawn: 2, used: 2 }

/** An approval only ever goes on: an answer that was overtaken by an event says less than is known. */
function isOvertaken(known: ApprovalSummary | undefined, said: ApprovalSummary): boolean {
  if (known === undefined || stages[said.state] > stages[known.state]) return false
  return stages[said.state] < stages[known.state] || said.decisions.length < known.decisions.length || said.viewers.length < known.viewers.length
}

/** How it stands now, as the gateway just said: by an event, or in answer to a call. */
export function takeApproval(approval: ApprovalSummary): void {
  if (isOvertaken(useApprovals.getState().byId[approval.id], approval)) return
  toldAt.set(approval.id, ++clock)
  useApprovals.setState(({ byId }) => ({ byId: { ...byId, [approval.id]: approval } }))
  // The exact text does not change: how it stands is laid over it, and nobody is recorded as reading it again.
  queryClient.setQueryData<ApprovalWhole>(wholeKey(approval.id), (whole) => (whole === undefined ? undefined : { ...whole, ...approval }))
}

export function takeWhole(whole: ApprovalWhole): ApprovalWhole {
  // The exact text stays with its page, and goes with it.
  takeApproval(Object.fromEntries(Object.entries(whole).filter(([key]) => !ofTheWhole.has(key))) as unknown as ApprovalSummary)
  queryClient.setQueryData(wholeKey(whole.id), { ...whole, ...useApprovals.getState().byId[whole.id] })
  return whole
}

function takeEvent(event: ApprovalEvent): void {
  takeApproval(event.approval)
  if (event.kind === 'grant-opened' || event.kind === 'grant-revoked') void queryClient.invalidateQueries({ queryKey: ['grants.list'] })
  tellOf(event)
}

/** All lists anew: what none of them has any more, and no event told since, is forgotten. */
export async function refreshApprovals(): Promise<void> {
  const mine = ++generation
  const asked = clock
  const answers = await Promise.all(filters.map(async (filter) => {
    try {
      return { filter, ...(await call('approvals.list', { filter })), error: null }
    } catch (reason) {
      return { filter, approvals: [], next: null, error: failureOf(reason).message }
    }
  }))
  if (mine !== generation) return
  useApprovals.setState(({ byId }) => ({
    byId: {
      ...(answers.some(({ error }) => error !== null) ? byId : {}),
      ...Object.fromEntries(answers.flatMap(({ approvals }) => approvals.map((approval) => [approval.id, approval]))),
      ...Object.fromEntries(Object.entries(byId).filter(([id]) => (toldAt.get(id) ?? 0) > asked)),
    },
    lists: Object.fromEntries(answers.map(({ filter, next, error }) => [filter, { next, error }])),
  }))
  for (const approval of Object.values(useApprovals.getState().byId)) {
    queryClient.setQueryData<ApprovalWhole>(wholeKey(approval.id), (whole) => (whole === undefined ? undefined : { ...whole, ...approval }))
  }
}

export async function loadOlder(filter: ApprovalFilter): Promise<void> {
  const before = useApprovals.getState().lists[filter]?.next
  if (before == null) return
  const [mine, asked] = [generation, clock]
  const set = (list: ListState, approvals: readonly ApprovalSummary[]) => useApprovals.setState(({ byId, lists }) => ({
    byId: { ...byId, ...Object.fromEntries(approvals.filter(({ id }) => (toldAt.get(id) ?? 0) <= asked).map((approval) => [approval.id, approval])) },
    lists: { ...lists, [filter]: list },
  }))
  try {
    const { approvals, next } = await call('approvals.list', { filter, before })
    if (mine === generation) set({ next, error: null }, approvals)
  } catch (reason) {
    if (mine === generation) set({ next: before, error: failureOf(reason).message }, [])
  }
}

function forget(): void {
  generation++
  toldAt.clear()
  useApprovals.setState({ byId: {}, lists: {} })
}

export function watchApprovals(): void {
  desktop().on('approvals.event', takeEvent)
  desktop().on('approvals.fresh', () => void refreshApprovals())
  desktop().on('approvals.stream', (stream) => useApprovals.setState({ stream }))
  useLogin.subscribe(({ principal }, before) => {
    if (principal?.id === before.principal?.id) return
    forget()
    if (principal === null) return
    void call('approvals.stream', null).then((stream) => useApprovals.setState({ stream }), () => undefined)
    void refreshApprovals()
  })
  // What the host said while there was no link to it is lost: its stream went on, ours did not.
  useHost.subscribe(({ link }, before) => { if (link.kind === 'linked' && before.link.kind !== 'linked' && useLogin.getState().principal !== null) void refreshApprovals() })
  window.addEventListener('online', () => void call('approvals.wake', null).catch(() => undefined))
}
