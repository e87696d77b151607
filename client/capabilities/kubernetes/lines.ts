// A stream of bytes as lines, without ever holding more than one line of bounded length.

export interface Line { readonly text: string; /** Bytes of the line that were left out. */ readonly cutBytes: number }

export async function* linesOf(stream: AsyncIterable<Buffer>, lineBytesMax: number): AsyncGenerator<readonly Line[]> {
  let held: Buffer[] = []
  let heldBytes = 0
  let cutBytes = 0
  const keep = (part: Buffer) => {
    const room = Math.max(0, lineBytesMax - heldBytes)
    if (room > 0 && part.length > 0) held.push(part.subarray(0, room))
    heldBytes += Math.min(room, part.length)
    cutBytes += Math.max(0, part.length - room)
  }
  const end = (): Line => {
    const line = { text: Buffer.concat(held).toString('utf8'), cutBytes }
    held = []
    heldBytes = 0
    cutBytes = 0
    return line
  }
  for await (const chunk of stream) {
    const lines: Line[] = []
    let from = 0
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
      keep(chunk.subarray(from, at))
      lines.push(end())
      from = at + 1
    }
    keep(chunk.subarray(from))
    if (lines.length > 0) yield lines
  }
  if (heldBytes > 0) yield [end()]
}
