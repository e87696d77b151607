// Text from outside (rows, names, notices, errors) with what could deceive the eye made visible: control characters, bidirectional
// overrides and isolates, zero-width and other invisible characters. Unicode TR36 and TR39; CVE-2021-42574 ("Trojan Source").

export type VisiblePart =
  | { readonly kind: 'text'; readonly text: string }
  /** `label` stands for the character: `ESC`, `U+202E`. */
  | { readonly kind: 'mark'; readonly label: string; readonly title: string }

const names: Readonly<Record<number, string>> = {
  0x00: 'NUL', 0x07: 'BEL', 0x08: 'BS', 0x09: 'TAB', 0x0a: 'LF', 0x0b: 'VT', 0x0c: 'FF', 0x0d: 'CR', 0x1b: 'ESC', 0x7f: 'DEL',
  0xa0: 'NBSP', 0xad: 'SHY', 0x200b: 'ZWSP', 0x200c: 'ZWNJ', 0x200d: 'ZWJ', 0x200e: 'LRM', 0x200f: 'RLM', 0x061c: 'ALM',
  0x2028: 'LSEP', 0x2029: 'PSEP', 0x202a: 'LRE', 0x202b: 'RLE', 0x202c: 'PDF', 0x202d: 'LRO', 0x202e: 'RLO',
  0x2066: 'LRI', 0x2067: 'RLI', 0x2068: 'FSI', 0x2069: 'PDI', 0xfeff: 'BOM', 0x2060: 'WJ',
}

const pictograph = '\\p{Extended_Pictographic}'
/** Classes of characters that draw nothing or steer what is around them. TAB and LF are handled apart. */
const deceiving = [
  // Control, format (bidi, zero width, tags, BOM), line and paragraph separators, lone surrogates.
  '(?![\\t\\n\\u200d])[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]',
  // A joiner holds emoji together; anywhere else it hides.
  `(?<!${pictograph}[\\ufe0f\\u{1f3fb}-\\u{1f3ff}]?)\\u200d|\\u200d(?!${pictograph})`,
  // Variation selectors but for those that choose how an emoji looks: they can carry any data unseen.
  `(?<!${pictograph})[\\ufe00-\\ufe0f]|[\\u{e0100}-\\u{e01ef}]`,
  // Letters that are blank: Hangul fillers, Khmer inherent vowels.
  '\\u115f|\\u1160|\\u3164|\\uffa0|\\u17b4|\\u17b5',
].join('|')
const onlyDeceiving = new RegExp(deceiving, 'gu')
const anyMark = new RegExp(`${deceiving}|[\\t\\n]`, 'gu')

const arrows: Readonly<Record<number, string>> = { 0x09: '⇥', 0x0a: '↵' }

function markOf(character: string): VisiblePart {
  const point = character.codePointAt(0)!
  const hex = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`
  const name = names[point]
  return { kind: 'mark', label: arrows[point] ?? name ?? hex, title: name === undefined ? hex : `${hex} ${name}` }
}

/** `line`: for one line of a grid, tabs and line ends are marks too. `block`: they stay, for a `pre`. */
export function visibleParts(text: string, as: 'line' | 'block'): readonly VisiblePart[] {
  const pattern = as === 'line' ? anyMark : onlyDeceiving
  const parts: VisiblePart[] = []
  let from = 0
  for (const match of text.matchAll(pattern)) {
    if (match.index > from) parts.push({ kind: 'text', text: text.slice(from, match.index) })
    parts.push(markOf(match[0]))
    from = match.index + match[0].length
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) })
  return parts
}

export const isPlain = (text: string): boolean => text.search(anyMark) === -1

/** The same as one string, for titles and accessible names. */
export const visibleText = (text: string): string =>
  isPlain(text) ? text : visibleParts(text, 'line').map((part) => (part.kind === 'text' ? part.text : `⟨${part.label}⟩`)).join('')
