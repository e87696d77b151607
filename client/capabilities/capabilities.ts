// What the desktop can do: every call of shared/ipc.ts by name, each input parsed first, and the events it pushes. The hosts
// (electron/ipc, browser-host) carry these and add nothing.
import { join } from 'node:path'
import { GatehouseError } from '../../shared/errors.ts'
import type { AppInfo, IpcCallName, IpcCalls, IpcEventName, IpcEvents, IpcFailure, IpcInput, IpcOutput } from '../../shared/ipc.ts'
import { Account } from '../login/account.ts'
import type { TokenStore } from '../login/token-store.ts'
import { kubeconfigText } from '../session-proxy/kubeconfig.ts'
import { openKubernetesListener } from '../session-proxy/kubernetes-listener.ts'
import { createTunnels } from '../session-proxy/tunnels.ts'
import { createApprovalCalls } from './approvals/approvals.ts'
import { createLive } from './approvals/live.ts'
import { inputs } from './inputs.ts'
import { createKubernetes } from './kubernetes.ts'
import { createNative } from './native.ts'
import { createSettings } from './settings.ts'
import { createSql } from './sql.ts'
import { createTerminals } from './terminals.ts'

export interface CapabilitiesOptions {
  readonly tokenStore: TokenStore
  /** Opens a page in the system's browser. A failure is not fatal: the page's address is in the login state too. */
  readonly openBrowser: (url: string) => Promise<void>
  /** A folder of this user's alone: settings, passfiles, results while they are shown. */
  readonly dataDir: string
  readonly version: string
  readonly host: AppInfo['host']
  /** `--gateway` or GATEHOUSE_URL; the one of the settings, or the last one signed in to, where it is left out. */
  readonly gateway?: string | null
  /** GATEHOUSE_CA: path of a PEM file. */
  readonly ca?: string | null
}

export interface Capabilities {
  /** `name` and `input` may be anything: they come from outside. Rejects with GatehouseError; `failureOf` makes it sendable. */
  handle(name: string, input: unknown): Promise<unknown>
  on<N extends IpcEventName>(name: N, listener: (event: IpcEvents[N]) => void): () => void
  /** Every event by name, for hosts that carry them all. */
  onEvent(listener: (name: IpcEventName, data: IpcEvents[IpcEventName]) => void): () => void
  dispose(): Promise<void>
}

type Handlers = { readonly [N in IpcCallName]: (input: IpcInput<N>) => IpcOutput<N> | Promise<IpcOutput<N>> }

