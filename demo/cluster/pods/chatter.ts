// What the sample pods write, a line a second: access logs, JSON, a worker that now and then writes what it should not.
import { textAt, type KubeObject } from '../objects.ts'
import { pods } from '../controllers/pods.ts'
import { awsKey } from '../estate/shop.ts'
import type { World } from '../world.ts'

const everyMs = 1000
const backlogLines = 60

/** Deterministic by number, so that a log looks the same wherever it is read. */
const pick = <T>(choices: readonly T[], number: number): T => choices[Math.abs(number * 7919) % choices.length]!

const paths = ['/', '/products/17', '/cart', '/checkout', '/products/204', '/search?q=lamp', '/static/app.js']

function line(app: string, container: string, number: number, at: number): string {
  if (container === 'metrics') return `level=info msg="flushed" series=${40 + number % 9}`
  const time = new Date(at).toISOString()
  switch (app) {
    case 'web': return `10.244.0.${number % 200} - - [${time}] "GET ${pick(paths, number)} HTTP/1.1" ${number % 23 === 0 ? 502 : 200} ${800 + number * 37 % 9000}`
    case 'api': return JSON.stringify({ time, level: number % 19 === 0 ? 'warn' : 'info', msg: number % 19 === 0 ? 'slow query' : 'request', path: `/v1${pick(paths, number)}`, ms: 3 + number * 13 % 140 })
    case 'worker':
      if (number % 10 === 3) return `${time} DEBUG s3 client using access key ${awsKey} in eu-central-1`
      if (number % 10 === 6) return `${time} INFO mail sent to lena.fischer@example.com (order ${5000 + number})`
      return `${time} INFO job done queue=orders id=${5000 + number} ms=${20 + number * 31 % 400}`
    case 'postgres': return `${time.replace('T', ' ').replace('Z', ' UTC')} [${60 + number % 30}] LOG:  checkpoint complete: wrote ${number % 90} buffers`
    default: return `${time} level=info app=${app} msg="tick" n=${number}`
  }
}

export function startChatter(world: World): () => void {
  const counts = new Map<string, number>()
  const speak = () => {
    for (const pod of world.store.list(pods)) if (textAt(pod, 'status', 'phase') === 'Running' && pod.metadata.deletionTimestamp === undefined) speakOne(world, pod, counts)
  }
  speak()
  const timer = setInterval(speak, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

function speakOne({ logs }: World, pod: KubeObject, counts: Map<string, number>): void {
  const app = textAt(pod, 'metadata', 'labels', 'app')
  const statuses = pod['status'] as { readonly containerStatuses?: readonly { readonly name: string; readonly state: { readonly running?: { readonly startedAt: string } } }[] }
  for (const { name, state } of statuses.containerStatuses ?? []) {
    if (!state.running) continue
    const key = `${pod.metadata.uid}/${name}`
    const container = { podUid: pod.metadata.uid, container: name }
    const now = Date.now()
    const first = Math.min(backlogLines, Math.floor((now - Date.parse(state.running.startedAt)) / everyMs))
    const known = counts.get(key)
    // A pod that has run for days has a past.
    if (known === undefined) for (let back = first; back > 0; back--) logs.write(container, line(app, name, first - back, now - back * everyMs), now - back * everyMs)
    const number = known ?? first
    logs.write(container, line(app, name, number, now), now)
    counts.set(key, number + 1)
  }
}
