// What one client's load on a cluster does to everybody else: the small requests of another session, beside a long list, a followed log
// and a watch that are read as fast as they come; and how long the gateway's loop works at a time, which every protocol feels.
import { spawn } from 'node:child_process'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import type { LoopDelay } from '../kubernetes/loop-delay.ts'
import { direct, gatewayTo, startApiServer, type KubernetesTarget } from '../kubernetes/targets.ts'
import { median, percentile } from '../measure.ts'
import type { BenchOptions } from '../options.ts'
import { ended, lineOf } from '../process.ts'
import type { Table } from '../table.ts'

const loads = [
  { name: 'none', path: null },
  { name: 'list of 20 MB', path: '/api/v1/pods' },
  { name: 'logs -f', path: '/api/v1/namespaces/shop/pods/web/log?follow=true' },
  { name: 'watch', path: '/api/v1/namespaces/shop/pods?watch=true' },
] as const
type Load = (typeof loads)[number]

const small = '/api/v1/namespaces/shop/configmaps/small'

export async function kubernetesNeighbours({ rounds, seconds }: BenchOptions, progress: (text: string) => void): Promise<Table[]> {
  const started: { stop(): Promise<unknown> }[] = []
  const keep = <T extends { stop(): Promise<unknown> }>(one: T): T => { started.push(one); return one }
  try {
    const api = keep(await startApiServer())
    const targets = [direct(api), keep(await gatewayTo(api, 'secrets')), keep(await gatewayTo(api, 'all'))]
    const results = new Map<string, Beside[]>()
    const key = (target: KubernetesTarget, load: Load) => `${target.name} ${load.name}`
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      for (const load of loads) {
        for (const target of targets) {
          progress(`kubernetes-neighbours: ${target.name}, ${load.name}`)
          const found = await beside(target, load, seconds)
          results.set(key(target, load), [...results.get(key(target, load)) ?? [], found])
        }
      }
    }
    return [{
      name: 'kubernetes-neighbours', title: 'another session’s small GETs beside a load on the same cluster, ms; and CPU of the gateway’s loop before it comes to a timer of 1 ms',
      columns: ['load', 'target', 'p50', 'p99', 'max', 'loop p50', 'loop p99', 'loop max', 'load MB/s'],
      rows: loads.flatMap((load) => targets.map((target) => [load.name, target.name, ...rowOf(results.get(key(target, load)) ?? [])])),
      notes: ['the load is a process of its own; latencies hold whatever else the machine does, the loop’s CPU time does not'],
    }]
  } finally {
    for (const one of started.toReversed()) await one.stop()
  }
}

interface Beside { readonly latencies: readonly number[]; readonly loop: LoopDelay | null; readonly megabytesPerSecond: number }

function rowOf(rounds: readonly Beside[]): (number | null)[] {
  const of = (value: (one: Beside) => number) => median(rounds.map(value))
  const loop = (value: (loop: LoopDelay) => number) => (rounds.every((one) => one.loop !== null) ? of((one) => value(one.loop!)) : null)
  return [
    of(({ latencies }) => percentile(latencies, 0.5)), of(({ latencies }) => percentile(latencies, 0.99)), Math.max(...rounds.flatMap(({ latencies }) => latencies)),
    loop(({ p50 }) => p50), loop(({ p99 }) => p99), loop(({ max }) => max), of(({ megabytesPerSecond }) => megabytesPerSecond),
  ]
}

/** The first half second is not counted: connections, caches, compilers, threads. */
async function beside(target: KubernetesTarget, load: Load, seconds: number): Promise<Beside> {
  const running = load.path === null ? null : await startLoad(target, load.path)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const token = await target.tokenOf?.('neighbour') ?? target.token
  try {
    await asked(performance.now() + 500)
    await target.loopDelay?.()
    const latencies = await asked(performance.now() + seconds * 1_000)
    const loop = await target.loopDelay?.() ?? null
    return { latencies, loop, megabytesPerSecond: (await running?.stop() ?? 0) / 1e6 }
  } finally {
    agent.destroy()
    await running?.stop()
  }

  async function asked(until: number): Promise<number[]> {
    const took: number[] = []
    while (performance.now() < until) {
      const began = performance.now()
      await get(`${target.base}${small}`, { ca: target.ca, agent, token })
      took.push(performance.now() - began)
      // Not a load of its own.
      await new Promise((done) => { setTimeout(done, 2) })
    }
    return took
  }
}

function get(url: string, { ca, agent, token }: { readonly ca: string; readonly agent: Agent; readonly token: string }): Promise<void> {
  return new Promise((done, failed) => {
    const sent = request(url, { ca, agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      if (response.statusCode !== 200) return failed(new Error(`${url} answers ${response.statusCode}`))
      response.resume().on('end', done)
    })
    sent.on('error', failed)
    sent.end()
  })
}

/** `stop` gives the bytes a second that it read. */
async function startLoad({ base, ca, token }: KubernetesTarget, path: string): Promise<{ stop(): Promise<number> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'kubernetes', 'load.ts'), JSON.stringify({ url: `${base}${path}`, ca, token })], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
  await lineOf(child, /^reading$/)
  const began = performance.now()
  let stopping: Promise<number> | null = null
  const stop = async () => {
    const said = lineOf(child, /^\{"read":/)
    child.stdin.end()
    const { read } = JSON.parse(await said) as { readonly read: { readonly bytes: number } }
    const rate = read.bytes / ((performance.now() - began) / 1_000)
    await ended(child, 'SIGTERM')
    return rate
  }
  return { stop: () => (stopping ??= stop()) }
}
