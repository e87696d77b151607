// A mask rule: columns by name, fields of Kubernetes objects, or values by detector; and who may see them all the same.
import { z } from 'zod'
import { identifierGlobProblem } from './identifier-glob.ts'
import { pointerText } from './json-pointer.ts'
import { parseJsonPath, splitColumnPath } from './json-path.ts'
import { groupGlob, objectName, resourceGlob } from './kubernetes-body.ts'
import { maskFormSchema, type MaskForm } from './mask-form.ts'
import { globText, knownKeys, plainName, someOf } from './shapes.ts'
import { nobody, whoSchema, type Who } from './who.ts'

export type MaskTarget =
  /** Globs over `schema.table.column`, always three parts; behind it, for a JSON column, a path (splitColumnPath parts them). */
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | FieldTarget
  | { readonly kind: 'detect'; /** Names; which there are is known when all policy files are. */ readonly detectors: readonly string[] }

/** Fields of Kubernetes objects. Of objects, so whatever the request: get, list, watch, what a write answers. */
export interface FieldTarget {
  readonly kind: 'fields'
  /** Globs as in rules, over the resource. */
  readonly resources: readonly string[]
  /** Null: any. */
  readonly groups: readonly string[] | null
  readonly namespaces: readonly string[] | null
  readonly names: readonly string[] | null
  /** JSON pointers; a segment may be a lone `*`. */
  readonly fields: readonly string[]
  /** Not objects whose `type` is one of these (`helm.sh/release.v1`). */
  readonly exceptTypes: readonly string[]
}

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

const maskedResource = resourceGlob.refine((pattern) => !pattern.startsWith('/'), { error: 'a path that is no resource has no fields' })

const fieldShape = {
  resources: someOf(maskedResource).optional(), fields: someOf(pointerText).optional(), groups: someOf(groupGlob).optional(),
  namespaces: someOf(objectName).optional(), names: someOf(objectName).optional(), 'except-types': someOf(z.string().min(1)).optional(),
}
const shape = {
  id: plainName,
  columns: someOf(columnGlob).optional(),
  ...fieldShape,
  detect: someOf(z.string()).optional(),
  as: maskFormSchema,
  except: whoSchema.optional(),
}
type Written = z.output<z.ZodObject<typeof shape, z.core.$strict>>

const fieldKeys = Object.keys(fieldShape) as readonly (keyof typeof fieldShape)[]

export const maskSchema = z.strictObject(shape, knownKeys(shape))
  .superRefine((mask, context) => {
    const problem = (message: string, path: string[] = []) => context.addIssue({ code: 'custom', message, path })
    const ofFields = fieldKeys.filter((key) => mask[key] !== undefined)
    const given = [...(mask.columns === undefined ? [] : ['columns']), ...(mask.detect === undefined ? [] : ['detect']), ...(ofFields.length === 0 ? [] : ['fields'])]
    if (given.length !== 1) return problem(`expected exactly one of columns, detect, and resources with fields; found ${given.length === 0 ? 'none' : given.join(' and ')}`)
    if (mask.detect !== undefined && mask.as !== 'redact') problem('what detectors find is redacted; write as: redact', ['as'])
    if (ofFields.length > 0 && mask.fields === undefined) problem('says not which fields; expected fields: [JSON pointers] such as [/data/password]')
    if (ofFields.length > 0 && mask.resources === undefined) problem('says not of which resources; expected resources: such as [configmaps]')
  })
  .transform((mask): MaskRule => ({ id: mask.id, as: mask.as, except: mask.except ?? nobody, target: targetOf(mask) }))

function targetOf(mask: Written): MaskTarget {
  if (mask.columns !== undefined) return { kind: 'columns', columns: mask.columns }
  if (mask.detect !== undefined) return { kind: 'detect', detectors: mask.detect }
  return {
    kind: 'fields', resources: mask.resources ?? [], fields: mask.fields ?? [], groups: mask.groups ?? null,
    namespaces: mask.namespaces ?? null, names: mask.names ?? null, exceptTypes: mask['except-types'] ?? [],
  }
}
