import { createHash, randomBytes, randomInt } from 'node:crypto'
import { deflateSync, constants } from 'node:zlib'
import { expect, test } from 'vitest'
import { spdyControlBytesMax, spdyHeaderBytesMax } from '../../../limits-kubernetes.ts'
import { FrameError } from './frame-error.ts'
import { dataFrameOf, goawayFrame, pingFrame, resetFrame, SpdyHeaderWriter, SpdyParser, type SpdyFrame } from './spdy.ts'
import { spdyDictionary } from './spdy-dictionary.ts'
import { HeaderInflater } from './spdy-headers.ts'
import { headerBlock, spdyControl, spdyData, u32, UnzlibStream, ZlibStream } from './testing/frames.ts'

const stdout = [['streamtype', 'stdout']] as const

/** One of each, headers by one real zlib stream. */
async function fixture(): Promise<Buffer> {
  const zlib = new ZlibStream()
  const block = async (pairs: readonly (readonly [string, string])[]) => zlib.block(headerBlock(pairs))
  return Buffer.concat([
    spdyControl(1, 0, [...u32(1), ...u32(0), 0, 0, ...await block([['streamtype', 'error']])]),
    spdyControl(1, 1, [...u32(3), ...u32(0), 0x60, 0, ...await block([['streamtype', 'data'], ['port', '8080'], ['requestid', '0']])]),
    spdyControl(2, 0, [...u32(1), ...await block([])]),
    spdyControl(8, 1, [...u32(1), ...await block(stdout)]),
    spdyData(3, 0, 'hello'), spdyData(3, 1, ''),
    spdyControl(3, 0, [...u32(3), ...u32(5)]),
    spdyControl(4, 0, [...u32(1), 1, 0, 0, 4, ...u32(100)]),
    spdyControl(6, 0, u32(7)), spdyControl(7, 0, [...u32(3), ...u32(0)]), spdyControl(9, 0, [...u32(0), ...u32(65_536)]),
  ])
}

const summary = (frames: readonly SpdyFrame[]) => frames.map(({ raw, ...frame }) => ({ ...frame, raw: raw.toString('hex'), ...('headers' in frame ? { headers: [...frame.headers] } : {}) }))

test('the dictionary is the one of the specification', () => {
  expect(createHash('sha256').update(spdyDictionary).digest('hex')).toBe('51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02')
})

test('reads every frame of Kubernetes, and keeps its bytes', async () => {
  const bytes = await fixture()
  const frames = new SpdyParser().push(bytes)
  expect(frames.map(({ kind }) => kind)).toEqual(['syn-stream', 'syn-stream', 'syn-reply', 'headers', 'data', 'data', 'rst-stream', 'settings', 'ping', 'goaway', 'window-update'])
  expect(Buffer.concat(frames.map(({ raw }) => raw))).toEqual(bytes)
  expect(frames[1]).toMatchObject({ stream: 3, isLast: true, isUnidirectional: false, associated: 0, priority: 3, headers: new Map([['streamtype', 'data'], ['port', '8080'], ['requestid', '0']]) })
  expect(frames[3]).toMatchObject({ stream: 1, isLast: true, headers: new Map(stdout) })
  expect(frames[4]).toMatchObject({ stream: 3, isLast: false, data: Buffer.from('hello') })
  expect(frames[5]).toMatchObject({ stream: 3, isLast: true })
  expect(frames[6]).toMatchObject({ stream: 3, status: 5 })
  expect(frames[8]).toMatchObject({ id: 7 })
  expect(frames[9]).toMatchObject({ lastStream: 3, status: 0 })
  expect(frames[10]).toMatchObject({ stream: 0, delta: 65_536 })
})

test('gives the same frames however the bytes are cut', async () => {
  const bytes = await fixture()
  const whole = summary(new SpdyParser().push(bytes))
  for (let at = 1; at < bytes.length; at++) {
    const parser = new SpdyParser()
    expect(summary([...parser.push(bytes.subarray(0, at)), ...parser.push(bytes.subarray(at))])).toEqual(whole)
  }
  const parser = new SpdyParser()
  expect(summary([...bytes].flatMap((byte) => parser.push(Buffer.from([byte]))))).toEqual(whole)
})

