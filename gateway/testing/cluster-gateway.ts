// The demo's cluster behind a whole gateway, for tests: a kubeconfig for any principal, through the gateway or straight to the cluster.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import { startCluster, type Cluster } from '../../demo/cluster/cluster.ts'
import { createLog } from '../log.ts'
import { startGateway, type Seams } from '../main.ts'
import { signToken, testIssuer, type TestGateway } from './gateway.ts'
import { tokenKubeconfig } from './kubectl.ts'

/** What the gateway needs to reach an API server. */
export interface ApiServer { readonly url: string; readonly caFile: string; readonly tokenFile: string }
/** The same from a file; its current context. */
export interface KubeconfigServer { readonly kubeconfigFile: string }

export interface KubernetesGateway {
  readonly folder: string
  readonly api: string
  /** PEM, and the file it is in. */
  readonly ca: string
  readonly caFile: string
  token: TestGateway['token']
  /** Of a principal with these groups, through the gateway. */
  kubeconfig(who: Parameters<TestGateway['token']>[0] & { readonly namespace?: string }): Promise<string>
  writePolicy(name: string, yaml: string): void
  stop(): Promise<void>
}

export interface KubernetesGatewayOptions {
  readonly policies: Readonly<Record<string, string>>
  /** Keys added to the connection, in YAML flow style: `, impersonate: { user: id }`. */
  readonly connection?: string
  readonly extra?: string
  readonly seams?: Seams
}

export async function startKubernetesGateway(server: ApiServer | KubeconfigServer, { policies, connection = '', extra = '', seams }: KubernetesGatewayOptions): Promise<KubernetesGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kubernetes-'))
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256', use: 'sig' }] }))
  mkdirSync(join(folder, 'policies'))
  for (const [name, yaml] of Object.entries(policies)) writeFileSync(join(folder, 'policies', `${name}.yaml`), yaml)
  const configFile = join(folder, 'gateway.yaml')
  writeFileSync(configFile, `
listen: { api: "127.0.0.1:0" }
data: ./data
identity:
  - { name: test, issuer: "${testIssuer}", audience: gatehouse, kind: human, jwks: jwks.json, claims: { id: sub, email: email, groups: groups } }
connections:
  - { name: cluster, kind: kubernetes, labels: { env: test }, ${reached(server)}${connection} }
policies: ./policies
reviewers: { groups: [reviewers] }
${extra}`)
  const gateway = await startGateway({ configFile, log: createLog(process.env['GATEHOUSE_LOG'] ?? 'fatal'), ...(seams !== undefined && { seams }) })
  const token: TestGateway['token'] = (who) => signToken(privateKey, who)
  const caFile = gateway.ready.ca!
  const ca = readFileSync(caFile, 'utf8')
  return {
    folder, api: gateway.ready.api, ca, caFile, token,
    kubeconfig: async ({ namespace, ...who }) => tokenKubeconfig({ server: `${gateway.ready.api}/k8s/cluster`, ca, token: await token(who), ...(namespace !== undefined && { namespace }) }),
    writePolicy: (name, yaml) => writeFileSync(join(folder, 'policies', `${name}.yaml`), yaml),
    async stop() {
      await gateway.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const reached = (server: ApiServer | KubeconfigServer): string => ('kubeconfigFile' in server
  ? `kubeconfig: { file: "${server.kubeconfigFile}" }`
  : `server: "${server.url}", ca: { file: "${server.caFile}" }, token: { file: "${server.tokenFile}" }`)

export interface ClusterGateway extends KubernetesGateway { readonly cluster: Cluster }

export async function startClusterGateway(options: KubernetesGatewayOptions): Promise<ClusterGateway> {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-cluster-'))
  const cluster = await startCluster({ data, port: 0 })
  const gateway = await startKubernetesGateway(cluster, options)
  return {
    ...gateway, cluster,
    async stop() {
      await gateway.stop()
      await cluster.stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}
