// `gatehouse connect NAME`: a loopback listener for psql or kubectl and their like, until Ctrl-C.
import { InvalidArgumentError, type Command } from 'commander'
import { join } from 'node:path'
import { userFolder } from '../../client/files.ts'
import type { Account } from '../../client/login/account.ts'
import { openAccount } from '../../client/login/environment.ts'
import { kubeconfigCommand, removeKubeconfig, writeKubeconfig } from '../../client/session-proxy/kubeconfig.ts'
import { openKubernetesListener } from '../../client/session-proxy/kubernetes-listener.ts'
import { psqlCommand, removePassfile, writePassfile } from '../../client/session-proxy/passfile.ts'
import { openPostgresListener } from '../../client/session-proxy/postgres-listener.ts'
import { createTunnels } from '../../client/session-proxy/tunnels.ts'
import { tellHeld } from '../held-notices.ts'
import { print, printJson, say } from '../output.ts'
import { requireConnection } from '../require-connection.ts'

interface ConnectOptions { readonly gateway?: string; readonly port: number; readonly json?: boolean }

export function register(command: Command): void {
  command
    .argument('<name>', 'the connection')
    .option('--port <n>', 'port on 127.0.0.1 (0: any free one)', portOf, 0)
    .option('--gateway <url>', 'address of the gateway (else GATEHOUSE_URL, else the one used last)')
    .option('--json', 'print one line { host, port, passfile, command }; of kind kubernetes { host, port, url, kubeconfig, command }')
    .action(connect)
}

async function connect(name: string, options: ConnectOptions): Promise<void> {
  const account = await openAccount({ gateway: options.gateway })
  try {
    const { kind } = await requireConnection(account, name)
    await (kind === 'kubernetes' ? connectKubernetes(account, name, options) : connectPostgres(account, name, options))
  } finally {
    await account.dispose()
  }
}

async function connectPostgres(account: Account, name: string, { port, json }: ConnectOptions): Promise<void> {
  const tunnels = createTunnels(account)
  try {
    const listener = await openPostgresListener({ connection: name, port, openTunnel: tunnels.open })
    const passfile = ownFile(name, 'pgpass')
    const { host, port: own, secret } = listener
    const command = psqlCommand({ passfile, host, port: own, dbname: name })
    await serve(name, listener, {
      shown: { passfile, command }, isJson: json === true,
      write: () => writePassfile(passfile, { host, port: own, password: secret }), remove: () => removePassfile(passfile),
    })
  } finally {
    tunnels.dispose()
  }
}

/** For kubectl, helm, k9s: the listener's own CA and secret are in the kubeconfig. What waits for approval is said here: they are silent. */
async function connectKubernetes(account: Account, name: string, { port, json }: ConnectOptions): Promise<void> {
  const listener = await openKubernetesListener({ connection: name, account, port })
  const kubeconfig = ownFile(name, 'kubeconfig')
  const { url, caPem, secret } = listener
  const notices = tellHeld(account, name)
  try {
    await serve(name, listener, {
      shown: { url, kubeconfig, command: kubeconfigCommand(kubeconfig) }, isJson: json === true,
      write: () => writeKubeconfig(kubeconfig, { connection: name, server: url, caPem, user: { kind: 'secret', secret } }), remove: () => removeKubeconfig(kubeconfig),
    })
  } finally {
    notices.close()
  }
}

const ownFile = (name: string, suffix: string): string => join(userFolder(), 'native', `${encodeURIComponent(name)}.${process.pid}.${suffix}`)

interface Listener { readonly host: string; readonly port: number; close(): Promise<void> }
interface Serving {
  /** `command` is a line for a shell; the rest is for programs. */
  readonly shown: Readonly<Record<string, string>> & { readonly command: string }
  readonly isJson: boolean
  /** The file with the secret. */
  readonly write: () => Promise<void>
  readonly remove: () => Promise<void>
}

async function serve(name: string, listener: Listener, { shown, isJson, write, remove }: Serving): Promise<void> {
  const { host, port } = listener
  try {
    await write()
    if (isJson) printJson({ host, port, ...shown })
    else print(`${shown.command}\n`)
    say(`Listening on ${host}:${port} for ${name}. Ctrl-C ends it, and the sessions through it.`)
    await untilStopped()
  } finally {
    await remove()
    await listener.close()
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535')
  return port
}

function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  // What else is open here does not keep the process alive by itself.
  const alive = setInterval(() => undefined, 60_000)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  return promise.finally(() => clearInterval(alive))
}
