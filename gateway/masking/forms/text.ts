// The forms of text: what stays of it. Undefined: the text has no such form, and is redacted whole.
import type { KeyObject } from 'node:crypto'
import type { MaskForm } from '../../../shared/policy/mask-form.ts'
import { maskedText } from '../redaction.ts'
import { hashText } from './hash.ts'

export type TextForm = (text: string) => string | undefined

/** Null: the form is none of text. */
export function textForm(form: MaskForm, hashKey: KeyObject | null): TextForm | null {
  if (typeof form !== 'string') return 'partial' in form ? partial(form.partial) : null
  switch (form) {
    case 'email': return email
    case 'date-year': return year
    case 'hash': return hashKey === null ? null : (text) => hashText(hashKey, text)
    default: return null
  }
}

/** Stands for what is hidden, however long it is: the length is hidden too. */
export const hidden = '****'
/** Fewer hidden characters can be guessed. */
const hiddenCharactersMin = 4

/** At least as much is hidden as is shown. */
function partial({ first, last }: { readonly first: number; readonly last: number }): TextForm {
  const hiddenMin = Math.max(hiddenCharactersMin, first + last)
  return (text) => {
    const from = forward(text, 0, first)
    const to = backward(text, last)
    return forward(text, from, hiddenMin) > to ? undefined : text.slice(0, from) + hidden + text.slice(to)
  }
}

/** Behind so many characters from `at` on; past the end when there are fewer. */
function forward(text: string, at: number, characters: number): number {
  let to = at
  for (let i = 0; i < characters; i++) {
    if (to >= text.length) return Infinity
    to += text.codePointAt(to)! > 0xffff ? 2 : 1
  }
  return to
}

/** Before the last so many characters; below the start when there are fewer. */
function backward(text: string, characters: number): number {
  let at = text.length
  for (let i = 0; i < characters; i++) {
    if (at <= 0) return -Infinity
    at -= at > 1 && text.codePointAt(at - 2)! > 0xffff ? 2 : 1
  }
  return at
}

const domainCharactersMax = 253
const label = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}$/u
/** A top-level domain has a letter, so digits behind an @ are not taken for one. */
const topLabel = /^(?=.*\p{L})/u

/** Only what is plainly one address: anything else behind an @ may be the very thing that is to be hidden. */
function email(text: string): string | undefined {
  const at = text.lastIndexOf('@')
  const domain = text.slice(at + 1)
  if (at < 1 || domain.length > domainCharactersMax) return undefined
  const labels = domain.split('.')
  const isDomain = labels.length > 1 && labels.every((one) => label.test(one)) && topLabel.test(labels.at(-1)!)
  return isDomain ? `${maskedText}@${domain}` : undefined
}

/** 1984-05-06 and 1984-05-06T07:08:09…; 6.5.1984, 5/6/1984. */
const dateTexts = [/^(\d{4})[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ][0-9:.,+ Zz-]{1,30})?$/, /^\d{1,2}[-/.]\d{1,2}[-/.](\d{4})$/]

function year(text: string): string | undefined {
  for (const pattern of dateTexts) {
    const match = pattern.exec(text)
    if (match !== null) return match[1]
  }
  return undefined
}
