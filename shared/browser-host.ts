// What the renderer and the browser host say to each other: JSON text frames over one WebSocket at `/desktop` of the page's own
// origin. No cookies (they ignore ports), no state over HTTP. client/browser-host serves it, renderer/lib/desktop.ts speaks it.
//
//   The page is opened at  http://127.0.0.1:PORT/#secret=…   (good for one `hello`)
//   1. page → host   { type: 'hello', secret }      first visit: the secret from the fragment; then remove the fragment
//                    { type: 'resume', session }    reload, reconnect: what `welcome` gave, kept in sessionStorage
//   2. host → page   { type: 'welcome', session }   or the socket closes with a code of `closeCodes`
//   3. page → host   { type: 'call', id, name, input }
//      host → page   { type: 'output', id, output } or { type: 'failure', id, failure }
//      host → page   { type: 'event', name, data }  at any time
import { z } from 'zod'
import type { IpcEventName, IpcEvents, IpcFailure } from './ipc.ts'

export const desktopPath = '/desktop'
/** `#secret=…` of the URL that is printed and opened. */
export const secretFragmentKey = 'secret'
/** Where the page keeps its session across reloads: `sessionStorage`, which other tabs and other ports do not share. */
export const sessionStorageKey = 'gatehouse.session'
/** One message of a page; SQL texts are the largest. */
export const desktopMessageBytesMax = 4 * 1024 * 1024

const key = z.string().min(20).max(100)

/** The only first messages there are; a socket that sends anything else is closed. */
export const desktopHello = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), secret: key }),
  z.strictObject({ type: z.literal('resume'), session: key }),
])
export type DesktopHello = z.infer<typeof desktopHello>

/** `name` and `input` are checked by the capability itself. `id` is the page's, unique per socket. */
export const desktopCall = z.strictObject({ type: z.literal('call'), id: z.number().int().min(0), name: z.string().max(100), input: z.unknown() })

export type DesktopEvent = { [N in IpcEventName]: { readonly type: 'event'; readonly name: N; readonly data: IpcEvents[N] } }[IpcEventName]

export type DesktopReply =
  | { readonly type: 'welcome'; readonly session: string }
  | { readonly type: 'output'; readonly id: number; readonly output: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly failure: IpcFailure }
  | DesktopEvent

export const closeCodes = {
  /** Not a message of this protocol. */
  malformed: 4400,
  /** The secret was used before or never was, or the session is not of this run: the page should say "open the URL that was printed". */
  unauthorized: 4401,
  /** No first message in time. */
  silent: 4408,
  /** The host is stopping: reconnecting is useless. */
  stopping: 4410,
  /** More windows or unanswered calls than we hold. */
  busy: 4429,
} as const
