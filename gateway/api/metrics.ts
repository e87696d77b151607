// What Prometheus may know: counts and times, never names of people, statements or targets.
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

export interface Metrics {
  readonly request: (route: string, status: number) => void
  readonly login: (result: 'ok' | 'refused') => void
  readonly contentType: string
  text(): Promise<string>
}

export interface Gauges {
  readonly sessions: () => number
  readonly tunnels: () => number
  readonly isReady: () => boolean
}

export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'gatehouse_' })
  const requests = new Counter({ name: 'gatehouse_api_requests_total', help: 'API requests by route and status', labelNames: ['route', 'status'], registers: [registry] })
  const logins = new Counter({ name: 'gatehouse_logins_total', help: 'Token exchanges by result', labelNames: ['result'], registers: [registry] })
  gauge(registry, 'gatehouse_sessions_open', 'Sessions open now', gauges.sessions)
  gauge(registry, 'gatehouse_tunnels_open', 'Tunnels open now', gauges.tunnels)
  gauge(registry, 'gatehouse_ready', '1 while the gateway takes sessions', () => Number(gauges.isReady()))
  return {
    request: (route, status) => requests.inc({ route, status }),
    login: (result) => logins.inc({ result }),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  const metric: Gauge = new Gauge({ name, help, registers: [registry], collect: () => { metric.set(read()) } })
}
