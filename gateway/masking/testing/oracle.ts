// What a scanner must give, found the slow way: every pattern over every byte, no prefilter; encoded runs by regular expressions and
// Node's own decoders.
import type { DetectorRef } from '../../../shared/policy/detector.ts'
import { type AnyDetector, type Finding, findIn, joinFindings } from '../findings.ts'
import { rebuild } from '../rebuild.ts'
import { detectorOf } from '../scanner.ts'

export function oracle(wanted: readonly DetectorRef[]): (bytes: Buffer) => Buffer | null {
  const detectors = wanted.map(detectorOf)
  return (bytes) => {
    const findings = [...everywhere(detectors, bytes), ...encoded(detectors, bytes)]
    return findings.length === 0 ? null : rebuild(bytes, 0, bytes.length, joinFindings(findings))
  }
}

function everywhere(detectors: readonly AnyDetector[], bytes: Buffer): readonly Finding[] {
  const whole = { start: 0, end: bytes.length }
  return detectors.flatMap((detector) => findIn(detector, bytes, { from: 0, to: bytes.length }, whole))
}

const lineEnd = String.raw`(?:\r?\n|\\r\\n|\\n)`
const run = /[A-Za-z0-9+/_-]{15,}/g
const lines = new RegExp(`(?:[A-Za-z0-9+/_-]{60,}${lineEnd}(?=[A-Za-z0-9+/_-]))+[A-Za-z0-9+/_-]+`, 'g')
const encodings = [[/[A-Za-z0-9+/]{15,}/g, 'base64'], [/[A-Za-z0-9_-]{15,}/g, 'base64url'], [/[0-9A-Fa-f]{16,}/g, 'hex']] as const

function encoded(detectors: readonly AnyDetector[], bytes: Buffer): readonly Finding[] {
  const text = bytes.toString('latin1')
  const readings: { readonly at: number; readonly text: string; /** Of the line ends, taken out for decoding. */ readonly joined: string | null }[] = []
  for (const [pattern, isJoined] of [[run, false], [lines, true]] as const) {
    for (const match of text.matchAll(pattern)) {
      for (const skipped of text[match.index - 1] === '\\' ? [0, 1] : [0]) {
        const read = match[0].slice(skipped)
        readings.push({ at: match.index + skipped, text: read, joined: isJoined ? read.replaceAll(new RegExp(lineEnd, 'g'), '') : null })
      }
    }
  }
  return readings.flatMap(({ at, text: read, joined }) => encodings.flatMap(([pattern, encoding]) => {
    const stretches = joined === null ? [...read.matchAll(pattern)].map((match) => ({ from: at + match.index, to: at + match.index + match[0].length, characters: match[0] }))
      : [...joined.matchAll(pattern)].filter((match) => match[0].length === joined.length).map(() => ({ from: at, to: at + read.length, characters: joined }))
    return stretches.flatMap(({ from, to, characters }) => {
      const decoded = textOf(Buffer.from(characters, encoding))
      const first = decoded === null ? undefined : joinFindings(everywhere(detectors, decoded))[0]
      return first === undefined ? [] : [{ name: first.name, from, to: to + /^={0,2}/.exec(text.slice(to))![0].length }]
    })
  }))
}

function textOf(bytes: Buffer): Buffer | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true })
    // oxlint-disable-next-line no-control-regex
    return /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? null : bytes
  } catch {
    return null
  }
}
