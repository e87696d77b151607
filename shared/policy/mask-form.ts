// `as` of a mask: what a masked value becomes. Written as a word, or as a map where there are options; kept as it is written.
import { z } from 'zod'
import { knownKeys } from './shapes.ts'
import { didYouMean } from './suggest.ts'

export type MaskForm =
  | 'redact'
  | 'null'
  /** Keyed: equal values of one connection become equal. */
  | 'hash'
  /** The domain of the address stays. */
  | 'email'
  /** The year stays. */
  | 'date-year'
  /** So many characters stay at the ends. */
  | { readonly partial: { readonly first: number; readonly last: number } }
  /** Numbers become the lower bound of their bucket of this width. */
  | { readonly range: number }

export type MaskKind = Extract<MaskForm, string> | 'partial' | 'range'

/** Strictest first: when a column has several masks, the one that comes first here wins. The order is documented; keep both in step. */
export const maskKinds = ['null', 'redact', 'hash', 'partial', 'email', 'date-year', 'range'] as const satisfies readonly MaskKind[]

export function kindOf(form: MaskForm): MaskKind {
  if (typeof form === 'string') return form
  return 'partial' in form ? 'partial' : 'range'
}

/** Below zero: `one` is stricter. Of a kind: what shows fewer characters, the wider bucket. Zero only for equal forms. */
export function compareForms(one: MaskForm, other: MaskForm): number {
  const byKind = maskKinds.indexOf(kindOf(one)) - maskKinds.indexOf(kindOf(other))
  if (byKind !== 0 || typeof one === 'string' || typeof other === 'string') return byKind
  if ('range' in one && 'range' in other) return other.range - one.range
  if (!('partial' in one && 'partial' in other)) return 0
  const [a, b] = [one.partial, other.partial]
  return a.first + a.last - b.first - b.last || a.first - b.first
}

/** As a policy writes it; equal texts mean equal forms. */
export function formText(form: MaskForm): string {
  if (typeof form === 'string') return form
  return 'range' in form ? `range: ${form.range}` : `partial: { first: ${form.partial.first}, last: ${form.partial.last} }`
}

/** Characters that `partial` may show at an end: what shows more is no mask. */
const partialShownMax = 64
/** Bounds are whole numbers that a double holds exactly, with room. */
const rangeMax = 1e15

const shown = z.int({ error: 'expected a whole number of characters' }).min(0, { error: 'expected 0 or more characters' }).max(partialShownMax, { error: `expected at most ${partialShownMax} characters` }).default(0)
const partialShape = { first: shown, last: shown }
const options = {
  partial: z.strictObject(partialShape, knownKeys(partialShape)).refine(({ first, last }) => first + last > 0, { error: 'shows nothing; write as: redact, or say how many characters stay: { first: 0, last: 4 }' }),
  range: z.int({ error: 'expected the width of a bucket, a whole number such as 1000' }).min(2, { error: 'expected a width of 2 or more; 1 would hide nothing of a whole number' }).max(rangeMax, { error: `expected a width of at most ${rangeMax}` }),
}
const optionExamples = { partial: 'as: { partial: { first: 0, last: 4 } }', range: 'as: { range: 1000 }' } as const
const words = maskKinds.filter((kind) => !Object.hasOwn(options, kind))

export const maskFormSchema = z.unknown().transform((written, context): MaskForm => {
  // YAML reads the bare word null as nothing.
  const given = written === null ? 'null' : written
  const problem = (message: string) => {
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  if (typeof given === 'string') return isWord(given) ? given : problem(wordProblem(given))
  if (typeof given !== 'object' || Array.isArray(given)) return problem(`expected one of ${maskKinds.join(', ')}`)
  const [kind, ...more] = Object.keys(given)
  if (kind === undefined || more.length > 0) return problem('expected one kind of mask, such as { partial: { first: 0, last: 4 } }')
  if (isWord(kind)) return problem(`${kind} has no options; write as: ${kind}`)
  if (kind !== 'partial' && kind !== 'range') return problem(wordProblem(kind))
  const parsed = z.strictObject({ [kind]: options[kind] }).safeParse(given)
  if (parsed.success) return parsed.data as MaskForm
  for (const issue of parsed.error.issues) context.addIssue(issue as Parameters<typeof context.addIssue>[0])
  return z.NEVER
})

type Word = Extract<MaskForm, string>
const isWord = (text: string): text is Word => (words as readonly string[]).includes(text)

function wordProblem(word: string): string {
  if (word === 'partial' || word === 'range') return `${word} needs its options; write ${optionExamples[word]}`
  return `${JSON.stringify(word.slice(0, 64))} is no kind of mask${didYouMean(word, maskKinds)}`
}
