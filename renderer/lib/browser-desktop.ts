// Desktop over the browser host's WebSocket (protocol: shared/browser-host.ts). The secret is taken out of the URL before the
// socket opens; what `welcome` gave is kept in sessionStorage, so that a reload resumes and another tab cannot.
import { closeCodes, desktopPath, secretFragmentKey, sessionStorageKey, type DesktopHello, type DesktopReply } from '../../shared/browser-host.ts'
import type { Desktop, IpcCallName, IpcEventName, IpcEvents, IpcFailure, IpcInput, IpcOutput } from '../../shared/ipc.ts'

/** What the socket needs of the page; tests give their own. */
export interface BrowserPage {
  readonly origin: string
  /** `location.hash`, and a way to take the secret out of it and out of the history. */
  readonly fragment: string
  clearFragment(): void
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  socket(url: string): WebSocket
  /** The link to the host changed: shown by the shell. */
  linked(state: HostLink): void
}

export type HostLink = { readonly kind: 'linked' } | { readonly kind: 'relinking' } | { readonly kind: 'lost'; readonly message: string }

const retryDelaysMs = [250, 500, 1000, 2000, 4000] as const

const endings: Readonly<Record<number, string>> = {
  [closeCodes.unauthorized]: 'This address was already used, or Gatehouse has been restarted. Open the URL that “gatehouse app” printed last.',
  [closeCodes.stopping]: 'Gatehouse was stopped on this computer. Start it again and open the URL it prints.',
  [closeCodes.malformed]: 'The page and the host do not speak the same protocol. Reload the page.',
  [closeCodes.busy]: 'Too many windows of Gatehouse are open. Close some and reload this one.',
}

/** The first message: the secret of the fragment if there is one, else the session of an earlier welcome. */
function helloOf(page: BrowserPage): DesktopHello | null {
  const secret = new URLSearchParams(page.fragment.replace(/^#/, '')).get(secretFragmentKey)
  if (secret !== null) {
    page.clearFragment()
    page.storage.removeItem(sessionStorageKey)
    return { type: 'hello', secret }
  }
  const session = page.storage.getItem(sessionStorageKey)
  return session === null ? null : { type: 'resume', session }
}

interface Waiting { readonly resolve: (output: unknown) => void; readonly reject: (failure: IpcFailure) => void; readonly message: string }

export class BrowserDesktop implements Desktop {
  readonly #page: BrowserPage
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Map<IpcEventName, Set<(event: never) => void>>()
  #socket: WebSocket | null = null
  #hello: DesktopHello | null
  #isWelcome = false
  #nextId = 0
  #attempt = 0
  #ended: string | null = null

  constructor(page: BrowserPage) {
    this.#page = page
    this.#hello = helloOf(page)
    if (this.#hello === null) this.#end(endings[closeCodes.unauthorized]!)
    else this.#open()
  }

  call<N extends IpcCallName>(name: N, input: IpcInput<N>): Promise<IpcOutput<N>> {
    if (this.#ended !== null) return Promise.reject({ code: 'gateway_unreachable', message: this.#ended } satisfies IpcFailure)
    const id = this.#nextId++
    const message = JSON.stringify({ type: 'call', id, name, input })
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (output: unknown) => void, reject, message })
      if (this.#isWelcome) this.#socket?.send(message)
    })
  }

  on<N extends IpcEventName>(name: N, listener: (event: IpcEvents[N]) => void): () => void {
    const set = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, set)
    // Stored under its own name, called with that name's data only.
    set.add(listener as (event: never) => void)
    return () => void set.delete(listener as (event: never) => void)
  }

  #open(): void {
    const socket = this.#page.socket(this.#page.origin.replace(/^http/, 'ws') + desktopPath)
    this.#socket = socket
    socket.addEventListener('open', () => socket.send(JSON.stringify(this.#hello)))
    socket.addEventListener('message', (event) => this.#take(JSON.parse(String(event.data)) as DesktopReply))
    socket.addEventListener('close', (event) => this.#closed(event.code))
  }

  #take(reply: DesktopReply): void {
    if (reply.type === 'welcome') return this.#welcome(reply.session)
    if (reply.type === 'event') {
      for (const listener of this.#listeners.get(reply.name) ?? []) (listener as (event: unknown) => void)(reply.data)
      return
    }
    const waiting = this.#waiting.get(reply.id)
    if (waiting === undefined) return
    this.#waiting.delete(reply.id)
    if (reply.type === 'output') waiting.resolve(reply.output)
    else waiting.reject(reply.failure)
  }

  #welcome(session: string): void {
    this.#page.storage.setItem(sessionStorageKey, session)
    this.#hello = { type: 'resume', session }
    this.#isWelcome = true
    this.#attempt = 0
    this.#page.linked({ kind: 'linked' })
    for (const { message } of this.#waiting.values()) this.#socket?.send(message)
  }

  /** Calls that were sent may have run: they are failed, never sent twice. */
  #closed(code: number): void {
    const wasWelcome = this.#isWelcome
    this.#isWelcome = false
    const ending = endings[code]
    if (wasWelcome || ending !== undefined) this.#failWaiting(ending ?? 'The link to Gatehouse on this computer broke off. Try again.')
    if (ending !== undefined) return this.#end(ending)
    const delay = retryDelaysMs[this.#attempt++]
    if (delay === undefined) return this.#end(endings[closeCodes.stopping]!)
    this.#page.linked({ kind: 'relinking' })
    setTimeout(() => this.#open(), delay)
  }

  #end(message: string): void {
    this.#ended = message
    this.#failWaiting(message)
    this.#page.linked({ kind: 'lost', message })
  }

  #failWaiting(message: string): void {
    for (const { reject } of this.#waiting.values()) reject({ code: 'gateway_unreachable', message })
    this.#waiting.clear()
  }
}
