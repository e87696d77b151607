// The composition root: configuration, certificate, core (store to registry), protocols, API; stopped in reverse. Nothing else.
import { createSecureContext } from 'node:tls'
import type { Approvals } from './approvals/approvals.ts'
import type { ApprovalSeams } from './approvals/open-approvals.ts'
import { createMetrics } from './api/metrics.ts'
import { createApi, type Api } from './api/server.ts'
import type { ApiContext } from './api/context.ts'
import { loadConfig, type GatewayConfig } from './config.ts'
import { openCore, type Core, type CoreParts } from './core.ts'
import { createGuard } from './guard.ts'
import type { Log } from './log.ts'
import { countedSessions } from './pipeline/counted-sessions.ts'
import { createPreflight } from './pipeline/preflight.ts'
import { hasAnyRule } from './policy/masks.ts'
import { compileWho } from './policy/who.ts'
import { createKubernetesDoor, type KubernetesSeams } from './protocols/kubernetes/door.ts'
import { listenPostgres, type PostgresListener } from './protocols/postgres/listener.ts'
import { createPostgresServer, serve, type Deadlines, type PostgresServer } from './protocols/postgres/serve.ts'
import { createReader } from './recording/reader.ts'
import type { ProbeBudget } from './pipeline/probe-budget.ts'
import type { JournalFs } from './recording/segment-files.ts'
import { verifySession } from './recording/verify.ts'
import { createStops } from './stops.ts'
import { openTls, type TlsMaterial, type TlsSource } from './tls/tls.ts'
import { version } from './version.ts'
import { problemText } from './yaml-file.ts'

export interface Gateway {
  /** The ready line of `gatehouse gateway` (design.md §4); `ca` null where gateway.yaml brings a certificate. */
  readonly ready: { readonly ready: true; readonly api: string; readonly ca: string | null; readonly postgres: string | null; readonly ssh: null }
  /** Reads policies and certificates again; a bad one keeps the last good one and is logged. */
  reload(): Promise<void>
  /** Takes nothing new, ends every session with `reason`, closes record and store. Safe to call twice. */
  close(reason?: string): Promise<void>
}

/** What tests put in the place of the real thing. */
export interface Seams extends Partial<Deadlines>, KubernetesSeams { readonly journalFs?: JournalFs; readonly approvals?: Approvals; readonly probes?: ProbeBudget; readonly approvalSeams?: ApprovalSeams }

/** Rejects with a GatehouseError that says what to change; then nothing is left running. */
export async function startGateway({ configFile, log, seams = {} }: { readonly configFile: string; readonly log: Log; readonly seams?: Seams }): Promise<Gateway> {
  const parts: CoreParts & Seams = { log, guard: createGuard(), stops: createStops(log), ...seams }
  try {
    const config = loadConfig(configFile)
    for (const warning of config.warnings) log.warn({ problem: problemText(warning) }, 'gateway.yaml')
    const tls = parts.stops.add(openTls({ given: config.tls === null ? null : () => givenTls(configFile), data: config.data, log }))
    const core = await openCore(config, parts)
    return await openDoors(config, { ...parts, tls, core })
  } catch (error) {
    await parts.stops.run()
    throw error
  }
}

type Parts = CoreParts & Seams & { readonly tls: TlsSource; readonly core: Core }

/** Protocols and API: from here on others can reach us. */
async function openDoors(config: GatewayConfig, parts: Parts): Promise<Gateway> {
  const { log, guard, stops, tls, core } = parts
  const server = createPostgresServer(core.context, parts)
  const open: { api: Api | null; native: PostgresListener | null } = { api: null, native: null }
  const api = open.api = await createApi({
    context: apiContext(config, parts, { tunnels: () => open.api?.tunnels.open ?? 0, native: () => open.native }), tls: tls.current, tunnels: tunnelsTo(server),
    doors: [stops.add(createKubernetesDoor({ context: core.context, requireOpen: guard.requireOpen }, parts))],
  })
  stops.add({ dispose: api.close })
  let secureContext = contextOf(tls.current)
  tls.onChange((material) => {
    secureContext = contextOf(material)
    api.setTls(material)
  })
  const { listen } = config
  if (listen.postgres !== null) {
    const native = open.native = await listenPostgres({ server, ...listen.postgres, tls: () => secureContext })
    stops.add({ dispose: native.close })
  }
  const address = addressOf(await api.listen(listen.api.host, listen.api.port))
  const postgres = open.native && addressOf(open.native)
  log.info({ api: address, postgres, connections: config.connections.length }, 'the gateway is ready')
  return {
    ready: { ready: true, api: `https://${address}`, ca: tls.ca, postgres, ssh: null },
    async reload() {
      tls.check()
      await core.policies.reload()
    },
    async close(reason = 'the gateway is stopping') {
      guard.stop()
      api.stopListening()
      core.approvals.broker.stopping()
      await core.registry.endAll(reason)
      api.tunnels.close(reason)
      await stops.run()
    },
  }
}

interface Doors { readonly tunnels: () => number; readonly native: () => PostgresListener | null }

function apiContext(config: GatewayConfig, { log, guard, core }: Parts, doors: Doors): ApiContext {
  const { identity, sessions, journal, registry, policies, context } = core
  return {
    log, version, identity, sessions: countedSessions(sessions, registry), audit: context.audit, requireOpen: guard.requireOpen,
    providers: config.identity.map(({ name, kind, issuer, clientId, scopes }) => ({ name, kind, issuer, clientId, scopes: [...scopes] })),
    connections: config.connections.map(({ summary }) => summary),
    listeners: () => { const native = doors.native(); return { postgres: native && addressOf(native) } },
    hasAnyRule: (principal, connection) => hasAnyRule(policies.current, principal, connection),
    isReviewer: compileWho(config.reviewers),
    liveSession: (id) => registry.live().find(({ summary }) => summary.id === id),
    recordings: { frames: createReader({ dir: journal.dir, journal }).frames, verify: (session) => verifySession(journal.dir, session) },
    approvals: core.approvals, preflight: createPreflight({ context, grants: core.approvals.grants }),
    metrics: createMetrics({ sessions: () => registry.live().length, tunnels: doors.tunnels, isReady: guard.isOpen }),
  }
}

/** Another kind's protocol joins here. */
function tunnelsTo(server: PostgresServer): Parameters<typeof createApi>[0]['tunnels'] {
  const { postgres, policies } = server.context
  return {
    mayOpen(principal, name) {
      const target = postgres.get(name)?.target
      return target !== undefined && hasAnyRule(policies.current, principal, target.summary)
    },
    serve({ stream, peer, lease, connection }) {
      void serve(server, { stream, peer, tls: null, isLoopback: false, tunnel: { lease, connection } })
    },
  }
}

/** Read anew at each look, so that a renewed certificate is found. */
function givenTls(configFile: string): TlsMaterial {
  const { tls } = loadConfig(configFile)
  return { cert: tls?.cert ?? '', key: tls?.key.reveal() ?? '' }
}

const contextOf = (material: TlsMaterial) => createSecureContext({ ...material, minVersion: 'TLSv1.2' })

const addressOf = ({ host, port }: { readonly host: string; readonly port: number }) => `${host.includes(':') ? `[${host}]` : host}:${port}`
