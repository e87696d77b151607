// Detectors over a stream of bytes (logs, a terminal), whose chunks end anywhere. What may be the beginning of a finding is kept back:
// usually the last, unfinished line, at most streamHeldBytesMax. Time grows with the bytes; a chunk without a finding is not copied.
//
// What this does not do: a secret that comes slowly, with a flush in its middle, has gone in part; its rest is masked. In an encoded run
// longer than what is kept back each part is read by itself. A mark has another length than what it hides, so a tar with a finding in it
// (kubectl cp) breaks. Text that overwrites itself on the screen (backspaces, cursor movements) is looked at as it is sent.
import { streamHeldBytesMax, streamKeyBytesMax, streamLinesBytesMax, streamPieceBytesMax } from '../limits.ts'
import { coloursIn, findThroughEscapes } from './ansi.ts'
import { byteSet, type ByteSet } from './detectors/detector.ts'
import type { Finding } from './findings.ts'
import { maskedText } from './redaction.ts'
import type { Scanner } from './scanner.ts'

const newline = 0x0a
const carriageReturn = 0x0d
const backslash = 0x5c
const nothing = Buffer.alloc(0)

/** Runs of these may be base64 or hex; their lines belong together from a length on (encoded.ts). */
const encodedByte = byteSet('A-Za-z0-9+/_-')
const encodedLineMin = 60
const encodedLines = byteSet('A-Za-z0-9+/_=\r\n-')

/** What has begun to be masked and has not ended yet. */
type Swallow =
  | { readonly kind: 'key'; readonly left: number; /** The end of what was read, for a last line that is split. */ readonly tail: string }
  | { readonly kind: 'run'; readonly set: ByteSet }

const keyBegins = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/g
const keyEnds = /-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/
const keyEndCharactersMax = 120

export class StreamScanner {
  readonly #find: Scanner['find']
  /** Bytes that findings of one line consist of, and what encodes them: between others a line may be parted. */
  readonly #joined: ByteSet
  readonly #spansLines: boolean
  readonly #tokens: ReadonlyMap<string, ByteSet>
  /** Not looked at to its end yet. Its first `shown` bytes have gone already, by a flush. */
  #held: Buffer = nothing
  #shown = 0
  /** What was shown last was a mark, and what follows may belong to the same. */
  #isMarked = false
  #swallow: Swallow | null = null

  constructor(scanner: Scanner) {
    this.#find = scanner.find
    const ofLines = scanner.detectors.filter(({ token }) => token[newline] === 0)
    this.#spansLines = scanner.detectors.some(({ name, token }) => token[newline] === 1 && name !== 'private-key')
    this.#joined = union([encodedByte, byteSet('=\\\x1b'), ...ofLines.map(({ token }) => token)])
    this.#tokens = new Map(scanner.detectors.map(({ name, token }) => [name, token]))
  }

  /** What may go now; may be empty. The chunk is not kept, but may be what is returned. */
  push(chunk: Buffer): Buffer {
    return this.#advance(this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]), false)
  }

  /** Everything, at the end of the stream or at a pause of one that somebody looks at. */
  flush(): Buffer {
    return this.#advance(this.#held, true)
  }

