// What people write about a request (a reason to deny it), without the masked values that they quote from its body: approvers read the
// body whole, recordings hold it masked.
import { maskedText } from '../../masking/redaction.ts'

/** `recorded`: the body as the recording has it, JSON. Every text of the body that is not in it is hidden, and what its base64 says. */
export function hideQuotedOf(body: unknown, recorded: string): (written: string) => string {
  let hidden: readonly string[] | null = null
  return (written) => {
    hidden ??= [...textsIn(body)].filter((text) => !recorded.includes(JSON.stringify(text).slice(1, -1)))
      .flatMap((text) => [text, Buffer.from(text, 'base64').toString('utf8')]).filter(({ length }) => length >= quotedCharactersMin)
      // Longest first: one value may hold another.
      .toSorted((a, b) => b.length - a.length)
    return hidden.reduce((shown, text) => shown.replaceAll(text, maskedText), written)
  }
}

/** Shorter ones are words of any sentence. */
const quotedCharactersMin = 4

function* textsIn(value: unknown): Generator<string> {
  const open: unknown[] = [value]
  while (open.length > 0) {
    const one = open.pop()
    if (typeof one === 'string') yield one
    else if (typeof one === 'object' && one !== null) open.push(...Object.values(one))
  }
}
