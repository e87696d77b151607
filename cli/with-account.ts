// The account of one command, let go of when it ends, however it ends.
import type { Account } from '../client/login/account.ts'
import { openAccount } from '../client/login/environment.ts'

export interface GatewayOption { readonly gateway?: string }
export const gatewayOption = ['--gateway <url>', 'address of the gateway (else GATEHOUSE_URL, else the one used last)'] as const

export async function withAccount<T>({ gateway }: GatewayOption, use: (account: Account) => Promise<T>): Promise<T> {
  const account = await openAccount({ gateway })
  try {
    return await use(account)
  } finally {
    await account.dispose()
  }
}
