// Header lines of one message, as both directions read them.

/** The name in lower case. */
export type HeaderLine = readonly [name: string, value: string]

/** `raw`: names and values in turn, as Node's `rawHeaders` has them. */
export const linesOf = (raw: readonly string[]): readonly HeaderLine[] =>
  Array.from({ length: Math.floor(raw.length / 2) }, (_, index) => [raw[index * 2]!.toLowerCase(), raw[index * 2 + 1]!.trim()])

/** Every value of one name as one list (RFC 9110 5.3); null: not sent. */
export function joined(lines: readonly HeaderLine[], name: string): string | null {
  const values = lines.filter(([key]) => key === name).map(([, value]) => value)
  return values.length === 0 ? null : values.join(', ')
}

export const tokensOf = (list: string | null): readonly string[] => (list ?? '').split(',').map((token) => token.trim()).filter((token) => token !== '')
