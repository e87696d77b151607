// Masks the cells of COPY … TO STDOUT by column. A message holds whole rows: text and CSV one that ends in a newline, binary one or
// more, the first after the header and the last before the trailer (docs, SQL COPY, File Formats). What is not so is a fault.
import type { CopyForm } from '../../shared/command.ts'

/** What every value of a column becomes, NULL too, for it may be an expression's: this text, or NULL (null); `clear`: it stays. */
export type CellMask = 'clear' | { readonly text: string | null }

export interface CopyMasker {
  /** The data of one CopyData message, masked. Throws CopyShapeError. */
  mask(bytes: Buffer, start: number, end: number): Buffer
}

/** The rows are not what their COPY said; nothing of them may pass. */
export class CopyShapeError extends Error {}

export function createCopyMasker(form: CopyForm, masks: readonly CellMask[]): CopyMasker {
  if (form.format === 'binary') return binaryMasker(masks)
  const written = masks.map((mask) => (mask === 'clear' ? null : Buffer.from(cellText(form, mask.text))))
  const split = form.format === 'csv' ? splitCsv : splitText
  let isHeader = form.hasHeader
  return {
    mask(bytes, start, end) {
      if (isHeader) {
        isHeader = false
        return bytes.subarray(start, end)
      }
      if (end <= start || bytes[end - 1] !== newline) throw new CopyShapeError('a row of COPY does not end in a newline')
      const ends = split(form, bytes, start, end - 1)
      if (ends.length !== masks.length) throw new CopyShapeError(`a row of COPY has ${ends.length} columns where ${masks.length} were expected`)
      const pieces: Buffer[] = []
      let [from, kept] = [start, start]
      for (const [column, to] of ends.entries()) {
        const replacement = written[column]!
        if (replacement !== null) {
          pieces.push(bytes.subarray(kept, from), replacement)
          kept = to
        }
        from = to + 1
      }
      return Buffer.concat([...pieces, bytes.subarray(kept, end)])
    },
  }
}

type TextForm = Exclude<CopyForm, { readonly format: 'binary' }>
const newline = 0x0a
const backslash = 0x5c

/** As the server would write it. */
function cellText({ format, delimiter, quote, escape, nullText }: TextForm, text: string | null): string {
  if (text === null) return nullText
  if (format === 'text') return text.replaceAll('\\', '\\\\').replaceAll(delimiter, `\\${delimiter}`)
  if (text !== nullText && !text.includes(delimiter) && !text.includes(quote)) return text
  return quote + text.replaceAll(escape, escape + escape).replaceAll(quote, quote === escape ? quote : escape + quote) + quote
}

/** Where each cell of the row ends. */
function splitText({ delimiter }: TextForm, bytes: Buffer, start: number, end: number): readonly number[] {
  const ends: number[] = []
  const delimiterByte = delimiter.charCodeAt(0)
  for (let at = start; at < end; at++) {
    if (bytes[at] === backslash) at++
    else if (bytes[at] === delimiterByte) ends.push(at)
  }
  ends.push(end)
  return ends
}

function splitCsv({ delimiter, quote, escape }: TextForm, bytes: Buffer, start: number, end: number): readonly number[] {
  const ends: number[] = []
  const [delimiterByte, quoteByte, escapeByte] = [delimiter.charCodeAt(0), quote.charCodeAt(0), escape.charCodeAt(0)]
  let isQuoted = false
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (isQuoted && byte === escapeByte && (bytes[at + 1] === quoteByte || bytes[at + 1] === escapeByte)) at++
    else if (byte === quoteByte) isQuoted = !isQuoted
    else if (!isQuoted && byte === delimiterByte) ends.push(at)
  }
  if (isQuoted) throw new CopyShapeError('a row of COPY ends inside a quoted value')
  ends.push(end)
  return ends
}

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1')

/** A masked value becomes NULL: its type is not known here, and any other bytes could be wrong for it. */
function binaryMasker(masks: readonly CellMask[]): CopyMasker {
  let isFirst = true
  return {
    mask(bytes, start, end) {
      const reader = new Reader(bytes, start, end)
      if (isFirst) skipHeader(reader)
      isFirst = false
      const pieces: Buffer[] = [bytes.subarray(start, reader.at)]
      while (reader.at < end) pieces.push(...binaryRow(reader, masks))
      return Buffer.concat(pieces)
    },
  }
}

function skipHeader(reader: Reader): void {
  if (!reader.take(signature.length).equals(signature)) throw new CopyShapeError('binary COPY begins without its signature')
  reader.int32()
  reader.take(reader.int32())
}

function binaryRow(reader: Reader, masks: readonly CellMask[]): Buffer[] {
  const from = reader.at
  const count = reader.int16()
  if (count === -1) return [reader.bytes.subarray(from, reader.at)]
  if (count !== masks.length) throw new CopyShapeError(`a row of COPY has ${count} columns where ${masks.length} were expected`)
  const pieces: Buffer[] = []
  let kept = from
  for (const mask of masks) {
    const at = reader.at
    const length = reader.int32()
    if (length !== -1) reader.take(length)
    if (mask === 'clear' || length === -1) continue
    pieces.push(reader.bytes.subarray(kept, at), binaryNull)
    kept = reader.at
  }
  pieces.push(reader.bytes.subarray(kept, reader.at))
  return pieces
}

const binaryNull = Buffer.from([0xff, 0xff, 0xff, 0xff])

class Reader {
  readonly bytes: Buffer
  readonly #end: number
  at: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes
    this.at = start
    this.#end = end
  }

  take(length: number): Buffer {
    if (length < 0 || this.at + length > this.#end) throw new CopyShapeError('a message of binary COPY ends inside a row')
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  int16(): number {
    return this.take(2).readInt16BE(0)
  }

  int32(): number {
    return this.take(4).readInt32BE(0)
  }
}
