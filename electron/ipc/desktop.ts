// The Desktop that the preload gives to the page, over whatever can invoke and listen. It hands out values only: no event object
// of Electron, and so no way to its sender, reaches the page.
import type { Desktop, IpcCallName, IpcEventName, IpcEvents, IpcInput, IpcOutput } from '../../shared/ipc.ts'
import { callChannel, eventChannel, type CallReply, type EventMessage } from './channels.ts'

export interface RendererIpc {
  invoke(channel: string, ...values: unknown[]): Promise<unknown>
  on(channel: string, listener: (event: unknown, message: unknown) => void): void
}

export function createDesktop(ipc: RendererIpc): Desktop {
  const listeners = new Set<(message: EventMessage) => void>()
  // The main process is ours, and sends nothing else on this channel.
  ipc.on(eventChannel, (_, message) => { for (const listener of listeners) listener(message as EventMessage) })
  return {
    async call<N extends IpcCallName>(name: N, input: IpcInput<N>): Promise<IpcOutput<N>> {
      const reply = await ipc.invoke(callChannel, name, input) as CallReply
      // A plain object: contextBridge would make of an Error one with nothing but a message.
      if (!reply.ok) throw reply.failure // oxlint-disable-line typescript/only-throw-error
      return reply.output as IpcOutput<N>
    },
    on<N extends IpcEventName>(name: N, listener: (event: IpcEvents[N]) => void): () => void {
      const each = (message: EventMessage) => { if (message.name === name) listener(message.data as IpcEvents[N]) }
      listeners.add(each)
      return () => { listeners.delete(each) }
    },
  }
}
