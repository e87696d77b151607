// `range`: a number becomes the lower bound of its bucket, exactly, in every numeric type. Never by way of a double that could not hold
// it: a bucket is computed in whole numbers. Undefined: no bucket (NaN, infinity, sizes past the limits), the value is redacted.
import { maskedDigitsMax } from '../../limits.ts'

export function bucketOf(value: bigint, width: bigint): bigint {
  const rest = value % width
  return value - (rest < 0n ? rest + width : rest)
}

const decimal = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/

/** The whole number at or below a decimal text, as numeric and JSON write it. */
export function floorOf(text: string): bigint | undefined {
  const match = text.length > 2 * maskedDigitsMax ? null : decimal.exec(text)
  if (match === null) return undefined
  const [, sign, whole, fraction = '', exponent = '0'] = match as unknown as [string, string, string, string | undefined, string | undefined]
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  if (point > maskedDigitsMax) return undefined
  const kept = BigInt(digits.slice(0, Math.max(point, 0)).padEnd(Math.max(point, 0), '0') || '0')
  if (sign === '') return kept
  return /[1-9]/.test(digits.slice(Math.max(point, 0))) ? -kept - 1n : -kept
}

/** From `exactMax` on doubles (or singles) soon stand further apart than whole numbers, and a bucket could be the value itself. */
export function floorOfFloat(value: number, exactMax: number): bigint | undefined {
  return Math.abs(value) < exactMax ? BigInt(Math.floor(value)) : undefined
}

/** Where PostgreSQL begins to write exponents. */
export const float4ExactMax = 1e6
export const float8ExactMax = 1e15

/** numeric_send: int16 digit count, weight of the first digit, sign, display scale; then digits to base 10,000, the highest first. */
export function floorOfNumeric(bytes: Buffer): bigint | undefined {
  if (bytes.length < 8) return undefined
  const [count, weight, sign] = [bytes.readUInt16BE(0), bytes.readInt16BE(2), bytes.readUInt16BE(4)]
  if (bytes.length !== 8 + 2 * count || (sign !== 0 && sign !== negative) || 4 * (weight + 1) > maskedDigitsMax) return undefined
  let whole = 0n
  let hasFraction = false
  for (let i = 0; i < Math.max(count, weight + 1); i++) {
    const digit = i < count ? bytes.readUInt16BE(8 + 2 * i) : 0
    if (i <= weight) whole = whole * base + BigInt(digit)
    else hasFraction ||= digit !== 0
  }
  if (sign === 0) return whole
  return hasFraction ? -whole - 1n : -whole
}

const negative = 0x4000
const base = 10_000n

export function numericOf(value: bigint): Buffer {
  const digits: number[] = []
  for (let rest = value < 0n ? -value : value; rest > 0n; rest /= base) digits.unshift(Number(rest % base))
  const bytes = Buffer.alloc(8 + 2 * digits.length)
  bytes.writeUInt16BE(digits.length, 0)
  bytes.writeInt16BE(Math.max(digits.length - 1, 0), 2)
  bytes.writeUInt16BE(value < 0n ? negative : 0, 4)
  for (const [index, digit] of digits.entries()) bytes.writeUInt16BE(digit, 8 + 2 * index)
  return bytes
}
