// One pass over the bytes of a value that says where detectors have to look, and in nearly every value says: nowhere. Table driven:
// a byte that is no pivot costs one look-up. The patterns run only on the windows found here.
// A WebAssembly scanner may take its place for large chunks; then this one is its oracle (same windows, or the test fails).
import { detectorBytesMax } from '../limits.ts'
import { type ByteSet, byteSet, digit, membersOf, type Sought } from './detectors/detector.ts'

/** A part of a value that one detector has to look at. */
export interface Window<D extends Sought> { readonly detector: D; readonly from: number; readonly to: number }

const separator = byteSet(' -')
/** What a byte is to the loop, as bits; 0: nothing. */
const pivotClass = 1
const digitClass = 2

interface Shape { readonly detector: number; readonly sets: readonly ByteSet[]; readonly pivot: number }
interface DigitRun { readonly detector: number; readonly count: number }

export class Prefilter<D extends Sought> {
  readonly #detectors: readonly D[]
  readonly #classes = new Uint8Array(256)
  readonly #shapes: readonly (readonly Shape[])[]
  /** At `pivot << 8 | byte`: whether that byte may stand before (behind) the pivot in any of its shapes. Most spaces, dashes and dots end here. */
  readonly #before: Uint8Array
  readonly #behind: Uint8Array
  readonly #digitRuns: readonly DigitRun[]
  readonly #shortestRun: number
  /** Per detector, the end of its last window: what lies before needs no second one. */
  readonly #coveredTo: Float64Array
  /** The detectors with a trigger at the place looked at. */
  readonly #hits: Int32Array

  constructor(detectors: readonly D[]) {
    this.#detectors = detectors
    this.#coveredTo = new Float64Array(detectors.length)
    const shapes: Shape[][] = Array.from({ length: 256 }, () => [])
    const digitRuns: DigitRun[] = []
    for (const [index, { triggers }] of detectors.entries()) {
      for (const trigger of triggers) {
        if (trigger.kind === 'digits') digitRuns.push({ detector: index, count: trigger.count })
        else for (const byte of membersOf(trigger.sets[trigger.pivot]!)) shapes[byte]!.push({ detector: index, sets: trigger.sets, pivot: trigger.pivot })
      }
    }
    this.#shapes = shapes
    this.#before = neighbours(shapes, -1)
    this.#behind = neighbours(shapes, 1)
    this.#digitRuns = digitRuns
    this.#shortestRun = Math.min(...digitRuns.map(({ count }) => count))
    this.#hits = new Int32Array(Math.max(...shapes.map(({ length }) => length)) + digitRuns.length)
    for (let byte = 0; byte < 256; byte++) {
      this.#classes[byte] = (digitRuns.length > 0 && digit[byte] === 1 ? digitClass : 0) | (shapes[byte]!.length > 0 ? pivotClass : 0)
    }
  }

  /** Null: nothing to look at. `too-much`: more than detectorBytesMax; nothing is said of what is there. */
  windows(bytes: Buffer, start: number, end: number): readonly Window<D>[] | 'too-much' | null {
    const classes = this.#classes
    const before = this.#before
    const behind = this.#behind
    const shortestRun = this.#shortestRun
    let windows: Window<D>[] | null = null
    let total = 0
    let run = 0
    let lastDigit = -3
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      const kind = classes[byte]!
      if (kind === 0) continue
      let isRun = false
      if ((kind & digitClass) !== 0) {
        run = continuesRun(bytes, lastDigit, i) ? run + 1 : 1
        lastDigit = i
        isRun = run >= shortestRun
      }
      const mayBeShape = (kind & pivotClass) !== 0 && (i === start || before[(byte << 8) | bytes[i - 1]!] === 1) && (i + 1 === end || behind[(byte << 8) | bytes[i + 1]!] === 1)
      if (!mayBeShape && !isRun) continue
      let hits = mayBeShape ? this.#shapesAt(bytes, i, start, end) : 0
      if (isRun) hits = this.#runsOf(run, hits)
      if (hits === 0) continue
      if (windows === null) {
        windows = []
        this.#coveredTo.fill(start)
      }
      for (let k = 0; k < hits; k++) {
        const detector = this.#hits[k]!
        if (this.#coveredTo[detector]! > i) continue
        const window = this.#around(detector, bytes, i, start, end)
        this.#coveredTo[detector] = window.to
        if (window.detector.isPlausible?.(bytes, window) === false) continue
        total += window.to - window.from
        if (total > detectorBytesMax) return 'too-much'
        windows.push(window)
      }
    }
    return windows
  }

  /** How many shapes fit with their pivot at `i`; their detectors stand in `#hits`. */
  #shapesAt(bytes: Buffer, i: number, start: number, end: number): number {
    const shapes = this.#shapes[bytes[i]!]!
    let hits = 0
    for (let k = 0; k < shapes.length; k++) {
      const shape = shapes[k]!
      if (fits(shape, bytes, i, start, end)) this.#hits[hits++] = shape.detector
    }
    return hits
  }

  /** Adds the detectors that wait for a run of so many digits. */
  #runsOf(run: number, hits: number): number {
    for (const { detector, count } of this.#digitRuns) if (count === run) this.#hits[hits++] = detector
    return hits
  }

  /** The run of the detector's token bytes around `i`. */
  #around(index: number, bytes: Buffer, i: number, start: number, end: number): Window<D> {
    const detector = this.#detectors[index]!
    const { token } = detector
    let from = i
    let to = i
    while (from > start && token[bytes[from - 1]!] === 1) from--
    while (to < end && token[bytes[to]!] === 1) to++
    return { detector, from, to }
  }
}

function neighbours(shapes: readonly (readonly Shape[])[], side: -1 | 1): Uint8Array {
  const table = new Uint8Array(256 * 256)
  for (const [byte, ones] of shapes.entries()) {
    for (const { sets, pivot } of ones) {
      const set = sets[pivot + side]
      // The shape ends here: anything may stand beside it.
      if (set === undefined) table.fill(1, byte << 8, (byte + 1) << 8)
      else for (const member of membersOf(set)) table[(byte << 8) | member] = 1
    }
  }
  return table
}

/** Digits belong together with nothing or one space or dash between them. */
function continuesRun(bytes: Buffer, lastDigit: number, i: number): boolean {
  return i - lastDigit === 1 || (i - lastDigit === 2 && separator[bytes[i - 1]!] === 1)
}

/** From the pivot outwards to the left, then to the right: the left is what differs first (`ghp_`, `eyJ`). */
function fits({ sets, pivot }: Shape, bytes: Buffer, i: number, start: number, end: number): boolean {
  const first = i - pivot
  if (first < start || first + sets.length > end) return false
  for (let k = pivot - 1; k >= 0; k--) if (sets[k]![bytes[first + k]!] !== 1) return false
  for (let k = pivot + 1; k < sets.length; k++) if (sets[k]![bytes[first + k]!] !== 1) return false
  return true
}
