// How a kubeconfig calls this CLI back for a token: by the launcher's absolute path, with the gateway it is for. No token is in it.
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import type { ConnectionKind } from '../shared/connection.ts'
import { GatehouseError } from '../shared/errors.ts'
import { serverOf, type ExecApi, type KubeconfigOptions } from '../client/session-proxy/kubeconfig.ts'
import type { GatewayAddress } from '../client/trust.ts'

export const kubernetes = 'kubernetes' satisfies ConnectionKind
const launcher = join(import.meta.dirname, '..', 'bin', 'gatehouse')

export interface ExecKubeconfig {
  readonly connection: string
  readonly address: GatewayAddress
  readonly api: ExecApi
  readonly namespace: string | undefined
}

export function execKubeconfig({ connection, address, api, namespace }: ExecKubeconfig): KubeconfigOptions {
  const isWindows = process.platform === 'win32'
  const words = ['kubeconfig', '--exec', connection]
  return {
    connection, namespace, server: serverOf(address.url, connection), caPem: address.ca === null ? null : readCa(address.ca),
    user: {
      kind: 'exec', api,
      // Windows runs no script by its first line.
      command: isWindows ? process.execPath : launcher, args: isWindows ? [launcher, ...words] : words,
      env: { GATEHOUSE_URL: address.url, ...(address.ca !== null && { GATEHOUSE_CA: address.ca }) },
    },
  }
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new GatehouseError('config_unreadable', `the CA file ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); GATEHOUSE_CA names it`, { side: 'client', cause: error })
  }
}
