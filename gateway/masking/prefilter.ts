// One pass over the bytes of a value that says where detectors have to look, and in nearly every value says: nowhere. Table driven:
// a byte that is no pivot costs one look-up. The patterns run only on the windows found here.
// A WebAssembly scanner may take its place for large chunks; then this one is its oracle (same windows, or the test fails).
import { detectorBytesMax } from '../limits.ts'
import { type ByteSet, byteSet, type Detector, digit } from './detectors/detector.ts'

/** A part of a value that one detector has to look at. */
export interface Window { readonly detector: Detector; readonly from: number; readonly to: number }

const separator = byteSet(' -')
/** What a byte is to the loop, as bits; 0: nothing. */
const pivotClass = 1
const digitClass = 2

interface Shape { readonly detector: number; readonly sets: readonly ByteSet[]; readonly pivot: number }
interface DigitRun { readonly detector: number; readonly count: number }

export class Prefilter {
  readonly #detectors: readonly Detector[]
  readonly #classes = new Uint8Array(256)
  readonly #shapes: readonly (readonly Shape[])[]
  readonly #digitRuns: readonly DigitRun[]
  readonly #shortestRun: number
  /** Per detector, the end of its last window: what lies before needs no second one. */
  readonly #coveredTo: Float64Array

  constructor(detectors: readonly Detector[]) {
    this.#detectors = detectors
    this.#coveredTo = new Float64Array(detectors.length)
    const shapes: Shape[][] = Array.from({ length: 256 }, () => [])
    const digitRuns: DigitRun[] = []
    for (const [index, { triggers }] of detectors.entries()) {
      for (const trigger of triggers) {
        if (trigger.kind === 'digits') digitRuns.push({ detector: index, count: trigger.count })
        else for (const byte of members(trigger.sets[trigger.pivot]!)) shapes[byte]!.push({ detector: index, sets: trigger.sets, pivot: trigger.pivot })
      }
    }
    this.#shapes = shapes
    this.#digitRuns = digitRuns
    this.#shortestRun = Math.min(...digitRuns.map(({ count }) => count))
    for (let byte = 0; byte < 256; byte++) {
      this.#classes[byte] = (digitRuns.length > 0 && digit[byte] === 1 ? digitClass : 0) | (shapes[byte]!.length > 0 ? pivotClass : 0)
    }
  }

  /** Null: nothing to look at. `too-much`: more than detectorBytesMax; nothing is said of what is there. */
  windows(bytes: Buffer, start: number, end: number): readonly Window[] | 'too-much' | null {
    const classes = this.#classes
    const shortestRun = this.#shortestRun
    let windows: Window[] | null = null
    let total = 0
    let run = 0
    let lastDigit = -3
    for (let i = start; i < end; i++) {
      const kind = classes[bytes[i]!]!
      if (kind === 0) continue
      if ((kind & digitClass) !== 0) {
        run = continuesRun(bytes, lastDigit, i) ? run + 1 : 1
        lastDigit = i
        if (kind === digitClass && run < shortestRun) continue
      }
      let hits = this.#hits(bytes, i, start, end, (kind & digitClass) === 0 ? 0 : run)
      if (hits === 0) continue
      if (windows === null) {
        windows = []
        this.#coveredTo.fill(start)
      }
      for (let detector = 0; hits !== 0; detector++, hits >>>= 1) {
        if ((hits & 1) === 0 || this.#coveredTo[detector]! > i) continue
        const window = this.#around(detector, bytes, i, start, end)
        this.#coveredTo[detector] = window.to
        total += window.to - window.from
        if (total > detectorBytesMax) return 'too-much'
        windows.push(window)
      }
    }
    return windows
  }

  /** The detectors with a trigger at `i`, as bits. */
  #hits(bytes: Buffer, i: number, start: number, end: number, run: number): number {
    let hits = 0
    const shapes = this.#shapes[bytes[i]!]!
    for (let k = 0; k < shapes.length; k++) {
      const shape = shapes[k]!
      if (fits(shape, bytes, i, start, end)) hits |= 1 << shape.detector
    }
    if (run >= this.#shortestRun) {
      for (const { detector, count } of this.#digitRuns) if (count === run) hits |= 1 << detector
    }
    return hits
  }

  /** The run of the detector's token bytes around `i`. */
  #around(index: number, bytes: Buffer, i: number, start: number, end: number): Window {
    const detector = this.#detectors[index]!
    const { token } = detector
    let from = i
    let to = i
    while (from > start && token[bytes[from - 1]!] === 1) from--
    while (to < end && token[bytes[to]!] === 1) to++
    return { detector, from, to }
  }
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

function members(set: ByteSet): readonly number[] {
  return [...set.keys()].filter((byte) => set[byte] === 1)
}
