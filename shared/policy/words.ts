// A command line as words: parted by spaces, with single and double quotes and backslashes as a shell has them, and nothing else of a
// shell. For `argv` of rules and `run` of tests.

export interface Word {
  readonly text: string
  /** Some of it was quoted: then a star in it is a star. */
  readonly isQuoted: boolean
}

/** A quote that is not closed gives a problem. */
export function splitWords(line: string): readonly Word[] | { readonly problem: string } {
  const words: Word[] = []
  let word: { text: string; isQuoted: boolean } | null = null
  let quote: string | null = null
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!
    if (quote === null && /\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
      continue
    }
    word ??= { text: '', isQuoted: false }
    if (quote === null && (character === '"' || character === "'")) [quote, word.isQuoted] = [character, true]
    else if (character === quote) quote = null
    else if (character === '\\' && quote !== "'" && at + 1 < line.length) [word.text, word.isQuoted] = [word.text + line[++at]!, true]
    else word.text += character
  }
  if (quote !== null) return { problem: `a ${quote} is not closed` }
  return word === null ? words : [...words, word]
}
