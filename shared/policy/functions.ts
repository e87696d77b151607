// `functions:` of a policy: functions of the database's own that somebody has read, each by the SHA-256 of its definition. People with
// masks may call them; `gatehouse policy pin` writes the line.
import { z } from 'zod'
import { knownKeys } from './shapes.ts'

export interface FunctionPin {
  /** `schema.name`, as the database has it; all its overloads. */
  readonly name: string
  /** Lower-case hex. */
  readonly sha256: string
  /** `arguments`: whoever pinned it vouches that its result holds nothing but what its arguments hold; null: it may hold anything. */
  readonly gives: 'arguments' | null
}

const shape = {
  name: z.string().regex(/^[^.]+\.[^.]+$/, { error: 'expected schema.name, such as public.full_name' }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected 64 hex digits, as `gatehouse policy pin` prints them' }),
  gives: z.literal('arguments', { error: 'expected arguments, or nothing' }).optional(),
}

export const functionPinSchema = z.strictObject(shape, knownKeys(shape)).transform(({ name, sha256, gives }): FunctionPin => ({ name, sha256, gives: gives ?? null }))
