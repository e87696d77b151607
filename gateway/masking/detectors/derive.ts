// From the program of a pattern to a trigger of the prefilter: bytes that every match holds. Two sources, the rarer one wins: what any
// match begins with, position by position, and a character (with its neighbours) that no match can avoid, such as the @ of `[a-z]+@corp`.
import { type DetectorPattern, reaches, type Step } from '../../policy/detector-pattern.ts'
import { type ByteSet, byteSet, membersOf, type Trigger } from './detector.ts'

type Take = Extract<Step, { kind: 'take' }>

/** Longer ones cost time and are not rarer. */
const triggerBytesMax = 8

/** The first byte of the characters a step takes; every byte of them where they are not ASCII. */
export function takenBytes({ ascii, takesOthers }: Take): ByteSet {
  const set = new Uint8Array(256)
  for (const character of ascii) set[character] = 1
  if (takesOthers) set.fill(1, 128)
  return set
}

export function triggerOf(pattern: DetectorPattern): Trigger {
  const required = pattern.steps.flatMap((step, at) => (step.kind === 'take' && isRequired(pattern, at) ? [chainFrom(pattern, at)] : []))
  const candidates = [prefixOf(pattern), ...required].map((sets) => ({ sets, weight: weightOf(sets) }))
  const { sets } = candidates.reduce((best, candidate) => (candidate.weight < best.weight ? candidate : best))
  const weights = sets.map(byteWeight)
  return { kind: 'bytes', sets, pivot: weights.indexOf(Math.min(...weights)) }
}

/** Sets for the first, second, … byte of any match, as far as every match is that long; at least one. */
function prefixOf({ steps, start }: DetectorPattern): readonly ByteSet[] {
  const sets: ByteSet[] = []
  let at = closure(steps, [start])
  while (sets.length < triggerBytesMax && !at.some((index) => steps[index]!.kind === 'match')) {
    const takes = at.map((index) => steps[index]!).filter((step) => step.kind === 'take')
    sets.push(union(takes.map(takenBytes)))
    if (takes.some(({ takesOthers }) => takesOthers)) break
    at = closure(steps, takes.map(({ next }) => next))
  }
  return sets
}

/** Whether no match can do without this step. */
function isRequired(pattern: DetectorPattern, at: number): boolean {
  return !reaches(pattern, (_, index) => index !== at)
}

/** The step, and those that must follow it one by one. */
function chainFrom({ steps }: DetectorPattern, first: number): readonly ByteSet[] {
  const sets: ByteSet[] = []
  for (let step = steps[first]!; step.kind === 'take' && sets.length < triggerBytesMax;) {
    sets.push(takenBytes(step))
    const following = closure(steps, [step.next])
    // A character beyond ASCII is several bytes: what follows it stands nobody knows where.
    if (step.takesOthers || following.length !== 1) break
    step = steps[following[0]!]!
  }
  return sets
}

/** The steps that take or match, reached from these without taking anything. */
function closure(steps: readonly Step[], from: readonly number[]): readonly number[] {
  const seen = new Set(from)
  for (const at of seen) {
    const step = steps[at]!
    if (step.kind === 'pass') for (const next of step.next) seen.add(next)
  }
  return [...seen].filter((at) => steps[at]!.kind !== 'pass')
}

function union(sets: readonly ByteSet[]): ByteSet {
  const all = new Uint8Array(256)
  for (const set of sets) for (const byte of membersOf(set)) all[byte] = 1
  return all
}

/** About how often bytes stand in rows of text: small letters most, then digits and spaces, then the rest. */
const frequent: readonly (readonly [ByteSet, number])[] = [[byteSet('aeinorstl'), 0.05], [byteSet('a-z'), 0.015], [byteSet(' '), 0.12], [byteSet('0-9'), 0.03], [byteSet('"\',._:/-'), 0.01], [byteSet('\x80-\xff'), 0.002]]

function byteWeight(set: ByteSet): number {
  return membersOf(set).reduce((sum, byte) => sum + (frequent.find(([bytes]) => bytes[byte] === 1)?.[1] ?? 0.002), 0)
}

function weightOf(sets: readonly ByteSet[]): number {
  return sets.reduce((product, set) => product * Math.min(1, byteWeight(set)), 1)
}
