// `gatehouse logout`: revokes the gateway token, which ends the sessions that live by it, and forgets the sign-in.
import type { Command } from 'commander'
import { openAccount } from '../../client/login/environment.ts'
import { print } from '../output.ts'

export function register(command: Command): void {
  command
    .option('--gateway <url>', 'address of the gateway (else GATEHOUSE_URL, else the one used last)')
    .action(async (options: { readonly gateway?: string }) => {
      const account = await openAccount({ gateway: options.gateway })
      try {
        const wasSignedIn = account.principal !== null
        const { gateway } = await account.signOut()
        print(wasSignedIn ? `signed out of ${gateway}\n` : `nobody was signed in to ${gateway}\n`)
      } finally {
        await account.dispose()
      }
    })
}
