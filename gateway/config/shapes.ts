// Pieces that several parts of gateway.yaml share.
import { z } from 'zod'
import type { SecretRef } from '../credentials/resolve-secret.ts'

export const text = z.string().min(1, { error: 'expected a value, not an empty text' })

const secretShape = { env: text.optional(), file: text.optional() }
export const secretRef = z.strictObject(secretShape, {
  // Also for a literal: its text must not be repeated in the message.
  error: (issue) => (issue.code === 'unrecognized_keys' ? 'env, file' : 'a secret is never written here; expected a reference: { env: NAME } or { file: path }'),
}).transform((ref, context): SecretRef => {
  if (ref.env !== undefined && ref.file === undefined) return { env: ref.env }
  if (ref.file !== undefined && ref.env === undefined) return { file: ref.file }
  context.addIssue({ code: 'custom', message: 'expected one reference, { env: NAME } or { file: path }' })
  return z.NEVER
})
