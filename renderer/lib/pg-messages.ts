// Reads recorded PostgreSQL backend messages (protocol 3, "Message Formats") far enough to show what a person saw: columns, rows,
// tags, errors, notices. It reads a recording, hostile input: every length is checked, all is bounded, and a cut tail is normal
// because a recording keeps row data up to a cap. It decides nothing.

export interface PgTable { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[]; readonly hidden: number; readonly tag: string | null }

export type PgItem =
  | { readonly kind: 'table'; readonly table: PgTable }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'error' | 'notice'; readonly severity: string; readonly code: string; readonly message: string }
  | { readonly kind: 'copy'; readonly text: string; readonly isOut: boolean }

/** `rest`: bytes at the end that are not a whole message. `broken`: the bytes are not such messages from there on. */
export interface PgOutput { readonly items: readonly PgItem[]; readonly rest: number; readonly isBroken: boolean }

export const rowsShownMax = 100
export const columnsShownMax = 200
export const cellCharactersMax = 2000
const copyCharactersMax = 20_000
const itemsMax = 200

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  at: number
  readonly end: number

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
    this.end = end
  }

  get left(): number { return this.end - this.at }

  int16(): number { return this.#number(2, () => this.#view.getInt16(this.at)) }
  int32(): number { return this.#number(4, () => this.#view.getInt32(this.at)) }

  text(length: number): string {
    if (length < 0 || length > this.left) throw new RangeError('a field reaches past its message')
    const shown = this.#bytes.subarray(this.at, this.at + Math.min(length, cellCharactersMax * 4))
    this.at += length
    return clip(decoder.decode(shown))
  }

  zeroTerminated(): string {
    const zero = this.#bytes.indexOf(0, this.at)
    if (zero === -1 || zero >= this.end) throw new RangeError('a string does not end in its message')
    const text = this.text(zero - this.at)
    this.at = zero + 1
    return text
  }

  skip(count: number): void {
    if (count < 0 || count > this.left) throw new RangeError('a field reaches past its message')
    this.at += count
  }

  #number(size: number, read: () => number): number {
    if (this.left < size) throw new RangeError('a number reaches past its message')
    const value = read()
    this.at += size
    return value
  }
}

const decoder = new TextDecoder('utf-8')
const clip = (text: string): string => (text.length > cellCharactersMax ? `${text.slice(0, cellCharactersMax)}…` : text)

export const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))

interface Building { items: PgItem[]; table: { columns: string[]; rows: (string | null)[][]; hidden: number } | null; copy: { text: string; isOut: boolean } | null }

function closeCopy(state: Building): void {
  if (state.copy !== null) state.items.push({ kind: 'copy', ...state.copy })
  state.copy = null
}

function closeTable(state: Building, tag: string | null): void {
  if (state.table !== null) state.items.push({ kind: 'table', table: { ...state.table, tag } })
  else if (tag !== null) state.items.push({ kind: 'tag', tag })
  state.table = null
}

function columnsOf(reader: Reader): string[] {
  const columns: string[] = []
  for (let left = reader.int16(); left > 0; left--) {
    const name = reader.zeroTerminated()
    reader.skip(18) // table oid, attribute, type oid, length, modifier, format
    if (columns.length < columnsShownMax) columns.push(name)
  }
  return columns
}

function cellsOf(reader: Reader): (string | null)[] {
  const cells: (string | null)[] = []
  for (let left = reader.int16(); left > 0; left--) {
    const length = reader.int32()
    if (length < -1) throw new RangeError('a cell has a negative length')
    const cell = length === -1 ? null : reader.text(length)
    if (cells.length < columnsShownMax) cells.push(cell)
  }
  return cells
}

function fieldsOf(reader: Reader): Map<string, string> {
  const fields = new Map<string, string>()
  while (reader.left > 1) {
    const field = reader.text(1)
    if (field === '\0') break
    fields.set(field, reader.zeroTerminated())
  }
  return fields
}

function report(kind: 'error' | 'notice', reader: Reader): PgItem {
  const fields = fieldsOf(reader)
  return { kind, severity: fields.get('S') ?? kind, code: fields.get('C') ?? '', message: fields.get('M') ?? '' }
}

/** Kinds that say nothing to people; anything else that is not handled is not a backend message. */
const silent = new Set('123nstZSKAIREVvNW'.split(''))

function take(state: Building, type: string, reader: Reader): boolean {
  switch (type) {
    case 'T': closeTable(state, null); state.table = { columns: columnsOf(reader), rows: [], hidden: 0 }; return true
    case 'D': {
      const table = (state.table ??= { columns: [], rows: [], hidden: 0 })
      if (table.rows.length < rowsShownMax) table.rows.push(cellsOf(reader))
      else table.hidden++
      return true
    }
    case 'C': closeCopy(state); closeTable(state, reader.zeroTerminated()); return true
    case 'E': closeCopy(state); closeTable(state, null); state.items.push(report('error', reader)); return true
    case 'N': state.items.push(report('notice', reader)); return true
    case 'G': case 'H': closeCopy(state); state.copy = { text: '', isOut: type === 'H' }; return true
    case 'd': {
      const copy = (state.copy ??= { text: '', isOut: true })
      if (copy.text.length < copyCharactersMax) copy.text += reader.text(reader.left)
      return true
    }
    case 'c': closeCopy(state); return true
    default: return silent.has(type)
  }
}

export function decodeBackend(bytes: Uint8Array): PgOutput {
  const state: Building = { items: [], table: null, copy: null }
  let at = 0
  let isBroken = false
  while (bytes.length - at >= 5 && state.items.length < itemsMax) {
    const type = String.fromCharCode(bytes[at]!)
    const length = new Reader(bytes, at + 1).int32()
    if (length < 4) { isBroken = true; break }
    if (length > bytes.length - at - 1) break
    try {
      if (!take(state, type, new Reader(bytes, at + 5, at + 1 + length))) { isBroken = true; break }
    } catch (reason) {
      if (!(reason instanceof RangeError)) throw reason
      isBroken = true
      break
    }
    at += 1 + length
  }
  closeCopy(state)
  closeTable(state, null)
  return { items: state.items, rest: bytes.length - at, isBroken }
}
