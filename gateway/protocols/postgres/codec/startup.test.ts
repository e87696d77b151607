import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startupBytesMax, startupParametersMax } from '../../../limits.ts'
import { agreedMinor, decodeStartup, encodeCancelRequest, encodeGssRequest, encodeNegotiation, encodeSslRequest, encodeStartup, type Startup } from './startup.ts'

/** A second, dumb builder: what the code under test must read was not produced by it. */
function packet(code: number, body: Buffer | string = '', length?: number): Buffer {
  const bytes = Buffer.from(body)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(length ?? 8 + bytes.length, 0)
  head.writeUInt32BE(code, 4)
  return Buffer.concat([head, bytes])
}
const v30 = 196608
const v32 = 196610

function startup(code: number, body: string): Startup {
  const decoded = decodeStartup(packet(code, body))
  if (decoded.kind !== 'startup') throw new Error(`got ${JSON.stringify(decoded)}`)
  return decoded
}

describe('decodeStartup', () => {
  test('reads what psql sends', () => {
    const decoded = startup(v30, 'user\0ann\0database\0shop\0application_name\0psql\0client_encoding\0UTF8\0\0')
    expect(decoded.minor).toBe(0)
    expect([...decoded.parameters]).toEqual([['user', 'ann'], ['database', 'shop'], ['application_name', 'psql'], ['client_encoding', 'UTF8']])
  })

  test('reads the requests that come before a startup', () => {
    expect(decodeStartup(packet(80877103))).toEqual({ kind: 'ssl' })
    expect(decodeStartup(packet(80877104))).toEqual({ kind: 'gss' })
    expect(decodeStartup(Buffer.of(0x16, 3, 1))).toEqual({ kind: 'direct-tls' })
  })

  test.each([4, 32, 256])('reads a cancel request with a secret of %i bytes', (bytes) => {
    const secret = Buffer.alloc(bytes, 7)
    expect(decodeStartup(packet(80877102, Buffer.concat([Buffer.of(0xff, 0, 0, 1), secret])))).toEqual({ kind: 'cancel', processId: 0xff000001, secret })
  })

  test('keeps a copy of a cancel secret, not a view of a buffer that will be reused', () => {
    const bytes = packet(80877102, Buffer.of(0, 0, 0, 1, 1, 2, 3, 4))
    const decoded = decodeStartup(bytes)
    bytes.fill(0)
    expect(decoded).toMatchObject({ secret: Buffer.of(1, 2, 3, 4) })
  })

  test('asks for more at every cut of a packet, and never for less than it has', () => {
    const whole = packet(v30, 'user\0ann\0\0')
    for (let cut = 0; cut < whole.length; cut++) {
      const decoded = decodeStartup(whole.subarray(0, cut))
      if (decoded.kind !== 'need-more') throw new Error(`${cut}: ${decoded.kind}`)
      expect(decoded.bytes).toBeGreaterThan(cut)
      expect(decoded.bytes).toBeLessThanOrEqual(whole.length)
    }
  })

  const bad: Record<string, Buffer> = {
    'a length of 0': packet(v30, '', 0),
    'a length of 7': packet(v30, '', 7),
    'a length over the limit': packet(v30, '', startupBytesMax + 1),
    'a length of 2³¹': packet(v30, '', 0x80000000),
    'a length of 2³²-1': packet(v30, '', 0xffffffff),
    'an SSLRequest with a body': packet(80877103, 'x'),
    'bytes glued to an SSLRequest': Buffer.concat([packet(80877103), packet(v30, 'user\0ann\0\0')]),
    'bytes glued to a startup': Buffer.concat([packet(v30, 'user\0ann\0\0'), Buffer.from('p')]),
    'a GSSENCRequest with a body': packet(80877104, 'x'),
    'a cancel without a secret': packet(80877102, Buffer.alloc(4)),
    'a cancel with 3 secret bytes': packet(80877102, Buffer.alloc(7)),
    'a cancel with 257 secret bytes': packet(80877102, Buffer.alloc(261)),
    'an unknown request code': packet(80877105),
    'protocol 2.0': packet(131072, 'user\0ann\0\0'),
    'protocol 4.0': packet(262144, 'user\0ann\0\0'),
    'no parameters': packet(v30),
    'only the end': packet(v30, '\0'),
    'an empty user': packet(v30, 'user\0\0\0'),
    'no end': packet(v30, 'user\0ann\0'),
    'a value without NUL': packet(v30, 'user\0ann'),
    'a name without value': packet(v30, 'user\0ann\0database\0'),
    'bytes after the end': packet(v30, 'user\0ann\0\0x'),
    'a second list after the end': packet(v30, 'user\0ann\0\0user\0root\0\0'),
    'a parameter twice': packet(v30, 'user\0ann\0user\0root\0\0'),
    'a protocol option twice': packet(v30, 'user\0ann\0_pq_.x\0\0_pq_.x\0\0\0'),
    'invalid UTF-8': packet(v30, Buffer.from([0x75, 0x73, 0x65, 0x72, 0, 0xff, 0xfe, 0, 0])),
    'too many parameters': packet(v30, `user\0ann\0${Array.from({ length: startupParametersMax }, (_, i) => `p${i}\0v\0`).join('')}\0`),
  }
  test.each(Object.entries(bad))('refuses %s', (_, bytes) => {
    expect(decodeStartup(bytes).kind).toBe('invalid')
  })

  test('refuses a bad length before the rest has arrived', () => {
    expect(decodeStartup(Buffer.of(0x7f, 0xff, 0xff, 0xff)).kind).toBe('invalid')
  })

  test('takes any bytes without throwing, and what it takes it has read to the end', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(v30, v32, 80877102, 80877103, 80877104), (body, code) => {
      const bytes = packet(code, Buffer.from(body))
      expect(['startup', 'cancel', 'ssl', 'gss', 'invalid']).toContain(decodeStartup(bytes).kind)
      decodeStartup(Buffer.from(body))
    }))
  })

  test('reads back what encodeStartup writes', () => {
    const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((text) => !text.includes('\0') && !text.startsWith('_pq_.') && text.isWellFormed())
    const value = fc.string({ maxLength: 40, unit: 'grapheme' }).filter((text) => !text.includes('\0') && text.isWellFormed())
    fc.assert(fc.property(fc.uniqueArray(fc.tuple(name, value), { maxLength: 20, selector: ([key]) => key }), (pairs) => {
      const parameters = new Map([...pairs, ['user', 'ann'] as const])
      const decoded = decodeStartup(encodeStartup(parameters))
      expect(decoded).toMatchObject({ kind: 'startup', minor: 0, parameters })
    }))
  })
})

