// Builds frames byte by byte, as the specifications draw them, without any code of the codec: fixtures that its encoder did not make.
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib'
import { spdyDictionary } from '../spdy-dictionary.ts'

export const u16 = (value: number) => [(value >> 8) & 255, value & 255]
export const u24 = (value: number) => [(value >> 16) & 255, ...u16(value)]
export const u32 = (value: number) => [(value >>> 24) & 255, ...u24(value)]

export function spdyControl(type: number, flags: number, payload: readonly number[] | Buffer, version = 3): Buffer {
  return Buffer.from([0x80, version, ...u16(type), flags, ...u24(payload.length), ...payload])
}

export const spdyData = (stream: number, flags: number, data: string | Buffer) => Buffer.from([...u32(stream), flags, ...u24(Buffer.from(data as string).length), ...Buffer.from(data as string)])

export function headerBlock(pairs: readonly (readonly [string, string])[]): Buffer {
  return Buffer.from([...u32(pairs.length), ...pairs.flat().flatMap((text) => [...u32(text.length), ...Buffer.from(text, 'latin1')])])
}

/** One zlib stream that is flushed after each block, as every other implementation does it. */
export class ZlibStream {
  readonly #deflate: Deflate = createDeflate({ dictionary: spdyDictionary, level: 9 }).setMaxListeners(0)

  block(bytes: Buffer): Promise<Buffer> {
    return flushed(this.#deflate, bytes)
  }
}

export class UnzlibStream {
  readonly #inflate: Inflate = createInflate({ dictionary: spdyDictionary }).setMaxListeners(0)

  block(bytes: Buffer): Promise<Buffer> {
    return flushed(this.#inflate, bytes)
  }
}

function flushed(stream: Deflate | Inflate, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const take = (chunk: Buffer) => chunks.push(chunk)
    stream.on('data', take).once('error', reject)
    stream.write(bytes)
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off('data', take)
      resolve(Buffer.concat(chunks))
    })
  })
}

export function webSocketFrame(first: number, payload: Buffer, key: readonly number[] | null): Buffer {
  const { length } = payload
  const bit = key === null ? 0 : 0x80
  const head = length < 126 ? [bit | length] : length < 65_536 ? [bit | 126, ...u16(length)] : [bit | 127, ...u32(0), ...u32(length)]
  return Buffer.from([first, ...head, ...(key ?? []), ...payload.map((byte, index) => byte ^ (key?.[index % 4] ?? 0))])
}
