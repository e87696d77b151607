// `gatehouse kubectl NAME -- ARGS…`: the user's own kubectl with a kubeconfig of this one command, its terminal and its exit code
// passed through. What it does that waits for approval is said on stderr meanwhile: kubectl itself is silent.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { GatehouseError } from '../../shared/errors.ts'
import { findProgram } from '../../client/find-program.ts'
import type { Account } from '../../client/login/account.ts'
import { writeKubeconfig } from '../../client/session-proxy/kubeconfig.ts'
import { execKubeconfig, kubernetes } from '../exec-plugin.ts'
import { tellHeld } from '../held-notices.ts'
import { say } from '../output.ts'
import { requireConnection } from '../require-connection.ts'
import { gatewayOption, withAccount, type GatewayOption } from '../with-account.ts'

interface KubectlCommand extends GatewayOption { readonly namespace?: string }

export function register(command: Command): void {
  command
    .usage('[options] <name> -- <kubectl arguments…>')
    .argument('<name>', 'the connection')
    .argument('[args...]', 'what kubectl is to do, after --')
    .option('-n, --namespace <name>', 'the namespace, where the arguments name none')
    .option(...gatewayOption)
    .showHelpAfterError('(what is for kubectl stands after --: gatehouse kubectl prod -- get pods -w)')
    .addHelpText('after', '\nThe exit code is kubectl\'s. A command that waits for approval is named on stderr, with who may approve it and until when.')
    .action(async (name: string, args: readonly string[], options: KubectlCommand) => {
      process.exitCode = await withAccount(options, (account) => runKubectl(account, { connection: name, args, namespace: options.namespace }))
    })
}

interface Run { readonly connection: string; readonly args: readonly string[]; readonly namespace: string | undefined }

async function runKubectl(account: Account, { connection, args, namespace }: Run): Promise<number> {
  const program = findProgram('kubectl') ?? missing()
  await requireConnection(account, connection, kubernetes)
  warnOfOverrides(args, connection)
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kubectl-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  try {
    const kubeconfig = join(folder, 'kubeconfig')
    // v1beta1: the oldest kubectl that works here knows no other, and the newest still knows it.
    await writeKubeconfig(kubeconfig, execKubeconfig({ connection, address: (await account.pass()).address, api: 'v1beta1', namespace }))
    const notices = tellHeld(account, connection)
    try {
      return await passThrough(spawn(program, args, { stdio: 'inherit', env: { ...process.env, KUBECONFIG: kubeconfig } }))
    } finally {
      notices.close()
    }
  } finally {
    process.off('exit', remove)
    remove()
  }
}

/** As a shell has it: 128 and the signal's number where a signal ended it. */
async function passThrough(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
  const listeners = signals.map((signal) => {
    // A terminal's Ctrl-C and Ctrl-\ went to the whole foreground group: kubectl has them already, we only wait.
    const pass = () => { if (process.stdin.isTTY !== true || (signal !== 'SIGINT' && signal !== 'SIGQUIT')) child.kill(signal) }
    process.on(signal, pass)
    return () => process.off(signal, pass)
  })
  child.once('error', (error) => reject(new GatehouseError('not_permitted', `kubectl cannot be started: ${error.message}`, { side: 'client', cause: error })))
  child.once('exit', (code, signal) => resolve(signal === null ? code ?? 1 : 128 + (constants.signals[signal] ?? 1)))
  return promise.finally(() => { for (const stop of listeners) stop() })
}

const overrides = new Set(['--kubeconfig', '--server', '-s', '--context', '--cluster', '--user', '--token', '--username', '--password',
  '--certificate-authority', '--client-certificate', '--client-key', '--insecure-skip-tls-verify', '--tls-server-name'])

/** kubectl obeys them, and so they are passed on; but what it reaches then may be another cluster, past the gateway. */
export function overridesIn(args: readonly string[]): readonly string[] {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  return [...new Set(own.map((word) => word.split('=', 1)[0]!).filter((word) => overrides.has(word)))]
}

function warnOfOverrides(args: readonly string[], connection: string): void {
  const found = overridesIn(args)
  if (found.length > 0) say(`note: ${found.join(', ')}: kubectl goes by that, which may not be ${connection} nor lead through the gateway; no token of Gatehouse goes elsewhere`)
}

function missing(): never {
  throw new GatehouseError('not_found', 'kubectl is not in PATH; install it (https://kubernetes.io/docs/tasks/tools/, or kubernetes-client of Debian), 1.20 or newer', { side: 'client' })
}
