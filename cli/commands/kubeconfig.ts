// `gatehouse kubeconfig NAME`: a kubeconfig in a file of its own, whose exec plugin is `gatehouse kubeconfig --exec NAME`. What kubectl,
// helm and k9s have of their own (~/.kube/config) is never touched.
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'
import { GatehouseError } from '../../shared/errors.ts'
import { userFolder } from '../../client/files.ts'
import type { Account } from '../../client/login/account.ts'
import { execCredential } from '../../client/session-proxy/exec-credential.ts'
import { contextOf, execApis, kubeconfigText, writeKubeconfig, type ExecApi } from '../../client/session-proxy/kubeconfig.ts'
import { execKubeconfig, kubernetes } from '../exec-plugin.ts'
import { print, printJson } from '../output.ts'
import { requireConnection } from '../require-connection.ts'
import { gatewayOption, withAccount, type GatewayOption } from '../with-account.ts'

interface KubeconfigCommand extends GatewayOption {
  readonly output?: string
  readonly namespace?: string
  readonly execApi: ExecApi
  readonly exec?: boolean
  readonly json?: boolean
}

const help = `
Prints the file's path:  export KUBECONFIG=$(gatehouse kubeconfig prod)
With contexts of your own: KUBECONFIG=$HOME/.kube/config:$(gatehouse kubeconfig prod) kubectl --context gatehouse-prod get pods

The file holds no token: kubectl asks this program for one (--exec), which is the one of gatehouse login, or of GATEHOUSE_TOKEN. It is given
for this gateway alone, so kubectl --server and --insecure-skip-tls-verify get none.`

export function register(command: Command): void {
  command
    .argument('<name>', 'the connection')
    .option('-o, --output <file>', 'where to write it (- prints it); left out: a file of its own in the Gatehouse folder of your user')
    .option('-n, --namespace <name>', 'the namespace of the context')
    .addOption(new Option('--exec-api <version>', 'what kubectl speaks with its plugins; v1beta1 for kubectl 1.20 and 1.21').choices(execApis).default('v1'))
    .option('--exec', 'print a token for kubectl (what the file has kubectl call)')
    .option('--json', 'print { connection, path, context, server }')
    .option(...gatewayOption)
    .addHelpText('after', help)
    .action((name: string, options: KubeconfigCommand) => withAccount(options, (account) => (options.exec === true ? printCredential(account, name, options) : write(account, name, options))))
}

async function printCredential(account: Account, connection: string, { execApi }: KubeconfigCommand): Promise<void> {
  print(`${execCredential({ info: process.env['KUBERNETES_EXEC_INFO'], api: execApi, connection }, await account.pass())}\n`)
}

async function write(account: Account, connection: string, { output, namespace, execApi, json }: KubeconfigCommand): Promise<void> {
  await requireConnection(account, connection, kubernetes)
  const { address } = await account.pass()
  const options = execKubeconfig({ connection, address, api: execApi, namespace })
  if (output === '-') return print(kubeconfigText(options))
  const path = output === undefined ? ownFile(address.url, connection) : await freeFile(resolve(output))
  await writeKubeconfig(path, options)
  if (json === true) printJson({ connection, path, context: contextOf(connection), server: options.server })
  else print(`${path}\n`)
}

/** By gateway too: the `prod` of another one must not take the place of this one's. */
function ownFile(gatewayUrl: string, connection: string): string {
  return join(userFolder(), 'kubeconfigs', new URL(gatewayUrl).host.replaceAll(/[^\w.-]/g, '_'), `${encodeURIComponent(connection)}.yaml`)
}

const ownKubeconfig = z.object({ contexts: z.array(z.object({ name: z.string().startsWith(contextOf('')) })).min(1) })

/** What is there and was not written by us stays: it may hold contexts that are nowhere else. */
async function freeFile(path: string): Promise<string> {
  const refuse = () => new GatehouseError('not_permitted', `${path} is not a kubeconfig of Gatehouse's, and is left as it is; choose another file and name both in KUBECONFIG`, { side: 'client' })
  if (path === join(homedir(), '.kube', 'config')) throw refuse()
  try {
    if (!ownKubeconfig.safeParse(parse(await readFile(path, 'utf8'))).success) throw refuse()
  } catch (error) {
    if (error instanceof YAMLParseError) throw refuse()
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return path
}
