// `gatehouse connect NAME`: a loopback listener for psql and any other PostgreSQL client, until Ctrl-C.
import { InvalidArgumentError, type Command } from 'commander'
import { join } from 'node:path'
import { GatehouseError } from '../../shared/errors.ts'
import { userFolder } from '../../client/files.ts'
import { openAccount } from '../../client/login/environment.ts'
import { psqlCommand, removePassfile, writePassfile } from '../../client/session-proxy/passfile.ts'
import { openPostgresListener } from '../../client/session-proxy/postgres-listener.ts'
import { createTunnels } from '../../client/session-proxy/tunnels.ts'
import { print, printJson, say } from '../output.ts'

interface ConnectOptions { readonly gateway?: string; readonly port: number; readonly json?: boolean }

export function register(command: Command): void {
  command
    .argument('<name>', 'the connection')
    .option('--port <n>', 'port on 127.0.0.1 (0: any free one)', portOf, 0)
    .option('--gateway <url>', 'address of the gateway (else GATEHOUSE_URL, else the one used last)')
    .option('--json', 'print one line { host, port, passfile, command }')
    .action(connect)
}

async function connect(name: string, options: ConnectOptions): Promise<void> {
  const account = await openAccount({ gateway: options.gateway })
  const tunnels = createTunnels(account)
  try {
    await requireConnection(account, name)
    const listener = await openPostgresListener({ connection: name, port: options.port, openTunnel: tunnels.open })
    const { host, port, secret } = listener
    const passfile = join(userFolder(), 'native', `${encodeURIComponent(name)}.${process.pid}.pgpass`)
    await writePassfile(passfile, { host, port, password: secret })
    try {
      const line = psqlCommand({ passfile, host, port, dbname: name })
      if (options.json === true) printJson({ host, port, passfile, command: line })
      else print(`${line}\n`)
      say(`Listening on ${host}:${port} for ${name}. Ctrl-C ends it, and the sessions through it.`)
      await untilStopped()
    } finally {
      await removePassfile(passfile)
      await listener.close()
    }
  } finally {
    tunnels.dispose()
    await account.dispose()
  }
}

async function requireConnection(account: Awaited<ReturnType<typeof openAccount>>, name: string): Promise<void> {
  const { connections } = await account.call('connections', {})
  if (connections.some((connection) => connection.name === name)) return
  const names = connections.map((connection) => connection.name).join(', ')
  throw new GatehouseError('connection_unknown', `there is no connection ${JSON.stringify(name)} for you; ${names === '' ? 'you have none' : `yours are ${names}`}`, { side: 'client' })
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
