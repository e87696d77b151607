// The two channels between the window and the main process, and what goes over them. Every call of shared/ipc.ts shares one
// channel, so there is one place where senders are checked.
import type { IpcEventName, IpcEvents, IpcFailure } from '../../shared/ipc.ts'

export const callChannel = 'gatehouse:call'
export const eventChannel = 'gatehouse:event'

/** An Error loses its code on the way through Electron: an outcome is a value. */
export type CallReply = { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly failure: IpcFailure }

export type EventMessage = { [N in IpcEventName]: { readonly name: N; readonly data: IpcEvents[N] } }[IpcEventName]