test('frames of a chunk stay as they were when more is read', () => {
  const parser = new SpdyParser()
  const [first] = parser.push(Buffer.concat([spdyData(1, 0, 'kept'), spdyData(1, 0, 'second').subarray(0, 9)]))
  parser.push(spdyData(1, 0, 'second').subarray(9))
  parser.push(Buffer.concat(Array.from({ length: 50 }, () => spdyData(1, 0, 'x'.repeat(100)))))
  expect(first).toMatchObject({ data: Buffer.from('kept') })
})

test('what it writes another zlib reads, and it reads itself', async () => {
  const [writer, other] = [new SpdyHeaderWriter(), new UnzlibStream()]
  const parser = new SpdyParser()
  for (let stream = 1; stream < 400; stream += 2) {
    const pairs = [['streamtype', 'data'], ['port', String(randomInt(65_536))], ['requestid', String(stream)], ['x', randomBytes(randomInt(300)).toString('hex')]] as const
    const frame = writer.synStream(stream, new Map(pairs))
    expect(await other.block(frame.subarray(18))).toEqual(headerBlock(pairs))
    expect(parser.push(frame)).toMatchObject([{ kind: 'syn-stream', stream, headers: new Map(pairs) }])
  }
})

test('reads what another zlib writes, for longer than its window', async () => {
  const [zlib, inflater] = [new ZlibStream(), new HeaderInflater()]
  for (let i = 0; i < 300; i++) {
    const pairs = [['streamtype', 'error'], ['requestid', String(i)], ['x', randomBytes(randomInt(400)).toString('hex')]] as const
    expect([...inflater.read(await zlib.block(headerBlock(pairs)))]).toEqual(pairs)
  }
})

test('writes the frames it reads', () => {
  const writer = new SpdyHeaderWriter()
  const bytes = Buffer.concat([
    writer.reply(1, new Map(), true), writer.headers(1, new Map(stdout)), dataFrameOf(1, Buffer.from('x'), true), resetFrame(1, 3), goawayFrame(5, 1), pingFrame(2),
  ])
  expect(new SpdyParser().push(bytes)).toMatchObject([
    { kind: 'syn-reply', isLast: true }, { kind: 'headers', headers: new Map(stdout) }, { kind: 'data', isLast: true, data: Buffer.from('x') },
    { kind: 'rst-stream', stream: 1, status: 3 }, { kind: 'goaway', lastStream: 5, status: 1 }, { kind: 'ping', id: 2 },
  ])
})

const compressed = (block: Buffer) => [...deflateSync(block, { dictionary: spdyDictionary, finishFlush: constants.Z_SYNC_FLUSH })]
const synStream = (block: Buffer) => spdyControl(1, 0, [...u32(1), ...u32(0), 0, 0, ...compressed(block)])

