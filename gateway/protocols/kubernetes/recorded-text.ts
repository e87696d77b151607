// A request's text as the recording may hold it. Detectors look at what a query says, not at how it is encoded: behind `%20` a key is no
// word of its own, and would be passed over.
import { cleanText, type Scanner } from '../../masking/scanner.ts'

/** `text`: method and target in its first line, and what people are told besides in the others. */
export function cleanRequest(scanner: Scanner, text: string): string {
  const end = text.indexOf('\n')
  const line = end === -1 ? text : text.slice(0, end)
  const rest = end === -1 ? '' : cleanText(scanner, text.slice(end))
  const mark = line.indexOf('?')
  if (mark === -1) return cleanText(scanner, line) + rest
  return `${cleanText(scanner, line.slice(0, mark))}?${line.slice(mark + 1).split('&').map((part) => cleanParameter(scanner, part)).join('&')}${rest}`
}

function cleanParameter(scanner: Scanner, part: string): string {
  const mark = part.indexOf('=')
  const value = decodeURIComponent(part.slice(mark + 1))
  const cleaned = cleanText(scanner, value)
  return cleaned === value ? part : `${part.slice(0, mark + 1)}${encodeURIComponent(cleaned)}`
}
