// Backend messages: decoded from the upstream, and those the gateway says to a client itself.
import { columnsMax } from '../../../limits.ts'
import { BodyReader } from './body.ts'
import { FrameError, type FrameReader } from './frame-reader.ts'
import { backend } from './types.ts'

type Frame = Pick<FrameReader, 'bytes' | 'start' | 'end'>

const body = (frame: Frame) => new BodyReader(frame.bytes, frame.start + 5, frame.end)

export interface Field {
  readonly name: string
  readonly tableOid: number
  readonly columnNumber: number
  readonly typeOid: number
  readonly format: number
}

/** RowDescription (B): per column `String name, Int32 table, Int16 column, Int32 type, Int16 size, Int32 modifier, Int16 format`. */
export function decodeRowDescription(frame: Frame): readonly Field[] {
  const reader = body(frame)
  const count = reader.int16()
  if (count < 0 || count > columnsMax) throw new FrameError(`${count} columns; at most ${columnsMax}`)
  const fields: Field[] = []
  for (let i = 0; i < count; i++) {
    const name = reader.string()
    const tableOid = reader.uint32()
    const columnNumber = reader.int16()
    const typeOid = reader.uint32()
    reader.slice(6)
    fields.push({ name, tableOid, columnNumber, typeOid, format: reader.int16() })
  }
  reader.end()
  return fields
}

/** CommandComplete (B): the tag, `SELECT 5`. */
export function decodeCommandComplete(frame: Frame): string {
  const reader = body(frame)
  const tag = reader.string()
  reader.end()
  return tag
}

/** ReadyForQuery (B): `I` idle, `T` in a transaction, `E` in a failed one. */
export function decodeReadyForQuery(frame: Frame): 'I' | 'T' | 'E' {
  const reader = body(frame)
  const status = String.fromCharCode(reader.byte())
  reader.end()
  if (status === 'I' || status === 'T' || status === 'E') return status
  throw new FrameError('a ReadyForQuery with an unknown transaction status')
}

export function decodeParameterStatus(frame: Frame): { readonly name: string; readonly value: string } {
  const reader = body(frame)
  const name = reader.string()
  const value = reader.string()
  reader.end()
  return { name, value }
}

/** NotificationResponse (B): `Int32 process, String channel, String payload`. */
export function decodeNotification(frame: Frame): { readonly processId: number; readonly channel: string; readonly payload: string } {
  const reader = body(frame)
  const processId = reader.int32()
  const channel = reader.string()
  const payload = reader.string()
  reader.end()
  return { processId, channel, payload }
}

/** ErrorResponse and NoticeResponse (B): field code → text, in the order sent (55.8). */
export function decodeReport(frame: Frame): ReadonlyMap<string, string> {
  const reader = body(frame)
  const fields = new Map<string, string>()
  for (let code = reader.byte(); code !== 0; code = reader.byte()) fields.set(String.fromCharCode(code), reader.string())
  reader.end()
  return fields
}

export interface Report {
  readonly severity: 'ERROR' | 'FATAL' | 'NOTICE' | 'WARNING'
  /** SQLSTATE. */
  readonly code: string
  readonly message: string
  readonly detail?: string
  readonly hint?: string
  /** 1-based, in characters. */
  readonly position?: number
}

export function encodeError(report: Report): Buffer {
  return encodeReport(backend.errorResponse, reportFields(report))
}

export function encodeNotice(report: Report): Buffer {
  return encodeReport(backend.noticeResponse, reportFields(report))
}

export function encodeReport(type: number, fields: Iterable<readonly [string, string]>): Buffer {
  const parts: string[] = []
  for (const [code, text] of fields) parts.push(code, text.replaceAll('\0', ''), '\0')
  return message(type, Buffer.from(`${parts.join('')}\0`, 'utf8'))
}

function* reportFields(report: Report): Generator<readonly [string, string]> {
  yield ['S', report.severity]
  yield ['V', report.severity]
  yield ['C', report.code]
  yield ['M', report.message]
  if (report.detail !== undefined) yield ['D', report.detail]
  if (report.hint !== undefined) yield ['H', report.hint]
  if (report.position !== undefined) yield ['P', String(report.position)]
}

export function encodeParameterStatus(name: string, value: string): Buffer {
  return message(backend.parameterStatus, Buffer.from(`${name}\0${value}\0`, 'utf8'))
}

export function encodeBackendKeyData(processId: number, secret: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + secret.length)
  bytes.writeInt32BE(processId, 0)
  secret.copy(bytes, 4)
  return message(backend.backendKeyData, bytes)
}

export function encodeNotification(processId: number, channel: string, payload: string): Buffer {
  const head = Buffer.alloc(4)
  head.writeInt32BE(processId, 0)
  return message(backend.notificationResponse, Buffer.concat([head, Buffer.from(`${channel}\0${payload}\0`, 'utf8')]))
}

export function encodeCopyData(row: Buffer): Buffer {
  return message(backend.copyData, row)
}

export function encodeReadyForQuery(status: 'I' | 'T' | 'E'): Buffer {
  return message(backend.readyForQuery, Buffer.from(status))
}

export const authenticationOk = message(backend.authentication, Buffer.from([0, 0, 0, 0]))
export const authenticationCleartextPassword = message(backend.authentication, Buffer.from([0, 0, 0, 3]))

function message(type: number, content: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(5 + content.length)
  bytes[0] = type
  bytes.writeInt32BE(content.length + 4, 1)
  content.copy(bytes, 5)
  return bytes
}
