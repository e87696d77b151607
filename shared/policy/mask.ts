// A mask rule: columns by name or values by detector, and who may see them all the same.
import { z } from 'zod'
import { identifierGlobProblem } from './identifier-glob.ts'
import { parseJsonPath, splitColumnPath } from './json-path.ts'
import { maskFormSchema, type MaskForm } from './mask-form.ts'
import { globText, knownKeys, plainName, someOf } from './shapes.ts'
import { nobody, whoSchema, type Who } from './who.ts'

export type MaskTarget =
  /** Globs over `schema.table.column`, always three parts; behind it, for a JSON column, a path (splitColumnPath parts them). */
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | { readonly kind: 'detect'; /** Names; which there are is known when all policy files are. */ readonly detectors: readonly string[] }

export interface MaskRule {
  readonly id: string
  readonly target: MaskTarget
  readonly as: MaskForm
  /** They see the value; recordings stay masked. */
  readonly except: Who
}

const columnGlob = globText.superRefine((pattern, context) => {
  const { column, path } = splitColumnPath(pattern)
  const parsed = path === null ? null : parseJsonPath(path)
  const problem = identifierGlobProblem(column, 3) ?? (parsed?.ok === false ? parsed.problem : null)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
}).transform((pattern) => (pattern === '*' ? '*.*.*' : pattern))

const shape = {
  id: plainName,
  columns: someOf(columnGlob).optional(),
  detect: someOf(z.string()).optional(),
  as: maskFormSchema,
  except: whoSchema.optional(),
}

export const maskSchema = z.strictObject(shape, knownKeys(shape))
  .superRefine((mask, context) => {
    const given = [mask.columns, mask.detect].filter((target) => target !== undefined).length
    if (given !== 1) context.addIssue({ code: 'custom', message: `expected exactly one of columns and detect; found ${given === 0 ? 'none' : 'both'}` })
    if (mask.detect !== undefined && mask.as !== 'redact') context.addIssue({ code: 'custom', path: ['as'], message: 'what detectors find is redacted; write as: redact' })
  })
  .transform((mask): MaskRule => ({
    id: mask.id, as: mask.as, except: mask.except ?? nobody,
    target: mask.columns === undefined ? { kind: 'detect', detectors: mask.detect ?? [] } : { kind: 'columns', columns: mask.columns },
  }))
