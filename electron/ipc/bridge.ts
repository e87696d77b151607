// Carries the capabilities to the windows: calls in, events out. Checks who asks; what is asked the capabilities check themselves.
import type { IpcMain, WebContents } from 'electron'
import { failureOf, type Capabilities } from '../../client/capabilities/capabilities.ts'
import { callChannel, eventChannel, type CallReply } from './channels.ts'
import { isTrustedSender, type SenderRules } from './sender.ts'

export interface BridgeOptions {
  readonly ipcMain: Pick<IpcMain, 'handle' | 'removeHandler'>
  readonly capabilities: Capabilities
  readonly rules: SenderRules
  readonly windows: () => readonly Pick<WebContents, 'send' | 'isDestroyed'>[]
}

/** Gives the way to take it down again. */
export function openBridge({ ipcMain, capabilities, rules, windows }: BridgeOptions): () => void {
  ipcMain.handle(callChannel, async (event, name: unknown, input: unknown): Promise<CallReply> => {
    if (!isTrustedSender(event, rules)) return { ok: false, failure: { code: 'forbidden', message: 'this page may not call Gatehouse' } }
    if (typeof name !== 'string') return { ok: false, failure: { code: 'input_invalid', message: 'a call has a name' } }
    try {
      return { ok: true, output: await capabilities.handle(name, input) }
    } catch (error) {
      return { ok: false, failure: failureOf(error) }
    }
  })
  const stop = capabilities.onEvent((name, data) => {
    for (const window of windows()) if (!window.isDestroyed()) window.send(eventChannel, { name, data })
  })
  return () => {
    stop()
    ipcMain.removeHandler(callChannel)
  }
}
