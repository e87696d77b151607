// What commands print. Text from databases and recordings is untrusted: on a terminal its control characters are shown and
// never obeyed, and what could hide or reorder text (bidirectional marks, zero-width characters) is made visible.

// C0 and C1 controls, soft hyphen, Arabic letter mark, zero-width and bidirectional marks, separators, fillers, BOM, tags.
const invisible = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu // oxlint-disable-line no-control-regex, no-misleading-character-class

/** One line of it: newlines and tabs are shown too. */
export function visible(text: string): string {
  return text.replace(invisible, (character) => {
    if (character === '\n') return String.raw`\n`
    if (character === '\t') return String.raw`\t`
    if (character === '\r') return String.raw`\r`
    return String.raw`\u{${character.codePointAt(0)!.toString(16)}}`
  })
}

/** For a stream: untouched where a program reads it, visible where a person does. */
export const shownOn = (stream: { readonly isTTY?: boolean }) => (text: string): string => stream.isTTY === true ? visible(text) : text

/** Columns a text takes on a terminal: wide East Asian characters and emoji two, combining marks none. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) {
    const point = character.codePointAt(0)!
    if (/\p{Mn}|\p{Me}/u.test(character)) continue
    width += point >= 0x1100 && /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(character) ? 2 : 1
  }
  return width
}

export const pad = (text: string, width: number, isRight = false): string => {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)))
  return isRight ? blanks + text : text + blanks
}

/** Rows under their heads, for lists that fit in memory. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(visible))
  const widths = heads.map((head, column) => Math.max(widthOf(head), ...shown.map((row) => widthOf(row[column] ?? ''))))
  const line = (cells: readonly string[]) => cells.map((cell, column) => pad(cell, widths[column]!)).join('  ').trimEnd()
  return [line(heads), ...shown.map(line)].map((text) => `${text}\n`).join('')
}

export const print = (text: string): void => { process.stdout.write(text) }
export const printJson = (value: unknown): void => print(`${JSON.stringify(value, null, 2)}\n`)
/** For people, beside the result: progress, notices, footers. */
export const say = (text: string): void => { process.stderr.write(`${text}\n`) }
