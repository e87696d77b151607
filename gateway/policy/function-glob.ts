// Globs over functions: `pg_sleep` is that name in any schema, `public.*` any name in that schema.
import { anything, compileGlob } from '../../shared/policy/glob.ts'
import type { Call } from './uses.ts'

export interface FunctionGlobs {
  /** The call may be of one of them: what a deny or approve asks. */
  readonly mayBe: (call: Call) => boolean
  /** It surely is: what an allow asks. */
  readonly mustBe: (call: Call) => boolean
}

export function compileFunctionGlobs(patterns: readonly string[]): FunctionGlobs {
  const globs = patterns.map((pattern) => {
    const [name, schema] = pattern.split('.').toReversed()
    return { name: compileGlob(name!, null), schema: schema === undefined ? anything : compileGlob(schema, null) }
  })
  const isOne = (call: Call, ofAnySchema: (schema: (text: string) => boolean) => boolean, onUnknown: boolean): boolean => {
    if (call.kind === 'unknown') return onUnknown
    return globs.some(({ name, schema }) => name(call.name) && (call.schema === null ? ofAnySchema(schema) : schema(call.schema)))
  }
  return {
    mayBe: (call) => isOne(call, () => true, true),
    mustBe: (call) => isOne(call, (schema) => schema === anything, patterns.includes('*')),
  }
}
