// Frontend messages: decoded from the client, and the few the gateway says to an upstream itself.
import { isUtf8 } from 'node:buffer'
import { parametersMax } from '../../../limits.ts'
import { BodyReader } from './body.ts'
import { FrameError, type FrameReader } from './frame-reader.ts'
import { frontend } from './types.ts'

type Frame = Pick<FrameReader, 'bytes' | 'start' | 'end'>

const body = (frame: Frame) => new BodyReader(frame.bytes, frame.start + 5, frame.end)

/** NAMEDATALEN - 1: the server tells statements and portals apart by no more than these bytes, so longer names would mean others. */
const nameBytesMax = 63

function nameIn(reader: BodyReader): string {
  const from = reader.at
  const name = reader.string()
  if (reader.at - from - 1 > nameBytesMax) throw new FrameError(`a name of a statement or portal has more than ${nameBytesMax} bytes`)
  return name
}

/** Query (F): `String query`. The text must be UTF-8, for the bytes we judge are the bytes that go on. */
export function decodeQuery(frame: Frame): string {
  if (frame.bytes[frame.end - 1] !== 0) throw new FrameError('a Query does not end with a zero byte')
  return utf8(frame.bytes, frame.start + 5, frame.end - 1)
}

/** Parse (F): `String name, String query, Int16 count, Int32[] parameter types`. */
export function decodeParse(frame: Frame): { readonly name: string; readonly text: string; /** Their oids, as a view. */ readonly types: Buffer } {
  const reader = body(frame)
  const name = nameIn(reader)
  const from = reader.at
  reader.skipString()
  const text = utf8(frame.bytes, from, reader.at - 1)
  const types = reader.slice(4 * reader.uint16())
  reader.end()
  return { name, text, types }
}

export interface Bind {
  readonly portal: string
  readonly statement: string
  /** Values as views, with their format; null is NULL. */
  readonly parameters: readonly (Buffer | null)[]
  readonly parameterFormats: readonly number[]
  readonly resultFormats: readonly number[]
}

/** Bind (F): portal, statement, formats, values, result formats. */
export function decodeBind(frame: Frame): Bind {
  const reader = body(frame)
  const portal = nameIn(reader)
  const statement = nameIn(reader)
  const parameterFormats = int16s(reader)
  const count = reader.uint16()
  if (count > parametersMax) throw new FrameError(`${count} parameters; at most ${parametersMax}`)
  const parameters: (Buffer | null)[] = []
  for (let i = 0; i < count; i++) {
    const length = reader.int32()
    parameters.push(length === -1 ? null : reader.slice(length))
  }
  const resultFormats = int16s(reader)
  reader.end()
  return { portal, statement, parameters, parameterFormats, resultFormats }
}

/** Describe and Close (F): `Byte1 'S' | 'P', String name`. */
export function decodeTarget(frame: Frame): { readonly kind: 'statement' | 'portal'; readonly name: string } {
  const reader = body(frame)
  const kind = reader.byte()
  const name = nameIn(reader)
  reader.end()
  if (kind === 0x53) return { kind: 'statement', name }
  if (kind === 0x50) return { kind: 'portal', name }
  throw new FrameError('a Describe or Close names neither a statement nor a portal')
}

/** Execute (F): `String portal, Int32 row limit`. */
export function decodeExecute(frame: Frame): { readonly portal: string; readonly rowsMax: number } {
  const reader = body(frame)
  const portal = nameIn(reader)
  const rowsMax = reader.int32()
  reader.end()
  return { portal, rowsMax }
}

/** Password (F): the whole body is one string. */
export function decodePassword(frame: Frame): string {
  const reader = body(frame)
  const password = reader.string()
  reader.end()
  return password
}

export function decodeEmpty(frame: Frame): void {
  body(frame).end()
}

export function encodeQuery(text: string): Buffer {
  return message(frontend.query, [string(text)])
}

export function encodeParse(name: string, text: string): Buffer {
  return message(frontend.parse, [string(name), string(text), Buffer.alloc(2)])
}

/** Asks for the answers so far (55.2.3); has none of its own. */
export function encodeCopyFail(reason: string): Buffer {
  return message(frontend.copyFail, [string(reason)])
}

export function encodeFlush(): Buffer {
  return message(frontend.flush, [])
}

export function encodeDescribe(kind: 'S' | 'P', name: string): Buffer {
  return message(frontend.describe, [Buffer.from(kind), string(name)])
}

function int16s(reader: BodyReader): readonly number[] {
  const count = reader.uint16()
  if (count === 0) return none
  const values: number[] = []
  for (let i = 0; i < count; i++) values.push(reader.int16())
  return values
}

const none: readonly number[] = []

function utf8(bytes: Buffer, from: number, to: number): string {
  const view = bytes.subarray(from, to)
  if (view.indexOf(0) >= 0) throw new FrameError('a zero byte inside a statement')
  if (!isUtf8(view)) throw new FrameError('a statement is not valid UTF-8; the gateway speaks client_encoding UTF8 only')
  return bytes.toString('utf8', from, to)
}

function string(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf8')
}

function message(type: number, parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(5), ...parts])
  bytes[0] = type
  bytes.writeInt32BE(bytes.length - 1, 1)
  return bytes
}
