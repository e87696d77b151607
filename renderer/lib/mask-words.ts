// What a mask says to people.
import type { ColumnMask } from '../../shared/ipc.ts'
import { visibleText } from '../../shared/visible.ts'

export const maskSentence = (mask: ColumnMask): string => `masked by rule ${visibleText(mask.rule)} of policy ${visibleText(mask.policy)}`

const words: Readonly<Record<string, string>> = {
  redact: 'hidden whole',
  null: 'left empty, as NULL',
  hash: 'a hash: equal values have the same',
  email: 'an address of which the domain stays',
  'date-year': 'a date of which the year stays',
}

/** What its values become. The gateway sends the form as policies write it; of a later gateway's forms, its own words are shown. */
export function maskForm({ as }: Pick<ColumnMask, 'as'>): string {
  if (Object.hasOwn(words, as)) return words[as]!
  const range = /^range: (\d+)$/.exec(as)
  if (range !== null) return `rounded down to steps of ${range[1]}`
  const partial = /^partial: \{ first: (\d+), last: (\d+) \}$/.exec(as)
  if (partial !== null) return ends(Number(partial[1]), Number(partial[2]))
  return as.startsWith('$') ? `only these members of the document: ${visibleText(as)}` : visibleText(as)
}

function ends(first: number, last: number): string {
  const characters = (count: number): string => `${count} ${count === 1 ? 'character' : 'characters'}`
  const shown = [...(first > 0 ? [`the first ${characters(first)}`] : []), ...(last > 0 ? [`the last ${characters(last)}`] : [])]
  return `hidden but for ${shown.join(' and ')}`
}
