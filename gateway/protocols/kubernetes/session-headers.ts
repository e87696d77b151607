// What a client of ours (the loopback listener) and the gateway say to each other about sessions, in headers that go no further: the listener
// that a request came through, the session it is in, and that it waits for approval.
import type { IncomingHttpHeaders } from 'node:http'
import type { Asked } from '../../pipeline/hold.ts'

/** On every answer of a cluster, a 101 and a 103 among them: what POST /v1/sessions/:id/renewal takes. */
export const sessionHeader = 'Gatehouse-Session'

/**
 * Unguessable, one of each listener: the requests of one share a session that nobody else's join, so that its renewals are for them alone.
 * Who says it also understands a 103 before a 101.
 */
export const listenerOf = ({ 'gatehouse-listener': said }: IncomingHttpHeaders): string | null => (said === undefined ? null : String(said))

/** RFC 8297. kubectl shows nothing of it; the CLI and the app follow the approval by its id. */
export function waitingHint({ approval, expiresAt }: Asked, session: string): string {
  return `HTTP/1.1 103 Early Hints\r\n${sessionHeader}: ${session}\r\nGatehouse-Approval: ${approval}\r\nGatehouse-Expires: ${new Date(expiresAt).toISOString()}\r\n\r\n`
}
