// The kubeconfig of one connection, in a file of its own (0600): through a loopback listener with its secret, or straight to the
// gateway with the CLI as exec plugin; then it holds no secret at all. ~/.kube/config is never touched.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
import { rm } from 'node:fs/promises'
import { stringify } from 'yaml'
import { writePrivate } from '../files.ts'

/** Versions of client.authentication.k8s.io: kubectl 1.20 and 1.21 know v1beta1 only; both still stand in 1.33. */
export const execApis = ['v1', 'v1beta1'] as const
export type ExecApi = (typeof execApis)[number]

export type KubeconfigUser =
  /** The bearer secret of a loopback listener. */
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'exec'; readonly command: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>>; readonly api: ExecApi }

export interface KubeconfigOptions {
  readonly connection: string
  /** What kubectl calls: the listener's `url`, or `serverOf` of a gateway. */
  readonly server: string
  /** PEM; null: the system's authorities. */
  readonly caPem: string | null
  readonly user: KubeconfigUser
  /** Of the context; left out: `default`. */
  readonly namespace?: string | undefined
}

/** Where a gateway serves the Kubernetes API of a connection. */
export const serverOf = (gatewayUrl: string, connection: string): string => `${gatewayUrl}/k8s/${encodeURIComponent(connection)}`

export const contextOf = (connection: string): string => `gatehouse-${connection}`

export function kubeconfigText({ connection, server, caPem, user, namespace }: KubeconfigOptions): string {
  const name = contextOf(connection)
  const trust = caPem === null ? {} : { 'certificate-authority-data': Buffer.from(caPem).toString('base64') }
  return stringify({
    apiVersion: 'v1', kind: 'Config', preferences: {}, 'current-context': name,
    clusters: [{ name, cluster: { server, ...trust } }],
    contexts: [{ name, context: { cluster: name, user: name, ...(namespace !== undefined && { namespace }) } }],
    users: [{ name, user: userOf(user) }],
  }, { lineWidth: 0 })
}

function userOf(user: KubeconfigUser): Record<string, unknown> {
  if (user.kind === 'secret') return { token: user.secret }
  return {
    exec: {
      apiVersion: `client.authentication.k8s.io/${user.api}`, command: user.command, args: user.args,
      env: Object.entries(user.env).map(([name, value]) => ({ name, value })),
      // The plugin sees where its token would go, and keeps it from anywhere else.
      provideClusterInfo: true, interactiveMode: 'IfAvailable',
      installHint: 'Gatehouse is not where this kubeconfig expects it; write it anew with: gatehouse kubeconfig',
    },
  }
}

export const writeKubeconfig = (path: string, options: KubeconfigOptions): Promise<void> => writePrivate(path, kubeconfigText(options))
export const removeKubeconfig = (path: string): Promise<void> => rm(path, { force: true })

/** A line to paste into a shell: what runs in it then, kubectl, helm or k9s, goes to the connection. */
export function kubeconfigCommand(path: string, platform = process.platform): string {
  if (platform === 'win32') return `set "KUBECONFIG=${path}"`
  return `export KUBECONFIG=${/^[\w./:@%+,=~-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`}`
}
