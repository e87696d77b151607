// Tray and notifications over the capabilities: composes what is beside it with Electron's parts, which are passed in.
import type { Menu, PowerMonitor, Tray } from 'electron'
import { failureOf, type Capabilities } from '../../client/capabilities/capabilities.ts'
import type { NotificationSettings, Settings } from '../../shared/ipc.ts'
import { watchInbox } from './inbox.ts'
import { createNotifier, type NotifierOptions } from './notifier.ts'
import { trayView } from './tray.ts'

export interface AttachOptions {
  readonly capabilities: Capabilities
  readonly tray: Pick<Tray, 'setToolTip' | 'setTitle' | 'setContextMenu' | 'on' | 'destroy'>
  readonly menuOf: typeof Menu.buildFromTemplate
  readonly makeNotification: NotifierOptions['make']
  readonly powerMonitor: Pick<PowerMonitor, 'on' | 'off'>
  /** Null: the inbox. */
  readonly open: (approval: string | null) => void
  readonly quit: () => void
  /** A denial that did not go through must not look as if it had. */
  readonly onFailure: (message: string) => void
}

/** Gives the way to take it down again. */
export async function attachApprovals({ capabilities, tray, menuOf, makeNotification, powerMonitor, open, quit, onFailure }: AttachOptions): Promise<() => void> {
  let settings: NotificationSettings = (await capabilities.handle('settings.get', null) as Settings).notifications
  const stopSettings = capabilities.on('settings.changed', ({ notifications }) => { settings = notifications })
  const deny = (id: string) => {
    capabilities.handle('approvals.decide', { id, decision: 'deny', reason: null, attempt: crypto.randomUUID() }).catch((error: unknown) => {
      onFailure(failureOf(error).message)
      open(id)
    })
  }
  const notifier = createNotifier({ make: makeNotification, settings: () => settings, now: () => new Date(), open, deny })
  const show = (approvals: Parameters<typeof trayView>[0]) => {
    const { tooltip, title, menu } = trayView(approvals, { open, quit })
    tray.setToolTip(tooltip)
    tray.setTitle(title)
    tray.setContextMenu(menuOf(menu))
  }
  show([])
  const inbox = watchInbox({ capabilities, onChange: (approvals) => { show(approvals); notifier.update(approvals) }, onBrokeGlass: notifier.brokeGlass })
  tray.on('click', () => open(null))
  const wake = () => void capabilities.handle('approvals.wake', null)
  powerMonitor.on('resume', wake)
  return () => {
    powerMonitor.off('resume', wake)
    stopSettings()
    inbox.dispose()
    notifier.dispose()
    tray.destroy()
  }
}