test.each([
  ['another version', spdyControl(6, 0, u32(1), 2), /SPDY 2/],
  ['an unknown control frame', spdyControl(5, 0, []), /5 is not known/],
  ['a credential frame', spdyControl(10, 0, []), /10 is not known/],
  ['a control frame over the limit', Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]), new RegExp(`at most ${spdyControlBytesMax}`)],
  ['a data frame of stream 0', spdyData(0, 0, 'x'), /stream 0/],
  ['a data frame with unknown flags', spdyData(1, 2, 'x'), /flags 0x2/],
  ['a reset with flags', spdyControl(3, 1, [...u32(1), ...u32(1)]), /flags/],
  ['a short reset', spdyControl(3, 0, u32(1)), /4 bytes, not 8/],
  ['a long ping', spdyControl(6, 0, [...u32(1), 0]), /5 bytes, not 4/],
  ['a short goaway', spdyControl(7, 0, u32(1)), /4 bytes, not 8/],
  ['settings that lie', spdyControl(4, 0, [...u32(536_870_912), ...u32(1), ...u32(2)]), /settings/],
  ['settings without a count', spdyControl(4, 0, []), /settings/],
  ['a syn-stream without a block', spdyControl(1, 0, [...u32(1), ...u32(0)]), /8 bytes/],
  ['a reply without a stream', spdyControl(2, 0, [0, 0]), /2 bytes/],
  ['a stream with the reserved bit', spdyControl(2, 0, [0x80, 0, 0, 1, ...compressed(headerBlock([]))]), /does not exist/],
  ['a block without a dictionary', spdyControl(2, 0, [...u32(1), ...deflateSync(headerBlock([]), { finishFlush: constants.Z_SYNC_FLUSH })]), /dictionary/],
  ['a block that is no zlib', spdyControl(2, 0, [...u32(1), 1, 2, 3, 4, 5, 6, 7, 0, 0, 255, 255]), /zlib/],
  ['a block that was not flushed', spdyControl(2, 0, [...u32(1), ...compressed(headerBlock([])).slice(0, -1)]), /flush/],
  ['a block of broken deflate', spdyControl(2, 0, [...u32(1), ...compressed(headerBlock([])).slice(0, 6), 0xff, 0xff, 0, 0, 0xff, 0xff]), /inflated/],
  ['a count that lies', synStream(Buffer.from([...u32(2), ...u32(1), 97, ...u32(0)])), /ends inside/],
  ['too many headers', synStream(Buffer.from(u32(4_000_000_000))), /4000000000 headers/],
  ['a name that reaches beyond', synStream(Buffer.from([...u32(1), ...u32(0xffffffff), 97])), /beyond/],
  ['a header twice', synStream(headerBlock([['port', '80'], ['port', '22']])), /twice/],
  ['a name in upper case', synStream(headerBlock([['Port', '80']])), /lower case/],
  ['an empty name', synStream(headerBlock([['', '80']])), /empty/],
  ['bytes behind the last header', synStream(Buffer.concat([headerBlock([['a', 'b']]), Buffer.from('c')])), /behind/],
  ['an empty block', synStream(Buffer.alloc(0)), /ends inside/],
  ['a bomb', synStream(Buffer.alloc(spdyHeaderBytesMax + 1)), /more than/],
])('refuses %s', (_name, bytes, message) => {
  expect(() => new SpdyParser().push(bytes)).toThrow(message)
  expect(() => new SpdyParser().push(bytes)).toThrow(FrameError)
})

test('many small bombs are found together', async () => {
  const [zlib, inflater] = [new ZlibStream(), new HeaderInflater()]
  const blocks: Buffer[] = []
  for (let i = 0; i < 20; i++) blocks.push(await zlib.block(headerBlock([['x', 'a'.repeat(spdyHeaderBytesMax - 100)]])))
  expect(() => { for (const block of blocks) inflater.read(block) }).toThrow(/times their size/)
})

test('a frame that never ends takes no more memory than came', () => {
  const parser = new SpdyParser()
  const before = process.memoryUsage().arrayBuffers
  const parsers = Array.from({ length: 200 }, () => new SpdyParser())
  for (const each of parsers) each.push(Buffer.from([0, 0, 0, 1, 0, 0xff, 0xff, 0xff, ...Buffer.alloc(100)]))
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024)
  expect(parser.push(Buffer.alloc(0))).toEqual([])
})

test('random and damaged bytes end in frames or in a FrameError, never in anything else', async () => {
  const good = await fixture()
  for (let round = 0; round < 20_000; round++) {
    const bytes = round % 2 === 0 ? randomBytes(randomInt(60)) : Buffer.from(good)
    for (let i = randomInt(4); i >= 0 && bytes.length > 0; i--) bytes[randomInt(bytes.length)] = randomInt(256)
    try {
      new SpdyParser().push(bytes)
    } catch (error) {
      expect(error).toBeInstanceOf(FrameError)
    }
  }
})
