// Values of parameters in binary format as text for people: the types that drivers send so. Not for anything that decides: what is
// judged and sent are the bytes themselves. Formats: the `…send` functions of PostgreSQL's src/backend/utils/adt.
import { isUtf8 } from 'node:buffer'

/** Null: not a type we can read, or not a value of it; it is then shown as hexadecimal. */
export function binaryText(typeOid: number, value: Buffer): string | null {
  if (textTypes.has(typeOid)) return isUtf8(value) ? value.toString('utf8') : null
  const decode = decoders[typeOid]
  try {
    return decode === undefined ? null : decode(value)
  } catch (error) {
    // Shorter than its type: what it is, the server will say.
    if (error instanceof RangeError) return null
    throw error
  }
}

/** text, varchar, bpchar, name, json, unknown, xml. */
const textTypes: ReadonlySet<number> = new Set([25, 1043, 1042, 19, 114, 705, 142])

const decoders: Readonly<Record<number, (value: Buffer) => string | null>> = {
  16: sized(1, (value) => (value[0] === 0 ? 'false' : 'true')), // bool
  21: sized(2, (value) => String(value.readInt16BE(0))), // int2
  23: sized(4, (value) => String(value.readInt32BE(0))), // int4
  20: sized(8, (value) => String(value.readBigInt64BE(0))), // int8
  26: sized(4, (value) => String(value.readUInt32BE(0))), // oid
  700: sized(4, (value) => String(Math.fround(value.readFloatBE(0)))), // float4
  701: sized(8, (value) => String(value.readDoubleBE(0))), // float8
  2950: sized(16, (value) => value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')), // uuid
  3802: (value) => (value[0] === 1 && isUtf8(value.subarray(1)) ? value.toString('utf8', 1) : null), // jsonb, version 1
  1082: sized(4, (value) => instant(BigInt(value.readInt32BE(0)) * 86_400_000_000n)?.slice(0, 10) ?? null), // date
  1114: sized(8, (value) => instant(value.readBigInt64BE(0))?.replace('Z', '') ?? null), // timestamp
  1184: sized(8, (value) => instant(value.readBigInt64BE(0))), // timestamptz
  1700: numeric,
}

function sized(bytes: number, decode: (value: Buffer) => string | null): (value: Buffer) => string | null {
  return (value) => (value.length === bytes ? decode(value) : null)
}

/** Microseconds since 2000-01-01; only what a Date can hold, which `infinity` is not. */
function instant(micros: bigint): string | null {
  const ms = micros / 1000n + 946_684_800_000n
  return ms < -62_135_596_800_000n || ms > 253_402_300_799_999n || micros % 1000n !== 0n ? null : new Date(Number(ms)).toISOString()
}

/** Int16 digits, weight, sign, scale; then digits of base 10,000, the first of which counts 10,000^weight. */
function numeric(value: Buffer): string | null {
  const [count, weight, sign, scale] = [value.readUInt16BE(0), value.readInt16BE(2), value.readUInt16BE(4), value.readUInt16BE(6)]
  if (value.length !== 8 + 2 * count || (sign !== 0 && sign !== 0x4000) || weight > digitsMax || weight < -digitsMax) return null
  const digit = (at: number): string => (at >= 0 && at < count ? String(value.readUInt16BE(8 + 2 * at)) : '0').padStart(4, '0')
  const whole = Array.from({ length: Math.max(weight + 1, 0) }, (_, at) => digit(at)).join('').replace(/^0+(?=\d)/, '') || '0'
  const fraction = Array.from({ length: Math.ceil(scale / 4) }, (_, at) => digit(weight + 1 + at)).join('').slice(0, scale)
  return `${sign === 0 ? '' : '-'}${whole}${scale > 0 ? `.${fraction}` : ''}`
}

/** Groups of four: nobody reads longer numbers. */
const digitsMax = 250
