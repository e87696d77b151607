// Patterns of detectors a policy brings, compiled by RE2 (linear time, whatever the text) and read back as a program: what may match is
// asked of what RE2 will run, not of a second reading of the pattern.
import { RE2JS } from 're2js'
import { detectorInstructionsMax } from '../limits.ts'

/** One step of the program: it takes a character, or goes on without one. */
export type Step =
  | { readonly kind: 'take'; /** Of the 128 ASCII characters, those it takes. */ readonly ascii: readonly number[]; readonly takesOthers: boolean; readonly next: number }
  | { readonly kind: 'pass'; readonly next: readonly number[] }
  | { readonly kind: 'match' }

export interface DetectorPattern {
  readonly re2: RE2JS
  readonly start: number
  readonly steps: readonly Step[]
}

/** The pattern, or why it cannot serve. */
export function compilePattern(pattern: string): DetectorPattern | { readonly problem: string } {
  let re2: RE2JS
  try {
    re2 = RE2JS.compile(pattern)
  } catch (error) {
    return { problem: `is not a pattern RE2 can run: ${error instanceof Error ? error.message.replace('error parsing regexp: ', '') : String(error)}` }
  }
  const size = re2.programSize()
  if (size > detectorInstructionsMax) return { problem: `becomes ${size} instructions, more than ${detectorInstructionsMax} (detectorInstructionsMax); repeat less` }
  const compiled = { re2, ...programOf(re2) }
  return reaches(compiled, ({ kind }) => kind !== 'take') ? { problem: 'matches the empty text, so it would find something everywhere; make it need at least one character' } : compiled
}

/** Why the pattern does not find exactly the example; null: it does. */
export function exampleProblem({ re2 }: DetectorPattern, example: string): string | null {
  const matcher = re2.matcher(example)
  if (!matcher.find()) return 'is not matched by the pattern'
  const found = example.slice(matcher.start(), matcher.end())
  return found === example ? null : `is matched only in part: ${JSON.stringify(found)}`
}

/** Whether a match can be reached over steps that `isOpen` admits. */
export function reaches({ steps, start }: Pick<DetectorPattern, 'steps' | 'start'>, isOpen: (step: Step, at: number) => boolean): boolean {
  const seen = new Set<number>([start])
  for (const at of seen) {
    const step = steps[at]!
    if (!isOpen(step, at)) continue
    if (step.kind === 'match') return true
    for (const next of step.kind === 'take' ? [step.next] : step.next) seen.add(next)
  }
  return false
}

/** What of re2js's program is read; it is not in its types, so it is checked, and the version is pinned. */
interface Instruction {
  readonly op: number
  readonly out: number
  readonly arg: number
  matchRune(rune: number): boolean
  readonly runes: ArrayLike<number>
  readonly constructor: Readonly<Record<'ALT' | 'ALT_MATCH' | 'CAPTURE' | 'EMPTY_WIDTH' | 'FAIL' | 'MATCH' | 'NOP' | 'RUNE' | 'RUNE1' | 'RUNE_ANY' | 'RUNE_ANY_NOT_NL', number>>
}

function programOf(re2: RE2JS): Pick<DetectorPattern, 'start' | 'steps'> {
  // The cast: re2Input is the compiled program in every re2js 2.x; a version without it fails every test of custom detectors.
  const { prog } = (re2 as unknown as { readonly re2Input: { readonly prog: { readonly start: number; readonly inst: readonly Instruction[] } } }).re2Input
  return { start: prog.start, steps: prog.inst.map(stepOf) }
}

function stepOf(instruction: Instruction): Step {
  const { op, out, arg, constructor: ops } = instruction
  switch (op) {
    case ops.ALT: case ops.ALT_MATCH: return { kind: 'pass', next: [out, arg] }
    // An assertion (^, $, \b) is taken as always true: more can match then, never less.
    case ops.CAPTURE: case ops.NOP: case ops.EMPTY_WIDTH: return { kind: 'pass', next: [out] }
    case ops.FAIL: return { kind: 'pass', next: [] }
    case ops.MATCH: return { kind: 'match' }
    case ops.RUNE_ANY: return { kind: 'take', ascii: [...asciiCharacters], takesOthers: true, next: out }
    case ops.RUNE_ANY_NOT_NL: return { kind: 'take', ascii: asciiCharacters.filter((character) => character !== 0x0a), takesOthers: true, next: out }
    case ops.RUNE: case ops.RUNE1: return { kind: 'take', ascii: asciiCharacters.filter((character) => instruction.matchRune(character)), takesOthers: takesOthers(instruction), next: out }
    default: throw new Error(`re2js has an instruction ${op} that is not known here`)
  }
}

const asciiCharacters = Array.from({ length: 128 }, (_, character) => character)

/** One rune may stand for its other cases too: K and S have some beyond ASCII (U+212A, U+017F). */
function takesOthers({ runes, arg }: Instruction): boolean {
  if (runes.length > 1) return Array.from(runes).some((rune) => rune >= 128)
  return (runes[0] ?? 0) >= 128 || (arg !== 0 && 'kKsS'.includes(String.fromCharCode(runes[0] ?? 0)))
}
