// `gatehouse connections`: what the caller has some rule on, and with which command each is reached.
import type { Command } from 'commander'
import { print, printJson, table } from '../output.ts'
import { gatewayOption, withAccount, type GatewayOption } from '../with-account.ts'

const ways = { postgres: (name: string) => `gatehouse sql ${name}`, kubernetes: (name: string) => `gatehouse kubectl ${name}` } as const

export function register(command: Command): void {
  command.option('--json', 'print an array of { name, kind, labels, … }').option(...gatewayOption)
    .action(async (options: GatewayOption & { readonly json?: boolean }) => {
      const { connections } = await withAccount(options, (account) => account.call('connections', {}))
      if (options.json === true) return printJson(connections)
      print(table(['connection', 'kind', 'labels', 'with'], connections.map(({ name, kind, labels }) =>
        [name, kind, Object.entries(labels).map(([label, value]) => `${label}=${value}`).join(' '), ways[kind](name)])))
    })
}
