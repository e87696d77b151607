// The one event stream of the app (client/events): opened for who is signed in, gone with them, shared by every window. It goes on at its
// cursor after sleep; a listener that came late, or lost its link, lists for itself.
import type { ApprovalEvent } from '../../../shared/approval.ts'
import type { ApprovalStream, LoginState } from '../../../shared/ipc.ts'
import { openEventStream, type EventStream, type EventStreamOptions } from '../../events/event-stream.ts'

export interface LiveOptions {
  readonly account: EventStreamOptions['account']
  readonly onEvent: (event: ApprovalEvent) => void
  readonly onFresh: () => void
  readonly onState: (state: ApprovalStream) => void
}

export interface Live {
  readonly state: ApprovalStream
  /** Who is signed in now. A gateway that does not answer keeps the stream: it is tried again. */
  follow(login: LoginState): void
  wake(): void
  close(): void
}

const nobody: ApprovalStream = { kind: 'waiting', message: 'nobody is signed in' }
const connecting: ApprovalStream = { kind: 'waiting', message: 'connecting' }

export function createLive({ account, onEvent, onFresh, onState }: LiveOptions): Live {
  let state = nobody
  let whose: string | null = null
  let stream: EventStream | null = null

  function become(next: ApprovalStream): void {
    if (JSON.stringify(next) === JSON.stringify(state)) return
    state = next
    onState(next)
  }

  function close(): void {
    stream?.close()
    stream = null
    whose = null
    become(nobody)
  }

  function open(principal: string): void {
    whose = principal
    become(connecting)
    // Once closed it says nothing more: nothing of an earlier person's comes through.
    stream = openEventStream({ account, onEvent, onFresh, onState: (now) => become(now.kind === 'live' ? now : { kind: 'waiting', message: now.error.message }) })
  }

  return {
    get state() { return state },
    follow(login) {
      if (login.kind === 'unreachable') return
      const principal = login.kind === 'signed-in' ? `${login.gateway} ${login.principal.id}` : null
      if (principal === whose) return
      close()
      if (principal !== null) open(principal)
    },
    wake: () => stream?.wake(),
    close,
  }
}
