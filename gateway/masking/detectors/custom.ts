// A policy's own detector: its pattern, with triggers and token bytes derived from the program RE2 made of it. It reads UTF-8, so that
// `.` and classes mean characters; where a value is no UTF-8, a byte that is none counts as one unknown character.
import type { CustomDetector } from '../../../shared/policy/detector.ts'
import { GatehouseError } from '../../../shared/errors.ts'
import { customSearchBytesMax } from '../../limits.ts'
import { compilePattern, type DetectorPattern } from '../../policy/detector-pattern.ts'
import type { ByteSet, Sought, Span, ValueBounds } from './detector.ts'
import { takenBytes, triggerOf } from './derive.ts'

export interface OwnDetector extends Sought {
  readonly own: DetectorPattern
}

const known = new WeakMap<CustomDetector, OwnDetector>()

/** Throws GatehouseError config_invalid for a pattern that did not pass the load of policies. */
export function ownDetector(definition: CustomDetector): OwnDetector {
  let detector = known.get(definition)
  if (detector === undefined) known.set(definition, (detector = make(definition)))
  return detector
}

function make({ name, pattern }: CustomDetector): OwnDetector {
  const own = compilePattern(pattern)
  if ('problem' in own) throw new GatehouseError('config_invalid', `the pattern of detector ${name} ${own.problem}`)
  return { name, own, triggers: [triggerOf(own)], token: tokenOf(own) }
}

/** What any step takes: a match holds nothing else. */
function tokenOf({ steps }: DetectorPattern): ByteSet {
  const token = new Uint8Array(256)
  for (const step of steps) {
    if (step.kind === 'take') for (const [byte, taken] of takenBytes(step).entries()) token[byte]! |= taken
  }
  return token
}

/**
 * Everything the pattern matches between `from` and `to`. One byte more on each side is shown to it, for `\b`, `^` and `$` look that far;
 * it is no token byte, so no match takes it.
 */
export function findOwn({ own }: OwnDetector, bytes: Buffer, { from, to }: Span, { start, end }: ValueBounds): readonly Span[] {
  const shownFrom = Math.max(start, from - 1)
  const shown = bytes.subarray(shownFrom, Math.min(end, to + 1))
  const matcher = own.re2.matcher(shown)
  const spans: Span[] = []
  let left = customSearchBytesMax
  for (let at = 0; at < shown.length && matcher.find(at);) {
    left -= shown.length - at
    // A match may need a look at all that follows, so many matches in a long text would be quadratic.
    if (left < 0) return [...spans, { from: shownFrom + matcher.start(), to }]
    spans.push({ from: shownFrom + matcher.start(), to: shownFrom + matcher.end() })
    at = matcher.end()
  }
  return spans
}
