// A whole gateway for real kubectl: before the demo's cluster, or before the one of GATEHOUSE_TEST_KUBECONFIG. Namespaces of random
// names are all that it makes there, and all that it deletes.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { startCluster, type Cluster } from '../../../../demo/cluster/cluster.ts'
import type { RequestSeen } from '../../../../demo/cluster/request-log.ts'
import { routes } from '../../../../shared/api.ts'
import type { ApprovalSummary } from '../../../../shared/approval.ts'
import { framesOf } from '../../../recording/format.ts'
import { walkJournal } from '../../../recording/walk.ts'
import { callApi, exchanged, type ApiAnswer } from '../../../testing/api.ts'
import { startKubernetesGateway, type ApiServer, type KubeconfigServer, type KubernetesGateway } from '../../../testing/cluster-gateway.ts'
import { kubectlHome, newestKubectl, tokenKubeconfig, type KubectlHome } from '../../../testing/kubectl.ts'
import { startHttp1Front } from './http1-front.ts'

export interface KubectlWorld {
  readonly gateway: KubernetesGateway
  /** Every namespace of this world is called `<prefix>-<something>`. */
  readonly prefix: string
  /** The newest kubectl, straight to the cluster with the gateway's own credential. */
  readonly admin: KubectlHome
  /** What reached the cluster so far; null: a real one does not tell. */
  reached(): readonly RequestSeen[] | null
  /** A session token of the gateway, as people have one. */
  token(who: { readonly sub: string; readonly groups: readonly string[]; readonly expiresInSeconds?: number }): Promise<string>
  /** As otto, who is on call and reviews. */
  call(method: string, path: string, body?: unknown): Promise<ApiAnswer>
  /** Whatever open approval has all of these in what it is about. */
  opened(...parts: readonly string[]): Promise<ApprovalSummary>
  open(): Promise<readonly ApprovalSummary[]>
  decide(id: string, decision: 'approve' | 'deny', reason?: string): Promise<void>
  stateOf(id: string): Promise<string>
  /** The text of every frame that is recorded, one a line. */
  record(): Promise<string>
  setPolicy(yaml: string): void
  stop(): Promise<void>
}

export interface KubectlWorldOptions {
  readonly policy: (prefix: string) => string
  /** The gateway finds an API server that speaks HTTP/1.1 only. Of the demo's cluster. */
  readonly isHttp1?: boolean
  readonly connection?: string
}

/** Where the suite is told to use a real cluster. */
export const realKubeconfig: string | null = process.env['GATEHOUSE_TEST_KUBECONFIG'] || null

interface Target { readonly server: ApiServer | KubeconfigServer; readonly adminKubeconfig: string; readonly cluster: Cluster | null; stop(): Promise<void> }

export async function startKubectlWorld({ policy, isHttp1 = false, connection = '' }: KubectlWorldOptions): Promise<KubectlWorld> {
  const prefix = `gatehouse-${randomBytes(4).toString('hex')}`
  const target = realKubeconfig === null ? await demoTarget(isHttp1) : realTarget(realKubeconfig)
  const gateway = await startKubernetesGateway(target.server, { policies: { suite: policy(prefix) }, connection })
  const admin = kubectlHome(await newestKubectl(), target.adminKubeconfig)
  const address = { api: gateway.api, ca: gateway.caFile }
  const token: KubectlWorld['token'] = async (who) => exchanged(address, await gateway.token({ ...who, email: `${who.sub}@example.com` }))
  const otto = await token({ sub: 'otto', groups: ['on-call', 'reviewers'], expiresInSeconds: 3_600 })
  const call: KubectlWorld['call'] = (method, path, body) => callApi(address, method, path, otto, body)
  const open = async () => routes.approvals.output.parse((await call('GET', '/v1/approvals?filter=open')).json).approvals
  return {
    gateway, prefix, admin, token, call, open,
    reached: () => target.cluster?.requests() ?? null,
    opened: (...parts) => vi.waitFor(async () => {
      const found = (await open()).find(({ subject }) => subject.kind === 'command' && parts.every((part) => subject.recorded.includes(part)))
      if (found === undefined) throw new Error(`nothing with ${parts.join(' and ')} is open`)
      return found
    }, { timeout: 15_000, interval: 50 }),
    decide: async (id, decision, reason) => {
      const { status, json } = await call('POST', `/v1/approvals/${id}/decision`, { decision, ...(reason !== undefined && { reason }) })
      if (status >= 300) throw new Error(`${decision} of ${id}: ${status} ${JSON.stringify(json)}`)
    },
    stateOf: async (id) => String((await call('GET', `/v1/approvals/${id}`)).json['state']),
    record: () => recordIn(join(gateway.folder, 'data', 'recordings')),
    setPolicy: (yaml) => gateway.writePolicy('suite', yaml),
    async stop() {
      await admin.run(['get', 'namespaces', '-o', 'name'])
        .then(({ stdout }) => stdout.split('\n').filter((name) => name.startsWith(`namespace/${prefix}-`)))
        .then((names) => (names.length === 0 ? null : admin.run(['delete', '--wait=false', ...names])))
      await admin.dispose()
      await gateway.stop()
      await target.stop()
    },
  }
}

async function demoTarget(isHttp1: boolean): Promise<Target> {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-cluster-'))
  const cluster = await startCluster({ data, port: 0 })
  const front = isHttp1 ? await startHttp1Front(cluster, join(data, 'cluster', 'tls')) : null
  return {
    server: { ...cluster, url: front?.url ?? cluster.url }, cluster,
    adminKubeconfig: tokenKubeconfig({ server: cluster.url, ca: cluster.ca, token: cluster.token }),
    async stop() {
      await front?.stop()
      await cluster.stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

const realTarget = (file: string): Target => ({ server: { kubeconfigFile: file }, adminKubeconfig: readFileSync(file, 'utf8'), cluster: null, stop: () => Promise.resolve() })

async function recordIn(dir: string): Promise<string> {
  const lines: string[] = []
  for await (const event of walkJournal(dir)) {
    if (event.kind !== 'batch') continue
    for (const section of event.batch.sections) for (const { data } of framesOf(section)) lines.push(data.type === 'json' ? JSON.stringify(data.value) : Buffer.from(data.base64, 'base64').toString())
  }
  return lines.join('\n')
}