export async function createCapabilities(options: CapabilitiesOptions): Promise<Capabilities> {
  const listeners = new Set<(name: IpcEventName, data: IpcEvents[IpcEventName]) => void>()
  const emit = <N extends IpcEventName>(name: N, data: IpcEvents[N]) => { for (const listener of listeners) listener(name, data) }

  const settings = createSettings(options.dataDir)
  const gateway = options.gateway ?? (await settings.get()).gateway
  const openBrowser = (url: string) => options.openBrowser(url).catch(() => undefined)
  const account = new Account({ store: options.tokenStore, openBrowser, gateway, ca: options.ca ?? null })
  const tunnels = createTunnels(account)
  const native = createNative({ account, tunnels, folder: join(options.dataDir, 'native'), onChange: (access) => emit('native.changed', access) })
  const sql = createSql({
    tunnels, spoolFolder: join(options.dataDir, 'results'),
    onState: (editor, state) => emit('sql.statement', { editor, state }), onLost: (editor, reason) => emit('sql.lost', { editor, reason }),
  })
  const terminals = createTerminals({
    openListener: (connection, reason) => openKubernetesListener({ connection, account, reason }),
    kubeconfig: ({ connection, listener: { url, caPem, secret }, namespace }) => kubeconfigText({ connection, server: url, caPem, user: { kind: 'secret', secret }, namespace }),
    folder: join(options.dataDir, 'terminals'), version: options.version, emit,
  })
  const kubernetes = createKubernetes({ account, failureOf, emit })
  const live = createLive({
    account, onEvent: (event) => emit('approvals.event', event), onFresh: () => emit('approvals.fresh', null), onState: (state) => emit('approvals.stream', state),
  })
  const reset = () => { kubernetes.reset(); return Promise.all([sql.reset(), native.reset(), terminals.reset()]) }
  account.onChange((state) => {
    emit('login.changed', state)
    live.follow(state)
    // What another person signed in sees must not be what the one before left on the screen.
    // What fails to be removed here is dead all the same: its listener is closed, its token is gone.
    if (account.principal === null) reset().catch(() => undefined)
  })
  await account.start()

  const handlers: Handlers = {
    'app.info': () => ({ version: options.version, host: options.host, platform: process.platform }),
    'login.state': () => account.state,
    'login.gateway': async ({ url }) => {
      await reset()
      const state = await account.useGateway(url)
      emit('settings.changed', await settings.set({ gateway: state.gateway }))
      return state
    },
    'login.start': ({ provider }) => account.signIn(provider),
    'login.cancel': () => account.cancel(),
    'login.logout': async () => {
      await reset()
      return account.signOut()
    },
    'connections.list': async () => (await account.call('connections', {})).connections.map(({ database, ...rest }) => database === undefined ? rest : { ...rest, database }),
    'connections.native': ({ connection }) => native.access(connection),
    'connections.listen': ({ connection }) => native.listen(connection),
    'connections.unlisten': ({ connection }) => native.unlisten(connection),
    'sql.open': sql.open,
    'sql.close': sql.close,
    'sql.run': sql.run,
    'sql.cancel': sql.cancel,
    'sql.page': sql.page,
    'sql.split': sql.split,
    'sql.schema': sql.schema,
    'sql.preflight': ({ connection, text }) => account.call('preflight', { name: connection, text }),
    'sql.masks': async ({ connection }) => (await account.call('maskedColumns', { name: connection })).columns,
    ...createApprovalCalls({ account, openBrowser }),
    'approvals.stream': () => live.state,
    'approvals.wake': () => {
      live.wake()
      return null
    },
    'sessions.list': (input) => account.call('sessions', input),
    'sessions.frames': ({ session, after }) => account.call('frames', { id: session, after }),
    'sessions.verify': ({ session }) => account.call('verifySession', { id: session }),
    'terminals.open': terminals.open,
    'terminals.write': terminals.write,
    'terminals.resize': terminals.resize,
    'terminals.acknowledge': terminals.acknowledge,
    'terminals.namespace': terminals.namespace,
    'terminals.reason': terminals.reason,
    'terminals.close': terminals.close,
    'terminals.list': () => terminals.list(),
    'kubernetes.watch': kubernetes.watch,
    'kubernetes.unwatch': kubernetes.unwatch,
    'kubernetes.get': kubernetes.get,
    'kubernetes.log': kubernetes.log,
    'kubernetes.logAcknowledge': kubernetes.logAcknowledge,
    'kubernetes.unlog': kubernetes.unlog,
    'app.openLink': async ({ url }) => {
      await openBrowser(webPage(url))
      return null
    },
    'settings.get': () => settings.get(),
    'settings.set': async (change) => {
      const now = await settings.set(change)
      emit('settings.changed', now)
      return now
    },
  }

  return {
    handle: (name, input) => dispatch(handlers, name, input),
    on(name, listener) {
      // The listener of one event hears only that one's data.
      const each = (event: IpcEventName, data: IpcEvents[IpcEventName]) => { if (event === name) listener(data as IpcEvents[typeof name]) }
      listeners.add(each)
      return () => listeners.delete(each)
    },
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async dispose() {
      listeners.clear()
      live.close()
      kubernetes.dispose()
      await Promise.all([sql.reset(), native.dispose(), terminals.dispose()])
      tunnels.dispose()
      await account.dispose()
    },
  }
}

async function dispatch(handlers: Handlers, name: string, input: unknown): Promise<unknown> {
  if (!Object.hasOwn(handlers, name)) throw new GatehouseError('input_invalid', `there is no call ${JSON.stringify(name.slice(0, 100))}`, { side: 'client' })
  // The name is one of the table's: both tables have exactly the keys of IpcCalls.
  const known = name as IpcCallName
  const parsed = inputs[known].safeParse(input ?? null)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new GatehouseError('input_invalid', `${known}: ${issue?.path.join('.') || 'input'}: ${issue?.message}`, { side: 'client' })
  }
  // One entry of a mapped type: TypeScript cannot pair handler and input of the same key.
  return (handlers[known] as (input: unknown) => ReturnType<IpcCalls[IpcCallName]>)(parsed.data)
}

/** What a program wrote is opened as a web page or not at all: no other scheme, and no name or password that hides where it leads. */
function webPage(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url === null || !isWeb || url.username !== '' || url.password !== '') throw new GatehouseError('input_invalid', 'only http and https links are opened', { side: 'client' })
  return url.href
}

/** An error as a host may send it: code and message, nothing of its cause or stack. */
export function failureOf(error: unknown): IpcFailure {
  if (error instanceof GatehouseError) return { code: error.code, message: error.message }
  return { code: 'internal', message: error instanceof Error ? `Gatehouse failed: ${error.message.slice(0, 300)}` : 'Gatehouse failed' }
}
