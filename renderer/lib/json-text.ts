// Indents JSON text without reading it as values: numbers keep their digits, double keys stay, and what is not JSON comes back as
// it was. The text is shown, never interpreted.

/** Beyond this the text is shown as it came: indenting it would only make it longer. */
const charactersMax = 200_000

export function indentJson(text: string): string {
  if (text.length > charactersMax || !isJson(text)) return text
  let out = ''
  let depth = 0
  const line = () => `\n${'  '.repeat(depth)}`
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === '{' || token === '[') { depth++; out += token + line() }
    else if (token === '}' || token === ']') { depth--; out = /[[{]\s*$/.test(out) ? out.trimEnd() + token : out + line() + token }
    else if (token === ',') out += token + line()
    else out += token === ':' ? ': ' : token
  }
  return out
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch (reason) {
    if (reason instanceof SyntaxError) return false
    throw reason
  }
}
