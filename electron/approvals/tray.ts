// The tray: how many approvals wait, the most urgent of them by name, and the way to all. A click leads to the page; nothing is
// decided in a menu.
import type { MenuItemConstructorOptions } from 'electron'
import type { ApprovalSummary } from '../../shared/approval.ts'
import { menuLabel } from './words.ts'

const listedMax = 5

export interface TrayView { readonly tooltip: string; /** Beside the icon, where the system has a place for it. */ readonly title: string; readonly menu: MenuItemConstructorOptions[] }

export interface TrayActions { readonly open: (approval: string | null) => void; readonly quit: () => void }

export function trayView(open: readonly ApprovalSummary[], { open: openApproval, quit }: TrayActions): TrayView {
  const words = open.length === 0 ? 'Nothing waits for you' : `${open.length} ${open.length === 1 ? 'approval waits' : 'approvals wait'} for you`
  const more = open.length - listedMax
  return {
    tooltip: `Gatehouse: ${words}`, title: open.length === 0 ? '' : String(open.length),
    menu: [
      { label: words, enabled: false },
      ...open.slice(0, listedMax).map((approval): MenuItemConstructorOptions => ({ label: menuLabel(approval), click: () => openApproval(approval.id) })),
      ...(more > 0 ? [{ label: `${more} more…`, click: () => openApproval(null) }] : []),
      { type: 'separator' },
      { label: 'Show approvals', click: () => openApproval(null) },
      { type: 'separator' },
      { label: 'Quit Gatehouse', click: quit },
    ],
  }
}

/** A gate of two towers and an arch, as BGRA rows: Electron makes an image of it at any scale, and no file has to be found. */
export function trayBitmap(size: number, [blue, green, red]: readonly [number, number, number]): Buffer {
  const pixels = Buffer.alloc(size * size * 4)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (isGate((x + 0.5) / size, (y + 0.5) / size)) pixels.set([blue, green, red, 255], (y * size + x) * 4)
    }
  }
  return pixels
}

/** In the unit square. */
function isGate(x: number, y: number): boolean {
  const across = Math.abs(x - 0.5)
  if (across > 0.44 || y < 0.12 || y > 0.9) return false
  const isTower = across > 0.24
  if (!isTower) return y > 0.32 && !(y > 0.62 ? across < 0.15 : Math.hypot(across, y - 0.62) < 0.15)
  // Battlements.
  return y > 0.24 || Math.floor(x / 0.0667) % 2 === 0
}
