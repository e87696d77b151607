// The demo's Kubernetes cluster: an API in memory, made anew at each start, on loopback over TLS. Good enough for kubectl;
// there are no containers behind it. https://kubernetes.io/docs/reference/using-api/api-concepts/
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Http2Session } from 'node:http2'
import { join } from 'node:path'
import type { Socket } from 'node:net'
import { ensureOwnTls } from '../../gateway/tls/own-ca.ts'
import { keptSecret } from '../secrets.ts'
import { startControllers } from './controllers/run.ts'
import { makeEstate } from './estate/estate.ts'
import { Containers } from './pods/container.ts'
import { startChatter } from './pods/chatter.ts'
import { PodLogs } from './pods/logs.ts'
import { RequestLog, type RequestSeen } from './request-log.ts'
import { streamUseOf } from './routes/upgrade.ts'
import { listen, type Upgrade } from './server.ts'
import { Store } from './store.ts'
import { serveStreams } from './streams/serve.ts'
import type { World } from './world.ts'

export interface ClusterOptions { readonly data: string; /** 0: any free one. */ readonly port: number }

export interface Cluster {
  readonly url: string
  readonly port: number
  /** PEM, and the file it is in. */
  readonly ca: string
  readonly caFile: string
  /** Of the account the gateway uses; kept below data/secrets. */
  readonly token: string
  readonly tokenFile: string
  readonly world: World
  /** What reached the cluster so far, oldest first. */
  requests(): readonly RequestSeen[]
  forgetRequests(): void
  stop(): Promise<void>
}

const tokenName = 'cluster-token'

export async function startCluster({ data, port }: ClusterOptions): Promise<Cluster> {
  const tls = ensureOwnTls(join(data, 'cluster', 'tls'))
  const token = keptSecret(data, tokenName)
  const stopping = new AbortController()
  const clock = newClock()
  const world: World = { store: new Store(clock.now), logs: new PodLogs(), now: clock.now, stopping: stopping.signal }
  const controllers = startControllers(world)
  makeEstate(world, clock, controllers.settle)
  const stopChatter = startChatter(world)

  const containers = new Containers(world)
  const onUpgrade = ({ call, request, socket, head }: Upgrade) => { void serveStreams(socket, head, request, streamUseOf(world, containers, call)) }
  const log = new RequestLog()
  const { port: bound, server } = await listen({ world, token, port, log, tls: { cert: readFileSync(tls.cert, 'utf8'), key: readFileSync(tls.key, 'utf8') }, onUpgrade })
  const open = new Set<Socket | Http2Session>()
  const keep = (one: Socket | Http2Session) => { open.add(one); one.once('close', () => open.delete(one)) }
  server.on('secureConnection', keep)
  server.on('session', keep)
  return {
    url: `https://127.0.0.1:${bound}`, port: bound, ca: readFileSync(tls.ca, 'utf8'), caFile: tls.ca, token, tokenFile: join(data, 'secrets', tokenName), world,
    requests: () => log.all(), forgetRequests: () => log.clear(),
    stop: async () => {
      stopping.abort()
      controllers.stop()
      stopChatter()
      const closed = once(server, 'close')
      server.close()
      for (const one of open) one.destroy()
      await closed
    },
  }
}

function newClock() {
  let fixed: number | null = null
  return { now: () => fixed ?? Date.now(), set: (at: number) => { fixed = at }, release: () => { fixed = null } }
}