describe('negotiation', () => {
  test.each([
    [v30, 'user\0a\0\0', 0, null],
    [v32, 'user\0a\0\0', 2, null],
    [196609, 'user\0a\0\0', 0, '760000000c0003000000000000'],
    [196611, 'user\0a\0\0', 2, '760000000c0003000200000000'],
    [196608 + 9999, 'user\0a\0\0', 2, '760000000c0003000200000000'],
    [v30, 'user\0a\0_pq_.x\0y\0\0', 0, '76000000130003000000000001' + Buffer.from('_pq_.x\0').toString('hex')],
  ])('of version %i with %j agrees on 3.%i', (code, body, minor, hex) => {
    const decoded = startup(code, body)
    expect(agreedMinor(decoded)).toBe(minor)
    expect(encodeNegotiation(decoded)?.toString('hex') ?? null).toBe(hex)
  })

  test('a protocol option never becomes a parameter', () => {
    expect([...startup(v30, 'user\0a\0_pq_.command\0x\0\0').parameters.keys()]).toEqual(['user'])
  })
})

describe('encoding', () => {
  test('writes the fixed requests byte for byte', () => {
    expect(encodeSslRequest().toString('hex')).toBe('0000000804d2162f')
    expect(encodeGssRequest().toString('hex')).toBe('0000000804d21630')
    expect(encodeCancelRequest(1, Buffer.of(1, 2, 3, 4)).toString('hex')).toBe('0000001004d2162e0000000101020304')
    expect(encodeStartup(new Map([['user', 'a']])).toString('hex')).toBe('00000010000300007573657200610000')
  })

  test.each([['us\0er', 'a'], ['user', 'a\0options\0-c x'], ['', 'a']])('refuses the parameter %j = %j', (name, value) => {
    expect(() => encodeStartup(new Map([[name, value]]))).toThrow(/startup parameter/)
  })

  test('refuses a packet that a server would refuse for its size', () => {
    expect(() => encodeStartup(new Map([['user', 'a'.repeat(startupBytesMax)]]))).toThrow(/startupBytesMax/)
  })

  test.each([3, 257])('refuses a cancel secret of %i bytes', (bytes) => {
    expect(() => encodeCancelRequest(1, Buffer.alloc(bytes))).toThrow(/cancel secret/)
  })
})