  #advance(bytes: Buffer, isPause: boolean): Buffer {
    const out: Buffer[] = []
    let at = 0
    while (at < bytes.length) {
      if (this.#swallow !== null) {
        at = this.#swallowed(this.#swallow, bytes, at)
        continue
      }
      const end = Math.min(bytes.length, at + streamPieceBytesMax)
      const cut = isPause && end === bytes.length ? end : this.#cutIn(bytes, at, end)
      const to = cut === at ? at : this.#look(bytes, { at, end, cut, isPause }, out)
      if (to === at) break
      at = to
    }
    this.#keep(bytes, at, isPause)
    return out.length === 1 ? out[0]! : Buffer.concat(out)
  }

  /** After a pause the unfinished line is remembered: what follows may complete a finding. */
  #keep(bytes: Buffer, at: number, isPause: boolean): void {
    const from = this.#swallow !== null ? bytes.length : isPause ? Math.max(bytes.lastIndexOf(newline) + 1, bytes.length - streamLinesBytesMax) : at
    this.#shown = isPause ? bytes.length - from : Math.max(0, this.#shown - at)
    if (this.#shown === 0) this.#isMarked = false
    this.#held = from >= bytes.length ? nothing : from === 0 && isPause ? bytes : Buffer.from(bytes.subarray(from))
  }

  /** Up to where no finding can be parted; `at`: more has to come first. */
  #cutIn(bytes: Buffer, at: number, end: number): number {
    const isLong = end - at > streamHeldBytesMax
    const lineEnd = this.#lineEndBefore(bytes, at, this.#spansLines ? end - streamLinesBytesMax : end)
    const cut = lineEnd === at ? at : beforeEncodedLines(bytes, at, lineEnd)
    if (cut > at || !isLong) return cut
    if (lineEnd > at) return lineEnd
    for (let to = end; to > at; to--) if (this.#joined[bytes[to - 1]!] === 0) return to
    return inEncodedRun(bytes, at, at + streamHeldBytesMax / 2)
  }

  #lineEndBefore(bytes: Buffer, at: number, end: number): number {
    return end <= at ? at : Math.max(at, bytes.lastIndexOf(newline, end - 1) + 1)
  }

  /** Looks at `bytes[at, end)` and lets go what lies before the cut. Returns up to where it got: `at` when a finding is not finished. */
  #look(bytes: Buffer, { at, end, cut, isPause }: { readonly at: number; readonly end: number; readonly cut: number; readonly isPause: boolean }, out: Buffer[]): number {
    const findings = findThroughEscapes(this.#find, bytes, at, end)
    const wasMarked = this.#isMarked
    if (isPause) this.#isMarked = findings !== null && findings !== 'too-much' && findings.at(-1)?.to === end
    if (findings === null) return this.#show(bytes, at, cut, out)
    if (findings === 'too-much') {
      out.push(Buffer.from(bytes[cut - 1] === newline ? `${maskedText}\n` : maskedText))
      return cut
    }
    let done = at
    for (const finding of findings) {
      if (finding.from >= cut) break
      const isOpen = this.#tokens.has('private-key') && isOpenKey(bytes, finding, end)
      if (!isOpen && finding.to > cut && !isPause) {
        if (finding.from > at) return this.#show(bytes, done, finding.from, out)
        if (end - at <= streamHeldBytesMax) return at
        if (finding.to === end) this.#swallow = { kind: 'run', set: this.#runOf(finding) }
      }
      this.#show(bytes, done, withoutEscape(bytes, finding.from, done), out)
      this.#mark(bytes, finding, wasMarked, out)
      if (isOpen) this.#swallow = { kind: 'key', left: streamKeyBytesMax, tail: bytes.toString('latin1', Math.max(finding.from, end - keyEndCharactersMax), end) }
      if (finding.to > cut || isOpen) return finding.to
      done = finding.to
    }
    return this.#show(bytes, done, cut, out)
  }

  /** Of a finding whose beginning has been shown, what is left. */
  #mark(bytes: Buffer, { name, from, to }: Finding, wasMarked: boolean, out: Buffer[]): void {
    if (to <= this.#shown) return
    if (!(wasMarked && from < this.#shown)) out.push(Buffer.from(`[masked:${name}]`))
    const colours = coloursIn(bytes, Math.max(from, this.#shown), to)
    if (colours !== null) out.push(colours)
  }

  #show(bytes: Buffer, from: number, to: number, out: Buffer[]): number {
    const begin = Math.max(from, this.#shown)
    if (to > begin) out.push(begin === 0 && to === bytes.length ? bytes : bytes.subarray(begin, to))
    return to
  }

  /** An encoded run goes on over lines; others as far as their own bytes. */
  #runOf({ name }: Finding): ByteSet {
    const token = this.#tokens.get(name)
    return token === undefined || token[newline] === 1 ? encodedLines : union([token, encodedLines])
  }

  #swallowed(swallow: Swallow, bytes: Buffer, at: number): number {
    if (swallow.kind === 'run') {
      let to = at
      while (to < bytes.length && swallow.set[bytes[to]!] === 1) to++
      if (to < bytes.length) this.#swallow = null
      return to
    }
    const to = Math.min(bytes.length, at + swallow.left)
    const text = swallow.tail + bytes.toString('latin1', at, to)
    const match = keyEnds.exec(text)
    if (match !== null) {
      this.#swallow = null
      return at + match.index + match[0].length - swallow.tail.length
    }
    const left = swallow.left - (to - at)
    this.#swallow = left === 0 ? null : { kind: 'key', left, tail: text.slice(-keyEndCharactersMax) }
    return to
  }
}

function union(sets: readonly ByteSet[]): ByteSet {
  return Uint8Array.from({ length: 256 }, (_, byte) => (sets.some((set) => set[byte] === 1) ? 1 : 0))
}

/** A private key whose last line has not come: found up to the end of what there is. */
function isOpenKey(bytes: Buffer, { from, to }: Finding, end: number): boolean {
  if (to !== end) return false
  const text = bytes.toString('latin1', from, to)
  const last = [...text.matchAll(keyBegins)].at(-1)
  return last !== undefined && !keyEnds.test(text.slice(last.index))
}

/** A run of what may be base64 is parted between groups of four letters. */
function inEncodedRun(bytes: Buffer, at: number, cut: number): number {
  let from = cut
  while (from > at && encodedByte[bytes[from - 1]!] === 1) from--
  return cut - ((cut - from) % 4)
}

/** The backslashes before a finding go with it (rebuild.ts). */
function withoutEscape(bytes: Buffer, from: number, least: number): number {
  let first = from
  while (first > least && bytes[first - 1] === backslash) first--
  return first
}

/** Where the long lines of base64 begin that stand before an end of line: what follows them belongs to them. */
function beforeEncodedLines(bytes: Buffer, at: number, lineEnd: number): number {
  let before = lineEnd
  while (before > at) {
    let to = before - 1
    if (to > at && bytes[to - 1] === carriageReturn) to--
    let from = to
    while (from > at && encodedByte[bytes[from - 1]!] === 1) from--
    if (to - from < encodedLineMin) return before
    before = bytes.lastIndexOf(newline, from - 1) + 1
    if (before < at || from === at) return at
    if (from > before) return before
  }
  return before
}
