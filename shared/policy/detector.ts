// A detector of the policy's own: values that look like its pattern. Its name may stand in `detect:` of every policy file. What needs
// a regular-expression engine (syntax, examples) is checked where policies are loaded; shared/ has none.
import { z } from 'zod'
import { detectorExampleCharactersMax, detectorExamplesMax, detectorPatternCharactersMax } from '../limits.ts'
import { detectorNames } from './detectors.ts'
import { knownKeys, oneOrMany, plainName } from './shapes.ts'

export interface CustomDetector {
  readonly name: string
  /** RE2 syntax; what it matches is masked. */
  readonly pattern: string
  /** Each must be found whole, or the policies do not load. */
  readonly examples: readonly string[]
}

/** What a mask looks for: one of the gateway's by name (the scanner refuses others), or the policy's own. */
export type DetectorRef = string | CustomDetector

const name = plainName.refine((word) => !Object.hasOwn(detectorNames, word), {
  error: ({ input }) => `${JSON.stringify(input)} is the name of a detector the gateway has; choose another`,
})

const pattern = z.string().min(1, { error: 'expected a pattern (RE2 syntax), not an empty text' })
  .max(detectorPatternCharactersMax, { error: `is longer than ${detectorPatternCharactersMax} characters (detectorPatternCharactersMax)` })

const example = z.string().min(1).max(detectorExampleCharactersMax, { error: `is longer than ${detectorExampleCharactersMax} characters (detectorExampleCharactersMax)` })

const shape = {
  name, pattern,
  examples: oneOrMany(example).refine((list) => list.length <= detectorExamplesMax, { error: `holds more than ${detectorExamplesMax} examples (detectorExamplesMax)` }).default([]),
}

export const detectorSchema: z.ZodType<CustomDetector> = z.strictObject(shape, knownKeys(shape))
