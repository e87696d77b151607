// `gatehouse whoami`: who the gateway takes the caller for, asked of the gateway itself.
import type { Command } from 'commander'
import { openAccount } from '../../client/login/environment.ts'
import { print, printJson, visible } from '../output.ts'

export function register(command: Command): void {
  command
    .option('--gateway <url>', 'address of the gateway (else GATEHOUSE_URL, else the one used last)')
    .option('--json', 'print { gateway, principal, expiresAt }')
    .action(async (options: { readonly gateway?: string; readonly json?: boolean }) => {
      const account = await openAccount({ gateway: options.gateway })
      try {
        const { principal, expiresAt } = await account.call('whoami', {})
        const { url } = (await account.pass()).address
        if (options.json === true) return printJson({ gateway: url, principal, expiresAt })
        print([
          visible(principal.email ?? principal.subject),
          `  id       ${visible(principal.id)} (${principal.kind})`,
          `  groups   ${principal.groups.map(visible).join(', ') || 'none'}`,
          `  gateway  ${url}`,
          `  token    until ${expiresAt}`,
        ].map((line) => `${line}\n`).join(''))
      } finally {
        await account.dispose()
      }
    })
}
