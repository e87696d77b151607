// `range` on the numeric types: their text and binary forms read and written. What a bucket is stands in range.ts.
import { bucketOf, float4ExactMax, float8ExactMax, floorOf, floorOfFloat, floorOfNumeric, numericOf } from './range.ts'
import type { NumberType, ValueTransform } from './value-type.ts'

export function rangeTransform(type: NumberType, width: bigint, isBinary: boolean): ValueTransform {
  const { read, write, least } = numbers(type, isBinary)
  return (value) => {
    const floor = read(value)
    if (floor === undefined) return undefined
    const bucket = bucketOf(floor, width)
    return write(least !== undefined && bucket < least ? least : bucket)
  }
}

interface Numbers {
  readonly read: (value: Buffer) => bigint | undefined
  readonly write: (bound: bigint) => Buffer
  /** The lowest bucket may begin below what the type holds. */
  readonly least?: bigint
}

function numbers(type: NumberType, isBinary: boolean): Numbers {
  switch (type.kind) {
    case 'numeric': return isBinary ? { read: floorOfNumeric, write: numericOf } : { read: (value) => floorOf(value.toString('latin1')), write: digits }
    case 'integer': return {
      ...(isBinary ? { read: (value) => integerOf(value, type.bytes), write: (bound) => integerBytes(bound, type.bytes) } : { read: (value) => floorOf(value.toString('latin1')), write: digits }),
      least: -(2n ** BigInt(8 * type.bytes - 1)),
    }
    case 'float': {
      const exactMax = type.bytes === 4 ? float4ExactMax : float8ExactMax
      const read = (value: Buffer): number => (isBinary ? floatOf(value, type.bytes) : floatOfText(value.toString('latin1')))
      return { read: (value) => floorOfFloat(read(value), exactMax), write: isBinary ? (bound) => floatBytes(Number(bound), type.bytes) : digits }
    }
  }
}

/** With a low extra_float_digits the server rounds, and 1600 is `2e+03`: each such setting would tell more of where in its bucket a value is. */
function floatOfText(text: string): number {
  return text === '' || text.includes('e+') ? NaN : Number(text)
}

const digits = (bound: bigint): Buffer => Buffer.from(String(bound))

function floatOf(value: Buffer, bytes: 4 | 8): number {
  if (value.length !== bytes) return NaN
  return bytes === 4 ? value.readFloatBE(0) : value.readDoubleBE(0)
}

function integerOf(value: Buffer, bytes: 2 | 4 | 8): bigint | undefined {
  if (value.length !== bytes) return undefined
  return bytes === 8 ? value.readBigInt64BE(0) : BigInt(value.readIntBE(0, bytes))
}

function integerBytes(value: bigint, bytes: 2 | 4 | 8): Buffer {
  const wide = Buffer.alloc(8)
  wide.writeBigInt64BE(value)
  return wide.subarray(8 - bytes)
}

function floatBytes(value: number, bytes: 4 | 8): Buffer {
  const out = Buffer.alloc(bytes)
  if (bytes === 4) out.writeFloatBE(value)
  else out.writeDoubleBE(value)
  return out
}
