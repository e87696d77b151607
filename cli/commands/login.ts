// `gatehouse login`: in the system's browser, or with `--device` by a code typed elsewhere.
import type { Command } from 'commander'
import { GatehouseError } from '../../shared/errors.ts'
import type { LoginState } from '../../shared/ipc.ts'
import type { Account } from '../../client/login/account.ts'
import { startDeviceFlow } from '../../client/login/device-flow.ts'
import { openAccount } from '../../client/login/environment.ts'
import { openInBrowser } from '../../client/login/open-browser.ts'
import { exchange } from '../../client/login/renew.ts'
import { print, say, visible } from '../output.ts'

interface LoginOptions { readonly gateway?: string; readonly device?: boolean; readonly provider?: string }

export function register(command: Command): void {
  command
    .option('--gateway <url>', 'address of the gateway (else GATEHOUSE_URL, else the one used last)')
    .option('--device', 'show a code to type into a browser on another machine')
    .option('--provider <name>', 'the sign-in provider, where the gateway has several')
    .addHelpText('after', '\nGATEHOUSE_CA names the PEM file of the gateway\'s authority where the system does not know it; it is remembered.')
    .action(async (options: LoginOptions) => {
      if (process.env['GATEHOUSE_TOKEN']) throw new GatehouseError('input_invalid', 'GATEHOUSE_TOKEN is set and would be used instead of a sign-in; unset it first', { side: 'client' })
      const openBrowser = async (url: string) => {
        say(`Opening ${visible(url)}\nIf no browser opens, open this address yourself.`)
        await openInBrowser(url).catch(() => undefined) // The address was said.
      }
      const account = await openAccount({ gateway: options.gateway, openBrowser })
      const stop = () => void account.cancel()
      process.once('SIGINT', stop)
      try {
        const state = options.device === true ? await withDevice(account, options.provider ?? null) : await withBrowser(account, options.provider ?? null)
        print(`${welcome(state)}\n`)
      } finally {
        process.off('SIGINT', stop)
        await account.dispose()
      }
    })
}

async function withBrowser(account: Account, wanted: string | null): Promise<LoginState> {
  const { provider } = await account.provider(wanted)
  await account.signIn(provider.name)
  return account.finished()
}

async function withDevice(account: Account, wanted: string | null): Promise<LoginState> {
  const { provider, api } = await account.provider(wanted)
  const abort = new AbortController()
  const stop = () => abort.abort()
  process.once('SIGINT', stop)
  try {
    const flow = await startDeviceFlow(provider, abort.signal)
    say(`Open ${visible(flow.url)}\nand type the code  ${visible(flow.code)}`)
    return await account.accept(await exchange(api, provider, await flow.tokens, Date.now))
  } finally {
    process.off('SIGINT', stop)
  }
}

function welcome(state: LoginState): string {
  if (state.kind !== 'signed-in') throw new GatehouseError('login_failed', `sign-in did not finish: ${state.kind === 'unreachable' ? state.message : state.kind}`, { side: 'client' })
  const { email, subject, groups } = state.principal
  return `signed in to ${state.gateway} as ${visible(email ?? subject)}${groups.length === 0 ? '' : ` (${groups.map(visible).join(', ')})`}`
}
