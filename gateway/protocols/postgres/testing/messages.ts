// The second, dumb builder of messages: slow, obvious, written from the specification's tables and not from the codec, so that
// fixtures are not made by the code they test.

export function int32(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
}
export function int16(value: number): number[] {
  return [(value >>> 8) & 255, value & 255]
}
export function text(value: string): number[] {
  return [...Buffer.from(value), 0]
}
export function frame(type: string, ...parts: readonly (readonly number[])[]): Buffer {
  const body = parts.flat()
  return Buffer.from([type.charCodeAt(0), ...int32(body.length + 4), ...body])
}
export function dataRow(values: readonly (string | Buffer | null)[]): Buffer {
  const fields = values.flatMap((value) => {
    if (value === null) return int32(-1)
    const bytes = Buffer.from(value)
    return [...int32(bytes.length), ...bytes]
  })
  return frame('D', int16(values.length), fields)
}
export interface FixtureField { readonly name: string; readonly table?: number; readonly column?: number; readonly type?: number; readonly format?: number }
export function rowDescription(fields: readonly FixtureField[]): Buffer {
  return frame('T', int16(fields.length), fields.flatMap(({ name, table = 0, column = 0, type = 25, format = 0 }) =>
    [...text(name), ...int32(table), ...int16(column), ...int32(type), ...int16(-1), ...int32(-1), ...int16(format)]))
}
export const query = (sql: string) => frame('Q', text(sql))
export const parse = (name: string, sql: string) => frame('P', text(name), text(sql), int16(0))
export const bind = (portal: string, statement: string, values: readonly string[] = []) =>
  frame('B', text(portal), text(statement), int16(0), int16(values.length), values.flatMap((value) => [...int32(Buffer.byteLength(value)), ...Buffer.from(value)]), int16(0))
export const describe = (kind: 'S' | 'P', name: string) => frame('D', [kind.charCodeAt(0)], text(name))
export const execute = (portal: string, rows = 0) => frame('E', text(portal), int32(rows))
export const close = (kind: 'S' | 'P', name: string) => frame('C', [kind.charCodeAt(0)], text(name))
export const sync = frame('S')
export const terminate = frame('X')
export function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const body = [...int32(196_608), ...Object.entries(parameters).flatMap(([name, value]) => [...text(name), ...text(value)]), 0]
  return Buffer.from([...int32(body.length + 4), ...body])
}
export const sslRequest = Buffer.from([...int32(8), ...int32(80_877_103)])
export const password = (token: string) => frame('p', text(token))

/** Every whole frame in `bytes`, as type and body; what is left over is an error of the test. */
export function framesOf(bytes: Buffer): { readonly type: string; readonly body: Buffer }[] {
  const frames: { type: string; body: Buffer }[] = []
  let at = 0
  while (at < bytes.length) {
    const length = bytes.readInt32BE(at + 1)
    frames.push({ type: String.fromCharCode(bytes[at]!), body: bytes.subarray(at + 5, at + 1 + length) })
    at += 1 + length
  }
  if (at !== bytes.length) throw new Error('half a frame')
  return frames
}

/** Fields of an ErrorResponse or NoticeResponse. */
export function reportOf(body: Buffer): Record<string, string> {
  return Object.fromEntries(body.toString('utf8').split('\0').filter((part) => part !== '').map((part) => [part[0]!, part.slice(1)]))
}

/** Values of a DataRow as text. */
export function valuesOf(body: Buffer): (string | null)[] {
  const values: (string | null)[] = []
  let at = 2
  for (let i = 0; i < body.readInt16BE(0); i++) {
    const length = body.readInt32BE(at)
    at += 4
    values.push(length === -1 ? null : body.toString('utf8', at, at + Math.max(0, length)))
    at += Math.max(0, length)
  }
  return values
}
