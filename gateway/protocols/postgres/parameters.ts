// Parameter values of a Bind as text, for the record and for people. Binary values whose type we do not know stay hexadecimal.
import type { Bind } from './codec/frontend.ts'
import { recordedParameterCharactersMax } from '../../limits.ts'

export function parameterText({ parameters, parameterFormats }: Bind): readonly (string | null)[] {
  return parameters.map((value, index) => {
    if (value === null) return null
    // Protocol 55.7, Bind: no formats means all text, one means it for all.
    const format = parameterFormats.length === 0 ? 0 : parameterFormats.length === 1 ? parameterFormats[0] : parameterFormats[index]
    const text = format === 1 ? `\\x${value.toString('hex', 0, recordedParameterCharactersMax)}` : value.toString('utf8', 0, recordedParameterCharactersMax)
    return value.length > recordedParameterCharactersMax ? `${text}… (${value.length} bytes)` : text
  })
}
