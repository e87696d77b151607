// Changes to bytes, in their order.

export interface Edit { readonly from: number; readonly to: number; readonly bytes: Buffer }

/** The bytes with the changes made; the same buffer when there are none. */
export function spliced(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes
  const pieces: Buffer[] = []
  let at = 0
  for (const edit of edits) {
    pieces.push(bytes.subarray(at, edit.from), edit.bytes)
    at = edit.to
  }
  pieces.push(bytes.subarray(at))
  return Buffer.concat(pieces)
}
