// What the person at this computer may decide now, kept by the one event stream: for the tray and the notifications, which are there
// when no window is. A list asked for before an event does not undo what the event said.
import type { Capabilities } from '../../client/capabilities/capabilities.ts'
import type { ApprovalSummary } from '../../shared/approval.ts'
import type { IpcOutput } from '../../shared/ipc.ts'

export interface InboxOptions {
  readonly capabilities: Pick<Capabilities, 'handle' | 'on'>
  /** What expires first, first. */
  readonly onChange: (open: readonly ApprovalSummary[]) => void
  /** Somebody went on without approval, and this person is asked to look at it. */
  readonly onBrokeGlass: (approval: ApprovalSummary) => void
}

export interface Inbox { readonly open: readonly ApprovalSummary[]; dispose(): void }

export function watchInbox({ capabilities, onChange, onBrokeGlass }: InboxOptions): Inbox {
  let open: readonly ApprovalSummary[] = []
  let clock = 0
  let whose: string | null = null
  const toldAt = new Map<string, number>()

  const isToDecide = ({ permitted }: ApprovalSummary) => permitted.decide === null

  function become(next: readonly ApprovalSummary[]): void {
    open = next.toSorted((one, other) => one.expiresAt.localeCompare(other.expiresAt))
    onChange(open)
  }

  async function list(): Promise<void> {
    const [asked, by] = [clock, whose]
    const { approvals } = await capabilities.handle('approvals.list', { filter: 'open' }) as Awaited<IpcOutput<'approvals.list'>>
    if (by !== whose) return
    const isTold = ({ id }: ApprovalSummary) => (toldAt.get(id) ?? 0) > asked
    become([...open.filter(isTold), ...approvals.filter((approval) => !isTold(approval) && isToDecide(approval))])
  }

  const stops = [
    capabilities.on('approvals.event', ({ approval, kind }) => {
      toldAt.set(approval.id, ++clock)
      const others = open.filter(({ id }) => id !== approval.id)
      if (isToDecide(approval)) become([...others, approval])
      else if (others.length < open.length) become(others)
      if (kind === 'broke-glass' && approval.permitted.review === null) onBrokeGlass(approval)
    }),
    // The stream is tried again by itself, and says so once more: a list that fails now is asked for then.
    capabilities.on('approvals.fresh', () => void list().catch(() => undefined)),
    capabilities.on('login.changed', (state) => {
      if (state.kind === 'unreachable') return
      const now = state.kind === 'signed-in' ? state.principal.id : null
      if (now === whose) return
      whose = now
      toldAt.clear()
      become([])
      // The stream of this person may have begun before we heard of the sign-in.
      if (now !== null) void list().catch(() => undefined)
    }),
  ]
  return {
    get open() { return open },
    dispose() { for (const stop of stops) stop() },
  }
}
