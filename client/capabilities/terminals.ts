// Terminals of the app: opened with a listener and a kubeconfig each, told apart by id, ended with their tab, their page, the sign-in
// and the app. What a shell runs, it runs as the user of this computer: the gate is at the cluster, not here.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { GatehouseError } from '../../shared/errors.ts'
import type { IpcEvents, IpcInput, TerminalInfo } from '../../shared/ipc.ts'
import { writePrivate } from '../files.ts'
import { terminalsMax } from '../limits.ts'
import { bashStart } from './terminals/bash-start.ts'
import { createKubeconfigFiles } from './terminals/kubeconfig-files.ts'
import { kubectlPath } from './terminals/kubectl-path.ts'
import { loginShell, shellEnvironment, shellOf } from './terminals/shell.ts'
import { startPty, Terminal, type StartPty } from './terminals/terminal.ts'

/** A listener on loopback that speaks Kubernetes for one connection, to who knows its secret. */
export interface ClusterListener { readonly url: string; readonly caPem: string; readonly secret: string; close(): Promise<void> }

export interface TerminalsOptions {
  /** `reason` is asked at each request. */
  readonly openListener: (connection: string, reason: () => string | null) => Promise<ClusterListener>
  readonly kubeconfig: (options: { readonly connection: string; readonly listener: ClusterListener; readonly namespace: string }) => string
  /** Kubeconfigs and start files of shells; of this user's alone. */
  readonly folder: string
  readonly version: string
  readonly emit: <N extends 'terminal.output' | 'terminal.exit' | 'terminal.changed'>(name: N, event: IpcEvents[N]) => void
  readonly env?: NodeJS.ProcessEnv
  readonly start?: StartPty
}

export interface Terminals {
  open(input: IpcInput<'terminals.open'>): Promise<TerminalInfo>
  write(input: IpcInput<'terminals.write'>): null
  resize(input: IpcInput<'terminals.resize'>): null
  acknowledge(input: IpcInput<'terminals.acknowledge'>): null
  namespace(input: IpcInput<'terminals.namespace'>): Promise<TerminalInfo>
  reason(input: IpcInput<'terminals.reason'>): TerminalInfo
  close(input: IpcInput<'terminals.close'>): Promise<null>
  list(): readonly TerminalInfo[]
  /** Ends them all: at sign-out, and at the end. */
  reset(): Promise<void>
  dispose(): Promise<void>
}

