// Streams of a cluster, as fast as one client reads them: a followed log and a watch. Megabytes and events a second, beside a plain proxy
// with TLS on both sides; and how much memory the process in between took at most.
import { request } from 'node:https'
import { direct, gatewayTo, haproxy, startApiServer, type KubernetesTarget } from '../kubernetes/targets.ts'
import { cpuMicroseconds, median, residentBytes } from '../measure.ts'
import type { BenchOptions } from '../options.ts'
import type { Table } from '../table.ts'

const ways = [
  { name: 'logs -f', path: '/api/v1/namespaces/shop/pods/web/log?follow=true', unit: 'MB/s', isEvents: false },
  { name: 'watch', path: '/api/v1/namespaces/shop/pods?watch=true', unit: 'events/s', isEvents: true },
] as const

export async function kubernetes(options: BenchOptions, progress: (text: string) => void): Promise<Table[]> {
  const started: { stop(): Promise<unknown> }[] = []
  const keep = <T extends { stop(): Promise<unknown> }>(one: T): T => { started.push(one); return one }
  try {
    const api = keep(await startApiServer())
    const proxy = await haproxy(api)
    if ('missing' in proxy) progress(proxy.missing)
    const targets = [direct(api), ...('missing' in proxy ? [] : [keep(proxy)]), keep(await gatewayTo(api, 'secrets')), keep(await gatewayTo(api, 'all'))]
    const rows: (string | number | null)[][] = []
    for (const way of ways) rows.push(...await measured(way, targets, options, progress))
    return [{
      name: 'kubernetes', title: 'streams of a cluster, one client that reads as fast as it can; TLS on both sides', columns: ['stream', 'target', 'rate', 'unit', '× direct', '× haproxy', 'CPU µs/MB', 'RSS MB at most'], rows,
      notes: ['needed: 50 MB/s of a log, 10,000 events/s of a watch (each some 1.5 kB)'],
    }]
  } finally {
    for (const one of started.toReversed()) await one.stop()
  }
}

async function measured(way: (typeof ways)[number], targets: readonly KubernetesTarget[], { rounds, seconds }: BenchOptions, progress: (text: string) => void): Promise<(string | number | null)[][]> {
  const results = targets.map(() => [] as Read[])
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    for (let step = 0; step < targets.length; step++) {
      const at = (round + step) % targets.length
      progress(`kubernetes ${way.name}: ${targets[at]!.name}`)
      results[at]!.push(await read(targets[at]!, way.path, seconds))
    }
  }
  const rate = (of: readonly Read[]) => median(of.map(({ bytes, lines, took }) => (way.isEvents ? lines : bytes / 1e6) / took))
  const [bare, plain] = [rate(results[0]!), targets[1]?.name === 'haproxy' ? rate(results[1]!) : Number.NaN]
  return targets.map(({ name, pid }, at) => {
    const own = results[at]!
    return [way.name, name, rate(own), way.unit, rate(own) / bare, rate(own) / plain, pid === null ? null : median(own.map(({ cpu, bytes }) => cpu / (bytes / 1e6))), pid === null ? null : Math.max(...own.map(({ rss }) => rss))]
  })
}

interface Read { readonly bytes: number; readonly lines: number; readonly took: number; readonly cpu: number; readonly rss: number }

/** The first half second is not counted: connections, caches, compilers. */
function read({ base, ca, token, pid }: KubernetesTarget, path: string, seconds: number): Promise<Read> {
  return new Promise((resolve, reject) => {
    const sent = request(`${base}${path}`, { ca, agent: false, headers: { authorization: `Bearer ${token}` } }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`${base}${path} answers ${response.statusCode}`))
      let [bytes, lines, began, cpu, rss] = [0, 0, 0, 0, 0]
      const end = () => {
        clearInterval(sampler)
        sent.destroy()
        resolve({ bytes, lines, took: (performance.now() - began) / 1_000, cpu: cpuOf(pid) - cpu, rss })
      }
      const sampler = setInterval(() => { if (pid !== null) rss = Math.max(rss, residentMegabytes(pid)) }, 100)
      setTimeout(() => { [bytes, lines, began, cpu] = [0, 0, performance.now(), cpuOf(pid)] }, 500)
      setTimeout(end, 500 + seconds * 1_000)
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (path.includes('watch')) for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}

const cpuOf = (pid: number | null): number => (pid === null ? Number.NaN : cpuMicroseconds(pid) ?? Number.NaN)
const residentMegabytes = (pid: number): number => (residentBytes(pid) ?? 0) / 1024 ** 2
