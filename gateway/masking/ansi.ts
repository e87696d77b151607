// Escape sequences of terminals inside a text: `AKIA\x1b[0mIOSF…` shows as one word. Findings are looked for in the text without them and
// carried back. Taken out are control sequences (ECMA-48 5.4: colours, erasing) and escapes of two or three bytes; what stands in an
// operating system command (a window's title) is text, and is looked at. Not undone: what moves the cursor to write over something.
import type { Finding } from './findings.ts'

const escape = 0x1b
// oxlint-disable-next-line no-control-regex
const sequences = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[()*+][0-9A-Za-z]|[=>78cDEHMNOZ])/g
// oxlint-disable-next-line no-control-regex
const colours = /\x1b\[[0-9;:]*m/g

type Find = (bytes: Buffer, start: number, end: number) => readonly Finding[] | 'too-much' | null

export function findThroughEscapes(find: Find, bytes: Buffer, start: number, end: number): ReturnType<Find> {
  if (!bytes.subarray(start, end).includes(escape)) return find(bytes, start, end)
  const { text, skips } = without(bytes.toString('latin1', start, end))
  const found = find(Buffer.from(text, 'latin1'), 0, text.length)
  if (found === null || found === 'too-much') return found
  return found.map(({ name, from, to }) => ({ name, from: start + original(skips, from, 'first'), to: start + original(skips, to, 'behind') }))
}

/** What a finding held of colours, so that what follows it looks as it did. */
export function coloursIn(bytes: Buffer, from: number, to: number): Buffer | null {
  if (!bytes.subarray(from, to).includes(escape)) return null
  return Buffer.from((bytes.toString('latin1', from, to).match(colours) ?? []).join(''), 'latin1')
}

/** At `at` of the shorter text, so many bytes have been left out up to there. */
interface Skip { readonly at: number; readonly skipped: number }

function without(text: string): { readonly text: string; readonly skips: readonly Skip[] } {
  const pieces: string[] = []
  const skips: Skip[] = []
  let copied = 0
  let length = 0
  for (const match of text.matchAll(sequences)) {
    const piece = text.slice(copied, match.index)
    pieces.push(piece)
    length += piece.length
    copied = match.index + match[0].length
    skips.push({ at: length, skipped: copied - length })
  }
  pieces.push(text.slice(copied))
  return { text: pieces.join(''), skips }
}

/** A position of the shorter text in the longer one: of a first byte behind what was left out there, of an end before it. */
function original(skips: readonly Skip[], at: number, which: 'first' | 'behind'): number {
  let low = 0
  let high = skips.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (which === 'first' ? skips[middle]!.at <= at : skips[middle]!.at < at) low = middle + 1
    else high = middle
  }
  return at + (low === 0 ? 0 : skips[low - 1]!.skipped)
}
