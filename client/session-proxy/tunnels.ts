// Every tunnel of this process. When the account gets a fresh token it goes through all of them, so sessions outlive tokens.
import type { Account } from '../login/account.ts'
import { openTunnel, type Tunnel } from './tunnel.ts'

export interface Tunnels {
  /** Rejects with not_signed_in or gateway_unreachable; what the gateway says comes as the tunnel's `error`. */
  open(connection: string): Promise<Tunnel>
  dispose(): void
}

export function createTunnels(account: Account): Tunnels {
  const live = new Set<Tunnel>()
  const stop = account.onToken(({ token, address }) => {
    for (const tunnel of live) if (tunnel.gateway === address.url) tunnel.renew(token)
  })
  return {
    async open(connection) {
      const { address, token } = await account.pass()
      const tunnel = openTunnel({ address, token, connection })
      live.add(tunnel)
      tunnel.once('close', () => live.delete(tunnel))
      return tunnel
    },
    dispose() {
      stop()
      for (const tunnel of live) tunnel.destroy()
    },
  }
}
