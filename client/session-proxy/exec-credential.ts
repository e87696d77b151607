// The exec plugin's side of client-go: what kubectl says in KUBERNETES_EXEC_INFO, and the credential it gets back. The token goes
// to the gateway it is of and nowhere else: `kubectl --server` and a changed kubeconfig are seen here.
// https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
import { z } from 'zod'
import { GatehouseError } from '../../shared/errors.ts'
import { jsonOf } from '../json.ts'
import type { Pass } from '../login/account.ts'
import { execApis, serverOf, type ExecApi } from './kubeconfig.ts'

const group = 'client.authentication.k8s.io'
const execInfo = z.object({
  apiVersion: z.string(), kind: z.literal('ExecCredential'),
  spec: z.object({
    cluster: z.object({ server: z.string(), 'insecure-skip-tls-verify': z.boolean().optional(), 'proxy-url': z.string().optional() }).optional(),
  }).optional(),
})

export interface ExecRequest {
  /** KUBERNETES_EXEC_INFO; undefined: run by hand, or by a client older than it. */
  readonly info: string | undefined
  /** Where `info` does not say. */
  readonly api: ExecApi
  readonly connection: string
}

/** One line of JSON. Throws `input_invalid` for what is no request of ours, `forbidden` where the token would go astray. */
export function execCredential({ info, api, connection }: ExecRequest, { address, token, expiresAt }: Pass): string {
  const asked = info === undefined || info === '' ? null : readInfo(info)
  if (asked?.cluster !== undefined) requireOwnServer(asked.cluster, serverOf(address.url, connection))
  return JSON.stringify({
    apiVersion: `${group}/${asked?.api ?? api}`, kind: 'ExecCredential',
    // metav1.Time: RFC 3339 without fractions, as client-go writes it. Rounded down: an old token is never taken for good.
    status: { token, expirationTimestamp: `${new Date(expiresAt).toISOString().slice(0, 19)}Z` },
  })
}

type Cluster = NonNullable<NonNullable<z.output<typeof execInfo>['spec']>['cluster']>

function readInfo(text: string): { readonly api: ExecApi; readonly cluster: Cluster | undefined } {
  const parsed = execInfo.safeParse(jsonOf(text))
  if (!parsed.success) throw new GatehouseError('input_invalid', 'KUBERNETES_EXEC_INFO is not what kubectl sends an exec plugin', { side: 'client' })
  const api = execApis.find((each) => parsed.data.apiVersion === `${group}/${each}`)
  if (api === undefined) throw new GatehouseError('input_invalid', `the client asks for ${JSON.stringify(parsed.data.apiVersion.slice(0, 100))}; Gatehouse speaks ${execApis.map((each) => `${group}/${each}`).join(' and ')}`, { side: 'client' })
  return { api, cluster: parsed.data.spec?.cluster }
}

function requireOwnServer(cluster: Cluster, own: string): void {
  const refuse = (why: string) => { throw new GatehouseError('forbidden', `no token is given: ${why}`, { side: 'client' }) }
  if (cluster.server.replace(/\/+$/, '') !== own) refuse(`the client would send it to ${JSON.stringify(cluster.server.slice(0, 200))}, and it is for ${own}`)
  if (cluster['insecure-skip-tls-verify'] === true) refuse('the client would not check the gateway\'s certificate (insecure-skip-tls-verify)')
}
