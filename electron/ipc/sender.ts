// Whom a call may come from: the main frame of a window of ours, showing our own page. A frame inside it, a page it was led to,
// a window someone else opened: none of them.
import type { IpcMainInvokeEvent } from 'electron'

export interface SenderRules {
  readonly origin: string
  /** Ids of the WebContents we made. */
  readonly isOurs: (webContentsId: number) => boolean
}

type Sender = Pick<IpcMainInvokeEvent, 'senderFrame'> & { readonly sender: { readonly id: number } }

export function isTrustedSender({ senderFrame, sender }: Sender, { origin, isOurs }: SenderRules): boolean {
  // Null: the frame navigated away or was destroyed while the call was on its way.
  if (senderFrame === null || senderFrame.parent !== null || !isOurs(sender.id)) return false
  // A frame's `origin` is opaque for schemes Chromium does not know by itself; its URL says where it is.
  return URL.canParse(senderFrame.url) && originOf(new URL(senderFrame.url)) === origin
}

export const originOf = ({ protocol, host }: URL) => `${protocol}//${host}`
