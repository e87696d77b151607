// A second, dumb builder of PostgreSQL backend messages, for recordings the decoder did not make. Written from the protocol's
// "Message Formats", not from the decoder.

const encoder = new TextEncoder()

const join = (...parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) { all.set(part, at); at += part.length }
  return all
}

export const int16 = (value: number): Uint8Array => Uint8Array.of((value >> 8) & 255, value & 255)
export const int32 = (value: number): Uint8Array => Uint8Array.of((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
export const text = (value: string): Uint8Array => encoder.encode(value)
export const zero = (value: string): Uint8Array => join(text(value), Uint8Array.of(0))

export const message = (type: string, ...body: readonly Uint8Array[]): Uint8Array => {
  const all = join(...body)
  return join(text(type), int32(all.length + 4), all)
}

export const rowDescription = (names: readonly string[]): Uint8Array =>
  message('T', int16(names.length), ...names.map((name) => join(zero(name), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0))))

export const dataRow = (cells: readonly (string | null)[]): Uint8Array =>
  message('D', int16(cells.length), ...cells.map((cell) => (cell === null ? int32(-1) : join(int32(text(cell).length), text(cell)))))

export const commandComplete = (tag: string): Uint8Array => message('C', zero(tag))
export const readyForQuery = (): Uint8Array => message('Z', text('I'))
export const errorResponse = (fields: Readonly<Record<string, string>>): Uint8Array =>
  message('E', ...Object.entries(fields).map(([key, value]) => join(text(key), zero(value))), Uint8Array.of(0))

export const concat = join
export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))
