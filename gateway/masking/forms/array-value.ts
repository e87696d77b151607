// Changes the elements of an array value and nothing else: dimensions, bounds and NULLs stay. In text (array_out) and in binary
// (array_send). Undefined: the bytes are not such an array. https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO

/** What an element becomes; null: NULL. */
export type ElementChange = (element: Buffer) => Buffer | null

const code = (character: string): number => character.charCodeAt(0)
const [opening, closing, comma, quote, backslash, bounds] = [code('{'), code('}'), code(','), code('"'), code('\\'), code('=')]
const nullWord = 'NULL'
/** As array_out decides. */
const needsQuotes = /^$|^null$|["\\{},\s]/i

export function mapTextArray(value: Buffer, change: ElementChange): Buffer | undefined {
  // `[2:3]={a,b}`: bounds that do not begin at 1 stand before it.
  let at = value[0] === code('[') ? value.indexOf(bounds) + 1 : 0
  const pieces: Buffer[] = [value.subarray(0, at)]
  let depth = 0
  do {
    const byte = value[at]
    if (byte === undefined) return undefined
    if (byte === opening) depth++
    else if (byte === closing) depth--
    else if (byte !== comma) {
      const element = readElement(value, at)
      if (element === undefined || depth === 0) return undefined
      pieces.push(element.content === null ? Buffer.from(nullWord) : writeElement(change(element.content)))
      at = element.end
      continue
    }
    pieces.push(value.subarray(at, at + 1))
    at++
  } while (depth > 0)
  return at === value.length ? Buffer.concat(pieces) : undefined
}

interface Element { readonly content: Buffer | null; readonly end: number }

function readElement(value: Buffer, from: number): Element | undefined {
  if (value[from] === quote) return readQuoted(value, from)
  let end = from
  while (end < value.length && value[end] !== comma && value[end] !== closing) {
    if (value[end] === backslash || value[end] === quote || value[end] === opening) return undefined
    end++
  }
  const content = value.subarray(from, end)
  return { content: content.toString('latin1') === nullWord ? null : content, end }
}

function readQuoted(value: Buffer, from: number): Element | undefined {
  const content = Buffer.allocUnsafe(value.length - from)
  let length = 0
  for (let at = from + 1; at < value.length; at++) {
    if (value[at] === quote) return { content: content.subarray(0, length), end: at + 1 }
    if (value[at] === backslash) at++
    content[length++] = value[at]!
  }
  return undefined
}

function writeElement(content: Buffer | null): Buffer {
  if (content === null) return Buffer.from(nullWord)
  const text = content.toString('utf8')
  if (!needsQuotes.test(text)) return content
  return Buffer.from(`"${text.replaceAll(/["\\]/g, '\\$&')}"`)
}

const headerBytes = 12
const dimensionBytes = 8
/** MAXDIM of the server. */
const dimensionsMax = 6

/** int32 dimensions, has-null flag, element type; a length and a lower bound of each dimension; a length (−1: NULL) and value of each element. */
export function mapBinaryArray(value: Buffer, elementOid: number, change: ElementChange): Buffer | undefined {
  if (value.length < headerBytes || value.readUInt32BE(8) !== elementOid) return undefined
  const dimensions = value.readInt32BE(0)
  let at = headerBytes + dimensionBytes * dimensions
  if (dimensions < 0 || dimensions > dimensionsMax || at > value.length) return undefined
  const header = Buffer.from(value.subarray(0, at))
  const pieces: Buffer[] = [header]
  while (at < value.length) {
    if (at + 4 > value.length) return undefined
    const length = value.readInt32BE(at)
    const end = at + 4 + Math.max(length, 0)
    if (length < -1 || end > value.length) return undefined
    const changed = length === -1 ? null : change(value.subarray(at + 4, end))
    if (changed === null) header.writeInt32BE(1, 4)
    const prefix = Buffer.alloc(4)
    prefix.writeInt32BE(changed === null ? -1 : changed.length)
    pieces.push(prefix, ...(changed === null ? [] : [changed]))
    at = end
  }
  return Buffer.concat(pieces)
}
