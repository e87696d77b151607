// The sessions of a cluster in which something of ours is open (a watch, a followed log, a terminal, a request that waits), and the renewal
// of each with every fresh token, so that they live as long as tunnels do. One that cannot be renewed ends with its token: nothing is said.
import { createApiClient } from '../api-client.ts'
import type { Account, Pass } from '../login/account.ts'

export interface Renewals {
  /** What the gateway of this pass said its session is. Returns the way to say that it is over; safe to call twice. */
  hold(session: string, pass: Pick<Pass, 'address' | 'token'>): () => void
  dispose(): void
}

interface Kept { readonly session: string; readonly url: string; count: number }

export function createRenewals(account: Pick<Account, 'onToken'>): Renewals {
  const kept = new Map<string, Kept>()
  let newest: Pass | null = null

  // With the very token, and not by the account's call: a renewal that is refused must not make another token, which would be renewed with.
  async function renew(sessions: readonly string[], { address, token }: Pick<Pass, 'address' | 'token'>): Promise<void> {
    if (sessions.length === 0) return
    const api = createApiClient(address)
    await Promise.allSettled(sessions.map((id) => api.call('renewSession', { id }, token)))
    api.dispose()
  }

  const stop = account.onToken((pass) => {
    newest = pass
    void renew([...kept.values()].filter(({ url }) => url === pass.address.url).map(({ session }) => session), pass)
  })

  return {
    hold(session, { address: { url }, token }) {
      const key = JSON.stringify([url, session])
      const one = kept.get(key) ?? { session, url, count: 0 }
      one.count++
      kept.set(key, one)
      // The token changed while its first answer was on the way.
      if (newest !== null && newest.address.url === url && newest.token !== token) void renew([session], newest)
      let isOver = false
      return () => {
        if (isOver) return
        isOver = true
        if (--one.count === 0) kept.delete(key)
      }
    },
    dispose() {
      stop()
      kept.clear()
    },
  }
}
