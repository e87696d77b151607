// A request's text as the recording may hold it. Detectors look at what it says, not at how it is encoded: behind `%20` a key is no
// word of its own, and would be passed over.
import { maskedText } from '../../masking/redaction.ts'
import { cleanText, type Scanner } from '../../masking/scanner.ts'

/** `text`: method and target in its first line, and what people are told besides in the others. */
export function cleanRequest(scanner: Scanner, text: string): string {
  const end = text.indexOf('\n')
  const line = end === -1 ? text : text.slice(0, end)
  const rest = end === -1 ? '' : cleanText(scanner, text.slice(end))
  const mark = line.indexOf('?')
  if (mark === -1) return cleanPath(scanner, line) + rest
  return `${cleanPath(scanner, line.slice(0, mark))}?${line.slice(mark + 1).split('&').map((part) => cleanParameter(scanner, part)).join('&')}${rest}`
}

/** What is compared with a masked field may be the value itself. */
export const withoutSelectors = (text: string): string => text.replace(/([?&](?:field|label)Selector=)[^&\s]*/g, `$1${encodeURIComponent(maskedText)}`)

/** As a whole too, for some findings have slashes in them. */
const cleanPath = (scanner: Scanner, path: string): string => cleanText(scanner, path.split('/').map((segment) => cleanEncoded(scanner, segment)).join('/'))

function cleanParameter(scanner: Scanner, part: string): string {
  const mark = part.indexOf('=')
  return part.slice(0, mark + 1) + cleanEncoded(scanner, part.slice(mark + 1))
}

function cleanEncoded(scanner: Scanner, text: string): string {
  const said = decodeURIComponent(text)
  const cleaned = cleanText(scanner, said)
  return cleaned === said ? text : encodeURIComponent(cleaned)
}
