// What is pasted into a terminal. Characters that a keyboard does not type are taken out: an escape sequence in a paste could end the
// brackets that tell the shell what was pasted, and then be run. Line ends stay, and are asked about.

/** Control characters but tab and line ends; C1 controls, which some programs take for escape sequences. */
const untypable = /(?![\t\n\r])\p{Cc}/gu

export interface Paste { readonly text: string; /** Characters taken out. */ readonly removed: number; /** Lines, whole or not. */ readonly lines: number; /** A line end: what stands before it may run at once. */ readonly hasEnds: boolean }

export function pasteOf(given: string): Paste {
  const text = given.replaceAll(untypable, '')
  const ends = text.replaceAll(/\r\n?/g, '\n')
  return { text, removed: given.length - text.length, lines: ends.replace(/\n$/, '').split('\n').length, hasEnds: ends.includes('\n') }
}

/** One line that is not ended runs nothing; hidden characters that were taken out are worth a look. */
export const needsAsking = ({ hasEnds, removed }: Paste): boolean => hasEnds || removed > 0
