/** JSON from outside, to be parsed by a schema next; undefined where the text is no JSON at all. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
