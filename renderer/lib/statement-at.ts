// Which statement the cursor is in, given the ranges that `sql.split` answered. Offsets are UTF-16, as in the editor.

export interface TextRange { readonly start: number; readonly end: number }

/**
 * The statement the cursor stands in or touches; else the one before it when it ends on the cursor's own line (a cursor behind
 * `;` means what was just typed); else the next one; else the last.
 */
export function statementAt(ranges: readonly TextRange[], text: string, cursor: number): TextRange | null {
  const inside = ranges.find((range) => cursor >= range.start && cursor <= range.end)
  if (inside !== undefined) return inside
  const before = ranges.findLast((range) => range.end < cursor)
  if (before !== undefined && !text.slice(before.end, cursor).includes('\n')) return before
  return ranges.find((range) => range.start > cursor) ?? before ?? null
}
