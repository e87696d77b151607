// What a rule about Kubernetes is about: `kubernetes` (verbs), `resources`, `groups`, `namespaces`, `names`, `argv`, `fields`, `deletes`.
// All that are written must hold together. Not the body of a request: that is KubernetesBody in shared/kubernetes.ts.
import { z } from 'zod'
import type { KubernetesWord } from '../kubernetes.ts'
import { massDeletesOverDefault, massDeletesOverMax, massDeletesWithinMsDefault, massDeletesWithinMsMax } from '../limits.ts'
import { parseDuration } from './duration.ts'
import { pointerProblem } from './json-pointer.ts'
import { kubernetesWordProblem, resourceGlobProblem, upgradeVerbs, writingVerbs, isPrivilege } from './kubernetes-words.ts'
import { globText, knownKeys, someOf } from './shapes.ts'
import { splitWords } from './words.ts'

export interface FieldCondition {
  /** A JSON pointer; a segment may be a lone `*`. */
  readonly pointer: string
  readonly anyOf: readonly string[]
}

export interface KubernetesRuleBody {
  readonly kind: 'kubernetes'
  /** `*`: every verb; of an allow no privilege. */
  readonly words: readonly (KubernetesWord | '*')[]
  /** Globs over `resource` and `resource/subresource`, or over a path that is no resource, which begins with a slash. Null: any. */
  readonly resources: readonly string[] | null
  /** Globs over the API group; `''` is the core group. Null: any. */
  readonly groups: readonly string[] | null
  /** Globs over the namespace. Null: any, and none. */
  readonly namespaces: readonly string[] | null
  readonly names: readonly string[] | null
  /** Globs over the words of what exec runs. */
  readonly argv: readonly string[] | null
  /** Each must hold of the written object. */
  readonly fields: readonly FieldCondition[] | null
  /** What `mass-delete` means here; null: the rule does not name it. */
  readonly deletes: { readonly over: number; readonly withinMs: number } | null
}

const word = z.string().superRefine((text, context) => {
  const problem = text === '*' ? null : kubernetesWordProblem(text)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
}).transform((text) => text as KubernetesWord | '*')

export const resourceGlob = globText.superRefine((pattern, context) => {
  const problem = resourceGlobProblem(pattern)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
})

/** The core group is written as the empty text. */
export const groupGlob = z.string().refine((text) => text === '' || globText.safeParse(text).success, { error: 'expected an API group such as apps, or "" for the core group' })
  .refine((text) => text !== 'core' && text !== 'v1' && !text.includes('/'), { error: 'expected an API group without its version, such as apps; the core group is ""' })

export const objectName = globText.refine((pattern) => !pattern.includes('/'), { error: 'expected a name (a glob) without its resource' })

const argvGlob = globText.superRefine((pattern, context) => {
  const words = splitWords(pattern)
  if ('problem' in words) context.addIssue({ code: 'custom', message: words.problem })
  else if (words.length === 0) context.addIssue({ code: 'custom', message: 'names no command' })
})

const scalar = z.preprocess((value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value), globText)
const fields = z.record(z.string(), someOf(scalar), { error: 'expected a map of JSON pointers to globs, such as { /data/mode: [off, slow] }' })
  .superRefine((map, context) => {
    if (Object.keys(map).length === 0) context.addIssue({ code: 'custom', message: 'names no field; leave the key out' })
    for (const pointer of Object.keys(map)) {
      const problem = pointerProblem(pointer)
      if (problem !== null) context.addIssue({ code: 'custom', path: [pointer], message: problem })
    }
  })

const windowExpected = 'expected a duration of at most 1h, such as 30s or 1m'
const window = z.string({ error: windowExpected }).transform((text, context) => {
  const ms = parseDuration(text)
  if (ms !== null && ms <= massDeletesWithinMsMax) return ms
  context.addIssue({ code: 'custom', message: windowExpected })
  return z.NEVER
})
const deletesShape = {
  over: z.number().int().min(0).max(massDeletesOverMax, { error: `expected at most ${massDeletesOverMax}: no more deletes are remembered (massDeletesOverMax)` }).default(massDeletesOverDefault),
  within: window.default(massDeletesWithinMsDefault),
}

export const kubernetesShape = {
  kubernetes: someOf(word),
  resources: someOf(resourceGlob).optional(), groups: someOf(groupGlob).optional(), namespaces: someOf(objectName).optional(), names: someOf(objectName).optional(),
  argv: someOf(argvGlob).optional(), fields: fields.optional(), deletes: z.strictObject(deletesShape, knownKeys(deletesShape)).optional(),
}
type Written = z.output<z.ZodObject<typeof kubernetesShape, z.core.$strict>>

const written = z.strictObject(kubernetesShape, knownKeys(kubernetesShape)).superRefine(check)

/** Rules that read as if they held something, and never would. */
function check(body: Written, context: z.RefinementCtx): void {
  const problem = (message: string, path: (string | number)[]) => context.addIssue({ code: 'custom', message, path })
  const { kubernetes: words, resources } = body
  for (const [at, one] of words.entries()) {
    if (body.argv !== undefined && one !== 'exec') problem(`${one} runs no command; with argv name exec alone`, ['kubernetes', at])
    if (body.fields !== undefined && one !== '*' && !writingVerbs.has(one) && !isPrivilege(one)) problem(`${one} writes no object; with fields name create, update or patch`, ['kubernetes', at])
    const isUpgrade = (upgradeVerbs as readonly string[]).includes(one)
    if (isUpgrade && resources !== undefined && !resources.some((glob) => glob === '*' || glob.includes('/'))) {
      problem(`${one} is a request to a subresource, so this rule is about none; write resources: [pods/${one}]`, ['kubernetes', at])
    }
  }
  const upgrade = upgradeVerbs.find((verb) => (resources ?? []).includes(`pods/${verb}`))
  if (upgrade !== undefined && !words.some((one) => one === '*' || one === upgrade)) problem(`what is asked of pods/${upgrade} is ${upgrade} here, whatever RBAC calls it; write kubernetes: [${upgrade}]`, ['kubernetes'])
  if (body.deletes !== undefined && !words.includes('mass-delete')) problem('says how many deletes are a mass-delete, which this rule does not name', ['deletes'])
}

const massDeletes = { over: massDeletesOverDefault, withinMs: massDeletesWithinMsDefault }

const toBody = ({ kubernetes: words, resources, groups, namespaces, names, argv, fields: given, deletes }: Written): KubernetesRuleBody => ({
  kind: 'kubernetes', words, resources: resources ?? null, groups: groups ?? null, namespaces: namespaces ?? null, names: names ?? null, argv: argv ?? null,
  fields: given === undefined ? null : Object.entries(given).map(([pointer, anyOf]) => ({ pointer, anyOf })),
  deletes: deletes !== undefined ? { over: deletes.over, withinMs: deletes.within } : words.includes('mass-delete') ? massDeletes : null,
})

export const kubernetesBodySchema = written.transform(toBody)

/** Whether a delete is one of many is for deny and approve to ask: an allow of it would open nothing that `delete` does not. */
export const kubernetesAllowSchema = written.superRefine(({ kubernetes: words }, context) => {
  const at = words.indexOf('mass-delete')
  if (at !== -1) context.addIssue({ code: 'custom', path: ['kubernetes', at], message: 'an allow of delete covers it already; name mass-delete in a deny or approve to hold it back' })
}).transform(toBody)
