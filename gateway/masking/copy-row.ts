// A row of COPY … TO STDOUT as detectors see it: fields between tabs, and a newline that must stay. Scanned as one value, a secret
// that reaches to the end of its value (a cut-off private key) would take the other fields and the newline with it.
import type { Scanner } from './scanner.ts'

const tab = 0x09
const newline = 0x0a

/** The row `bytes[start, end)` with findings replaced; null when there are none. In CSV a row is one field, but for its newline. */
export function scanCopyRow(scanner: Scanner, bytes: Buffer, start: number, end: number): Buffer | null {
  const textEnd = end > start && bytes[end - 1] === newline ? end - 1 : end
  const pieces: Buffer[] = []
  let kept = start
  for (let from = start; from <= textEnd;) {
    const next = bytes.indexOf(tab, from)
    const to = next === -1 || next > textEnd ? textEnd : next
    const scanned = scanner.scan(bytes, from, to)
    if (scanned !== null) {
      pieces.push(bytes.subarray(kept, from), scanned)
      kept = to
    }
    from = to + 1
  }
  return pieces.length === 0 ? null : Buffer.concat([...pieces, bytes.subarray(kept, end)])
}
