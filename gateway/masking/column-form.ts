// What the masks of one column make of it together: one form for the whole value, or forms for members of its document. Rules add up,
// and the strictest holds (shared/policy/mask-form.ts has the order).
import { compareForms, formText, type MaskForm } from '../../shared/policy/mask-form.ts'
import type { RuleRef } from '../../shared/verdict.ts'

/** A member of a document by its path. */
export interface MaskedPath { readonly path: string; readonly form: MaskForm }

export type ColumnForm = MaskForm | { readonly paths: readonly MaskedPath[] }

/** A rule, and what it makes of the column. */
export interface Hold { readonly rule: RuleRef; readonly form: ColumnForm }

/**
 * Where a rule is about the whole value and another about members of it, the whole is hashed, NULL or redacted: a part of a document's
 * text may be a part of the member.
 */
export function stricter(one: Hold | null, other: Hold | null): Hold | null {
  if (one === null || other === null) return one ?? other
  const [first, second] = [pathsOf(one.form), pathsOf(other.form)]
  if (first !== null && second !== null) return { rule: one.rule, form: { paths: union(first, second) } }
  if (first !== null || second !== null) return whole(first === null ? one : other)
  return compareForms(one.form as MaskForm, other.form as MaskForm) <= 0 ? one : other
}

function whole({ rule, form }: Hold): Hold {
  return { rule, form: form === 'null' || form === 'hash' ? form : 'redact' }
}

const pathsOf = (form: ColumnForm): readonly MaskedPath[] | null => (typeof form !== 'string' && 'paths' in form ? form.paths : null)

function union(first: readonly MaskedPath[], second: readonly MaskedPath[]): readonly MaskedPath[] {
  const known = new Map([...first, ...second].map((path) => [textOf(path), path]))
  return [...known.values()].toSorted((one, other) => compareForms(one.form, other.form))
}

const textOf = ({ path, form }: MaskedPath): string => `${path}: ${formText(form)}`

/** As policies write it, for people and for comparing: equal texts, equal bytes of every value. */
export function columnFormText(form: ColumnForm): string {
  return typeof form !== 'string' && 'paths' in form ? form.paths.map(textOf).join(', ') : formText(form)
}
