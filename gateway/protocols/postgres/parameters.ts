// Parameter values of a Bind as text, for the record and for people. Binary values whose type we do not know stay hexadecimal.
import { binaryText } from './binary-values.ts'
import type { Bind } from './codec/frontend.ts'
import { recordedParameterCharactersMax } from '../../limits.ts'

/** `types`: their oids as Int32 each, as far as they are known. Long values are cut at `charactersMax`, which is said. */
export function parameterText(bind: Bind, types: Buffer, charactersMax = recordedParameterCharactersMax): readonly (string | null)[] {
  return bind.parameters.map((value, index) => {
    if (value === null) return null
    if (isBinary(bind, index) && value.length <= charactersMax) return binaryText(typeAt(types, index), value) ?? `\\x${value.toString('hex')}`
    const text = isBinary(bind, index) ? `\\x${value.toString('hex', 0, charactersMax)}` : value.toString('utf8', 0, charactersMax)
    return value.length > charactersMax ? `${text}… (${value.length} bytes)` : text
  })
}

/** 0: the server infers it. */
export function typeAt(types: Buffer, index: number): number {
  return 4 * index + 4 <= types.length ? types.readUInt32BE(4 * index) : 0
}

/** As they are: text values as strings, binary ones as bytes of their own. */
export function parameterValues(bind: Bind): readonly (string | Buffer | null)[] {
  return bind.parameters.map((value, index) => value && (isBinary(bind, index) ? Buffer.from(value) : value.toString('utf8')))
}

/** Protocol 55.7, Bind: no formats means all text, one means it for all. */
function isBinary({ parameterFormats }: Bind, index: number): boolean {
  return (parameterFormats.length === 1 ? parameterFormats[0] : parameterFormats[index]) === 1
}
