// Ports of the demo: chosen free once, then kept, because tokens name their issuer and people bookmark the rest.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { GatehouseError } from '../shared/errors.ts'

export interface DemoPorts { readonly api: number; readonly native: number; readonly postgres: number; readonly provider: number; readonly app: number; readonly cluster: number }

const preferred: DemoPorts = { api: 8443, native: 15432, postgres: 15433, provider: 15480, app: 15400, cluster: 15443 }

/** Below the ephemeral range (Linux 32768, macOS and Windows 49152), where outgoing connections come and go. */
const lowest = 20_000
const highest = 32_000

/**
 * The ports of this data folder. The gateway's two stay as gateway.yaml says (a taken one is an error there); the others move when
 * something else has taken theirs. A folder of the user's choice begins where no other folder does, so that demos live side by side.
 */
export async function demoPorts(data: string, isDefaultFolder: boolean): Promise<DemoPorts> {
  const file = join(data, 'ports.json')
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as Partial<DemoPorts> : {}
  const offset = createHash('sha256').update(data).digest().readUInt32BE() % (highest - lowest)
  const taken = new Set<number>()
  const choose = async (name: keyof DemoPorts, place: number, isFixed = false) => {
    const wanted = kept[name] ?? (isDefaultFolder ? preferred[name] : undefined)
    // One that moves does not take another's place, which would move too.
    const others = Object.entries(kept).filter(([other]) => other !== name).map(([, port]) => port)
    const port = isFixed && kept[name] !== undefined ? kept[name] : await freePort({ preferred: wanted, from: offset + place, not: new Set([...taken, ...others]) })
    taken.add(port)
    return port
  }
  const ports = {
    api: await choose('api', 0, true), native: await choose('native', 1, true),
    postgres: await choose('postgres', 2), provider: await choose('provider', 3), app: await choose('app', 4), cluster: await choose('cluster', 5),
  }
  writeFileSync(file, `${JSON.stringify(ports)}\n`)
  return ports
}

export interface PortWish { readonly preferred?: number | undefined; readonly from?: number; readonly not?: ReadonlySet<number> }

/** `preferred` if nobody listens there, else the first free one after `from` (left out: a place that differs by process). */
export async function freePort({ preferred: wanted, from = process.pid * 97, not }: PortWish = {}): Promise<number> {
  const isGood = async (port: number) => !not?.has(port) && await isFree(port)
  if (wanted !== undefined && await isGood(wanted)) return wanted
  for (let step = 0; step < highest - lowest; step++) {
    const port = lowest + (from + step) % (highest - lowest)
    if (await isGood(port)) return port
  }
  throw new GatehouseError('port_taken', `no free port between ${lowest} and ${highest} on 127.0.0.1`)
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
