// The demo, composed: PostgreSQL, sample cluster, sign-in provider, gateway, app, each started after the one it needs and stopped in reverse.
import { join } from 'node:path'
import { createLog } from '../gateway/log.ts'
import { startGateway } from '../gateway/main.ts'
import { GatehouseError } from '../shared/errors.ts'
import { startApp } from './app.ts'
import { startCluster } from './cluster/cluster.ts'
import { defaultDataFolder, prepareDataFolder } from './data-folder.ts'
import { configuredPorts, hasCluster, writeGatewayConfig } from './gateway-config.ts'
import { lockData } from './lock.ts'
import { demoPorts, isFree } from './ports.ts'
import { startPostgres } from './postgres.ts'
import { silent, type Progress } from './progress.ts'
import { startProvider } from './provider.ts'
import { keptSecret } from './secrets.ts'
import { ensureShop } from './shop/load.ts'
import { sampleUsers } from './users.ts'

export interface StackOptions {
  /** Left out: the user's own folder. */
  readonly data?: string | undefined
  readonly withApp?: boolean
  readonly progress?: Progress
  /** Given up between two parts; what was started is stopped, and `startStack` rejects. */
  readonly signal?: AbortSignal
}

/** The ready line of `gatehouse demo` (design.md §4). */
export interface Ready {
  readonly ready: true
  readonly api: string
  readonly ca: string | null
  readonly postgres: string | null
  readonly ssh: string | null
  readonly app: string | null
  readonly users: readonly { readonly name: string; readonly password: string; readonly groups: readonly string[]; readonly token: string }[]
}

export interface Stack {
  readonly data: string
  readonly ready: Ready
  /** Resolves with a reason if a part ends by itself. */
  readonly lost: Promise<string>
  stop(): Promise<void>
}

/** One part that does not stop must not keep the others. */
const stopPartMs = 15_000

export async function startStack({ data: folder, withApp = true, progress = silent, signal }: StackOptions = {}): Promise<Stack> {
  const data = prepareDataFolder(folder ?? defaultDataFolder())
  const stops: (() => Promise<void> | void)[] = []
  const started = (end: () => Promise<void> | void) => {
    stops.push(end)
    signal?.throwIfAborted()
  }
  const stop = async () => { for (const end of stops.splice(0).toReversed()) await bounded(end) }
  try {
    started(lockData(join(data, 'secrets', 'lock'), data))
    const ports = await demoPorts(data, folder === undefined)

    const postgres = await progress.step('PostgreSQL', () => startPostgres({ data, port: ports.postgres }), ({ port }) => `127.0.0.1:${port}`)
    started(postgres.stop)
    const shop = { superuserUrl: postgres.superuserUrl, password: keptSecret(data, 'shop-password') }
    await progress.step('Sample database shop', () => ensureShop(shop), ({ isCurrent }) => isCurrent ? '' : `made by another version; delete ${data} to make it anew`)

    const cluster = await progress.step('Sample cluster', () => startCluster({ data, port: ports.cluster }), ({ url }) => url)
    started(cluster.stop)

    const provider = await progress.step('Sign-in provider', () => startProvider({ data, port: ports.provider }), ({ issuer }) => issuer)
    started(provider.stop)

    const config = writeGatewayConfig({ data, issuer: provider.issuer, postgresPort: postgres.port, clusterUrl: cluster.url, apiPort: ports.api, nativePort: ports.native })
    await refuseTakenPorts(config)
    if (!hasCluster(config)) process.stderr.write(`gatehouse: ${config} was made before there was a sample cluster; delete ${data} to make it anew with one\n`)
    const gateway = await progress.step('Gateway', () => startGateway({ configFile: config, log: createLog(process.env['GATEHOUSE_LOG'] ?? 'warn') }), ({ ready }) => ready.api)
    started(() => gateway.close())
    const { api, ca, postgres: native, ssh } = gateway.ready

    const app = withApp ? await progress.step('App', () => startApp({ data, gateway: api, ca, port: ports.app })) : null
    if (app) started(app.close)

    const users = await Promise.all(sampleUsers.map(async (user) => ({ name: user.name, password: user.password, groups: user.groups, token: await provider.token(user) })))
    const lost = postgres.exited.then(() => `the embedded PostgreSQL ended; its log is beside its data, below ${data}`)
    return { data, ready: { ready: true, api, ca, postgres: native, ssh, app: app?.url ?? null, users }, lost, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Said here, where the file to change is known. */
async function refuseTakenPorts(config: string): Promise<void> {
  for (const [name, port] of Object.entries(configuredPorts(config))) {
    if (port === null || await isFree(port)) continue
    throw new GatehouseError('port_taken', `port ${port} is in use by another program; stop it, or change listen.${name} in ${config}`)
  }
}

async function bounded(end: () => Promise<void> | void): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => { timer = setTimeout(resolve, stopPartMs) })
  try {
    await Promise.race([end(), late])
  } catch (error) {
    process.stderr.write(`gatehouse: while stopping: ${error instanceof Error ? error.message : String(error)}\n`)
  } finally {
    clearTimeout(timer)
  }
}