export function createTerminals({ openListener, kubeconfig, folder, version, emit, env = process.env, start = startPty }: TerminalsOptions): Terminals {
  const terminals = new Map<string, Terminal>()
  const listeners = new Map<string, ClusterListener>()
  const files = createKubeconfigFiles(join(folder, 'kubeconfigs'), (id) => void follow(id))
  const opening = new Set<string>()
  let generation = 0
  // At the start, not with the first terminal: what a killed app left may not lie about until then.
  const cleaning = files.clean()
  cleaning.catch(() => undefined) // Said by the terminal that is opened next.

  function terminalOf(id: string): Terminal {
    const terminal = terminals.get(id)
    if (terminal === undefined) throw new GatehouseError('not_found', 'this terminal was closed; open a new one', { side: 'client' })
    return terminal
  }

  /** The file was written, by us or by kubectl. */
  async function follow(id: string): Promise<void> {
    const terminal = terminals.get(id)
    const namespace = terminal === undefined ? null : await files.namespaceOf(id)
    if (terminal === undefined || !terminals.has(id) || terminal.info.namespace === namespace) return
    terminal.info = { ...terminal.info, namespace }
    emit('terminal.changed', terminal.info)
  }

  async function release(id: string): Promise<void> {
    const listener = listeners.get(id)
    listeners.delete(id)
    await Promise.all([listener?.close() ?? Promise.resolve(), files.remove(id)])
  }

  async function shell(): Promise<ReturnType<typeof shellOf>> {
    const bashrc = join(folder, 'bash-start.sh')
    await writePrivate(bashrc, bashStart)
    return shellOf({ env, platform: process.platform, bashrc, loginShell: loginShell() })
  }

  async function openOne({ terminal: id, connection, cols, rows, namespace, page }: IpcInput<'terminals.open'>): Promise<TerminalInfo> {
    const mine = generation
    const within = namespace ?? 'default'
    await cleaning
    const listener = await openListener(connection, () => terminals.get(id)?.info.reason ?? null)
    listeners.set(id, listener)
    try {
      const path = await files.write(id, kubeconfig({ connection, listener, namespace: within }))
      const { file, name, args } = await shell()
      const environment = shellEnvironment(env, { kubeconfig: path, version })
      const pty = await start({ file, args, env: environment, cwd: homedir(), cols, rows }).catch((error: unknown) => {
        throw new GatehouseError('not_permitted', `the shell ${file} cannot be started here: ${(error as Error).message.split('\n', 1)[0]}; SHELL names it`, { side: 'client', cause: error })
      })
      const terminal = new Terminal({
        info: { terminal: id, connection, page, shell: name, kubectl: 'looking', namespace: within, reason: null },
        pty, release: () => release(id), onOutput: (output) => emit('terminal.output', { terminal: id, base64: output.toString('base64') }),
        onExit: (code, reason) => { if (terminals.delete(id)) emit('terminal.exit', { terminal: id, code, reason }) },
      })
      // Signed out meanwhile: whoever comes next must not find a shell of the one before.
      if (mine !== generation) {
        await terminal.dispose()
        throw new GatehouseError('not_signed_in', 'you signed out while the terminal opened; sign in and open it again', { side: 'client' })
      }
      terminals.set(id, terminal)
      void look(terminal, { file, name }, environment)
      return terminal.info
    } catch (error) {
      await release(id)
      throw error
    }
  }

  async function look(terminal: Terminal, shell: { readonly file: string; readonly name: string }, environment: Record<string, string>): Promise<void> {
    const path = await kubectlPath(shell, environment)
    terminal.info = { ...terminal.info, kubectl: path === null ? 'missing' : 'found' }
    if (terminals.has(terminal.info.terminal)) emit('terminal.changed', terminal.info)
  }

  async function close(id: string): Promise<void> {
    const terminal = terminals.get(id)
    terminals.delete(id)
    await terminal?.dispose()
  }

  async function reset(): Promise<void> {
    generation++
    await Promise.all([...terminals.keys()].map(close))
  }

  return {
    async open(input) {
      if (terminals.size + opening.size >= terminalsMax) throw new GatehouseError('limit_exceeded', `${terminalsMax} terminals are open (terminalsMax); close one`, { side: 'client' })
      if (terminals.has(input.terminal) || listeners.has(input.terminal) || opening.has(input.terminal)) throw new GatehouseError('input_invalid', 'there is a terminal by this id already', { side: 'client' })
      opening.add(input.terminal)
      return openOne(input).finally(() => { opening.delete(input.terminal) })
    },
    write({ terminal, base64 }) {
      terminalOf(terminal).write(Buffer.from(base64, 'base64'))
      return null
    },
    resize({ terminal, cols, rows }) {
      terminalOf(terminal).resize(cols, rows)
      return null
    },
    acknowledge({ terminal, bytes }) {
      // It may have ended while this was on its way: no news.
      terminals.get(terminal)?.acknowledge(bytes)
      return null
    },
    async namespace({ terminal, namespace }) {
      const { info } = terminalOf(terminal)
      const listener = listeners.get(terminal)
      if (listener === undefined) throw new GatehouseError('not_found', 'this terminal has ended; open a new one', { side: 'client' })
      await files.write(terminal, kubeconfig({ connection: info.connection, listener, namespace }))
      await follow(terminal)
      return terminalOf(terminal).info
    },
    reason({ terminal, reason }) {
      const changed = terminalOf(terminal)
      changed.info = { ...changed.info, reason }
      emit('terminal.changed', changed.info)
      return changed.info
    },
    async close({ terminal }) {
      await close(terminal)
      return null
    },
    list: () => [...terminals.values()].map(({ info }) => info),
    reset,
    async dispose() {
      await reset()
      await cleaning.catch(() => undefined)
      files.dispose()
    },
  }
}
