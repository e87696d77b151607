// Notifications of what is to be decided: once each, taken back when it is decided elsewhere. A click opens the approval; "Deny" is one
// click where the system has such buttons; to approve one has to have read it, so that is never a button here. Do-not-disturb is the
// system's: it holds back what we show. When to call at all, and with a sound, is the person's setting.
import type { ApprovalSummary } from '../../shared/approval.ts'
import type { NotificationSettings } from '../../shared/ipc.ts'
import { mayNotify } from '../../shared/on-call.ts'
import { brokeGlassWords, notificationWords, type Words } from './words.ts'

export interface ShownNotification {
  on(event: 'click' | 'close', listener: () => void): unknown
  on(event: 'action', listener: () => void): unknown
  show(): void
  close(): void
}

export interface NotificationFacts {
  readonly title: string
  readonly body: string
  readonly silent: boolean
  readonly actions: { readonly type: 'button'; readonly text: string }[]
}

export interface NotifierOptions {
  readonly make: (facts: NotificationFacts) => ShownNotification
  readonly settings: () => NotificationSettings
  readonly now: () => Date
  /** Null: the inbox. */
  readonly open: (approval: string | null) => void
  readonly deny: (approval: string) => void
}

/** More at once (after sleep) are one notification. */
const eachMax = 3

export interface Notifier {
  update(open: readonly ApprovalSummary[]): void
  brokeGlass(approval: ApprovalSummary): void
  dispose(): void
}

export function createNotifier({ make, settings, now, open: openApproval, deny }: NotifierOptions): Notifier {
  /** Of what is open: what was told, or was held back by the setting, is not told later. */
  const known = new Set<string>()
  // Kept: one that is collected as garbage loses its clicks.
  const shown = new Map<string, ShownNotification>()

  function show(key: string, words: Words, { approval, canDeny }: { readonly approval: string | null; readonly canDeny: boolean }): void {
    const notification = make({ ...words, silent: !settings().hasSound, actions: canDeny ? [{ type: 'button', text: 'Deny' }] : [] })
    const forget = () => { if (shown.get(key) === notification) shown.delete(key) }
    notification.on('click', () => { forget(); openApproval(approval) })
    notification.on('close', forget)
    if (approval !== null && canDeny) notification.on('action', () => { forget(); deny(approval) })
    shown.set(key, notification)
    notification.show()
  }

  function takeBack(key: string): void {
    const notification = shown.get(key)
    shown.delete(key)
    notification?.close()
  }

  return {
    update(open) {
      const ids = new Set(open.map(({ id }) => id))
      for (const id of known) {
        if (ids.has(id)) continue
        known.delete(id)
        takeBack(id)
      }
      if (open.length === 0) takeBack('')
      const fresh = open.filter(({ id }) => !known.has(id))
      for (const { id } of fresh) known.add(id)
      if (fresh.length === 0 || !mayNotify(settings(), now())) return
      if (fresh.length <= eachMax) for (const approval of fresh) show(approval.id, notificationWords(approval), { approval: approval.id, canDeny: true })
      else show('', { title: `${fresh.length} approvals wait for you`, body: 'Open Gatehouse to look at them.' }, { approval: null, canDeny: false })
    },
    brokeGlass(approval) {
      if (mayNotify(settings(), now())) show(`glass ${approval.id}`, brokeGlassWords(approval), { approval: approval.id, canDeny: false })
    },
    dispose() { for (const key of shown.keys()) takeBack(key) },
  }
}
