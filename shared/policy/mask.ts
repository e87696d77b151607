// A mask rule: columns by name or values by detector, and who may see them all the same.
import { z } from 'zod'
import { detectorNames, type DetectorName } from './detectors.ts'
import { identifierGlobProblem } from './identifier-glob.ts'
import { globText, knownKeys, plainName, someOf } from './shapes.ts'
import { didYouMean } from './suggest.ts'
import { nobody, whoSchema, type Who } from './who.ts'

export type MaskTarget =
  /** Globs over `schema.table.column`, always three parts. */
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | { readonly kind: 'detect'; readonly detectors: readonly DetectorName[] }

export interface MaskRule {
  readonly id: string
  readonly target: MaskTarget
  readonly as: 'redact'
  /** They see the value; recordings stay masked. */
  readonly except: Who
}

const columnGlob = globText.superRefine((pattern, context) => {
  const problem = identifierGlobProblem(pattern, 3)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
}).transform((pattern) => (pattern === '*' ? '*.*.*' : pattern))

const names = Object.keys(detectorNames)
const detector = z.string().superRefine((word, context) => {
  if (Object.hasOwn(detectorNames, word)) return
  context.addIssue({ code: 'custom', message: `${JSON.stringify(word.slice(0, 64))} is not a detector${didYouMean(word, names)}` })
}).transform((word) => word as DetectorName)

const shape = {
  id: plainName,
  columns: someOf(columnGlob).optional(),
  detect: someOf(detector).optional(),
  as: z.literal('redact', { error: 'expected redact, the one form of masking this gateway has' }),
  except: whoSchema.optional(),
}

export const maskSchema = z.strictObject(shape, knownKeys(shape))
  .superRefine((mask, context) => {
    const given = [mask.columns, mask.detect].filter((target) => target !== undefined).length
    if (given !== 1) context.addIssue({ code: 'custom', message: `expected exactly one of columns and detect; found ${given === 0 ? 'none' : 'both'}` })
  })
  .transform((mask): MaskRule => ({
    id: mask.id, as: mask.as, except: mask.except ?? nobody,
    target: mask.columns === undefined ? { kind: 'detect', detectors: mask.detect ?? [] } : { kind: 'columns', columns: mask.columns },
  }))
