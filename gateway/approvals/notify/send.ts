// One attempt: the body, signed. Redirects are not followed (a signed body goes where the operator said, and nowhere else), and what
// the other side says is not kept: only its status.
import { createHmac } from 'node:crypto'
import { notifyMs } from '../../limits.ts'
import type { NotificationRow } from '../../store/notifications.ts'
import type { NotifyTarget } from './target.ts'

export type Sent = { readonly ok: true } | { readonly ok: false; readonly why: string }

export async function send(target: NotifyTarget, { id, body }: Pick<NotificationRow, 'id' | 'body'>, now: number): Promise<Sent> {
  const seconds = Math.floor(now / 1000)
  try {
    const response = await fetch(target.kind === 'slack' ? target.url.reveal() : target.url, {
      method: 'POST', body, redirect: 'error', signal: AbortSignal.timeout(notifyMs),
      headers: {
        'content-type': 'application/json', 'user-agent': 'gatehouse', 'idempotency-key': id,
        ...(target.kind === 'webhook' && { 'gatehouse-signature': signatureOf(target.secret.reveal(), { seconds, body }) }),
      },
    })
    await response.body?.cancel()
    return response.ok ? { ok: true } : { ok: false, why: `it answered ${response.status}` }
  } catch (error) {
    return { ok: false, why: reasonOf(error) }
  }
}

/** `t=<seconds>,v1=<hex>`: HMAC-SHA-256 over `<seconds>.<body>`, so that an old body cannot be sent again as new. */
export function signatureOf(secret: string, { seconds, body }: { readonly seconds: number; readonly body: string }): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}

/** Codes only: a message may name the address, and Slack's is a secret. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as Error & { readonly cause?: { readonly code?: unknown } }
  if (name === 'TimeoutError') return `nothing after ${notifyMs} ms (notifyMs)`
  return typeof cause?.code === 'string' ? cause.code : 'it could not be reached'
}
