// How often a principal may ask whether a masked column equals something: an hour's worth of values, each counted, on each connection.
// Equality is allowed, so what it tells has to be slow to collect. In memory, of this process; a window begins with its first probe.
import { probesOfUnknownArray, probesPerHourMax, probeWindowMs } from '../limits.ts'
import { countElements } from '../sql/lineage/constants.ts'
import type { Probes } from './predicates.ts'
import type { Refusal } from './refusal.ts'

export interface ProbeBudget {
  /** Null: there was enough left, and it is taken. Else nothing is taken. */
  take(principal: string, connection: string, probes: number): Refusal | null
}

interface Window { readonly endsAt: number; taken: number }

/** `now`: milliseconds of a clock that never goes back. */
export function createProbeBudget(now: () => number = () => performance.now(), perHourMax = probesPerHourMax): ProbeBudget {
  const windows = new Map<string, Window>()

  function forgetEnded(at: number): void {
    // All windows are as long, so they end in the order in which they began, which is the order of the map.
    for (const [key, { endsAt }] of windows) {
      if (endsAt > at) return
      windows.delete(key)
    }
  }

  return {
    take(principal, connection, probes) {
      if (probes === 0) return null
      const at = now()
      forgetEnded(at)
      const key = JSON.stringify([principal, connection])
      const window = windows.get(key) ?? { endsAt: at + probeWindowMs, taken: 0 }
      if (window.taken + probes > perHourMax) return refusalOf(probes, perHourMax - window.taken, { perHourMax, waitMs: window.endsAt - at })
      window.taken += probes
      windows.set(key, window)
      return null
    },
  }
}

function refusalOf(probes: number, left: number, { perHourMax, waitMs }: { readonly perHourMax: number; readonly waitMs: number }): Refusal {
  const isTooLarge = probes > perHourMax
  return {
    kind: 'limit',
    message: `this command compares masked columns with ${Number.isFinite(probes) ? `${probes} values` : 'an array whose length is not seen'}; ${left} of the ${perHourMax} an hour (probesPerHourMax) are left to you on this connection`,
    hint: !Number.isFinite(probes) ? 'Write the values into the statement, or give them as parameters of the driver instead of by EXECUTE.' : isTooLarge ? 'Compare with fewer values, or ask for an exception from the mask.'
      : `In ${Math.ceil(waitMs / 60_000)} min there are ${perHourMax} again. For more ask for an exception from the mask.`,
  }
}

/** What one execution with these parameters takes: texts, and binary values as bytes. A text may be as it is recorded: cut, or `\x…`. */
export function countProbes({ constants, arrays }: Probes, parameters: readonly (string | Buffer | null)[]): number {
  return arrays.reduce((sum, number) => sum + elementsIn(parameters[number - 1]), constants)
}

function elementsIn(parameter: string | Buffer | null | undefined): number {
  // SQL's EXECUTE: its parameters are expressions, of as many elements as they like. One that is counted too low is asked again and again.
  if (parameter === undefined) return Infinity
  if (parameter === null) return 1
  if (typeof parameter !== 'string') return binaryElements(parameter)
  const cut = /… \((\d+) bytes\)$/.exec(parameter)
  if (parameter.startsWith('\\x')) return binaryElements(Buffer.from(parameter.slice(2, 2 + 2 * headerBytesMax), 'hex'))
  // Each element takes a separator and at least one byte.
  return cut === null ? countElements(parameter) : Math.ceil(Number(cut[1]) / 2)
}

/** Of an array of six dimensions, the most there are. */
const headerBytesMax = 12 + 8 * 6

/** array_send (PostgreSQL's arrayfuncs.c): dimensions, flags, element type, then length and lower bound of each dimension. */
function binaryElements(bytes: Buffer): number {
  const dimensions = bytes.length >= 12 ? bytes.readInt32BE(0) : -1
  if (dimensions < 0 || dimensions > 6 || bytes.length < 12 + 8 * dimensions) return probesOfUnknownArray
  let count = 1
  for (let at = 0; at < dimensions; at++) count *= Math.max(0, bytes.readInt32BE(12 + 8 * at))
  return Math.max(1, count)
}
