// A statement as lines of coloured tokens, nothing added and nothing lost: what people approve is shown to the last character. Lines end
// where Monaco's tokenizer ends them.

export interface SqlToken { readonly text: string; /** Monarch's: `keyword.pgsql`, `string.pgsql`, … */ readonly type: string }
export interface SqlLine { readonly tokens: readonly SqlToken[]; /** `\r` where there is one; the line feed is the line itself. */ readonly end: string }

export type Tokenize = (text: string) => readonly (readonly { readonly offset: number; readonly type: string }[])[]

/** Longer ones are shown without colours: one element a token is what a browser can still hold. */
const colouredCharactersMax = 100_000

export function sqlLines(text: string, tokenize: Tokenize | null): readonly SqlLine[] {
  const pieces = text.split(/(\r\n|\r|\n)/)
  const lines = pieces.filter((_, at) => at % 2 === 0)
  const tokens = tokenize === null || text.length > colouredCharactersMax ? [] : tokenize(text)
  return lines.map((line, at) => ({ tokens: tokensOf(line, tokens[at] ?? []), end: (pieces[at * 2 + 1] ?? '').replace('\n', '') }))
}

function tokensOf(line: string, marks: readonly { readonly offset: number; readonly type: string }[]): readonly SqlToken[] {
  const [first] = marks
  const begins = first === undefined || first.offset > 0 ? [{ offset: 0, type: '' }, ...marks] : marks
  return begins.map(({ offset, type }, at) => ({ text: line.slice(offset, begins[at + 1]?.offset), type })).filter((token) => token.text !== '')
}
