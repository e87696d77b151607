// gateway.yaml as zod reads it (design.md §4): unknown keys are errors, a secret is a reference or it is refused. Nothing is read
// from disk or environment here; resolve.ts does that.
import { z } from 'zod'
import { approvalEventKinds } from '../../shared/approval.ts'
import { githubRepository, globText, knownKeys, oneOrMany, plainName, someOf } from '../../shared/policy/shapes.ts'
import { whoSchema } from '../../shared/policy/who.ts'
import { defaultKinds, defaultLink } from '../approvals/notify/target.ts'
import { isSafeUrl, parseListenAddress } from './address.ts'
import { connectionSchema } from './connections.ts'
import { secretRef, text } from './shapes.ts'

const address = z.string().transform((written, context) => {
  const parsed = parseListenAddress(written)
  if (parsed !== null) return parsed
  context.addIssue({ code: 'custom', message: 'expected host:port, such as 127.0.0.1:8443 or [::1]:8443; port 0 is any free port' })
  return z.NEVER
})

const listenShape = { api: address, postgres: address.optional(), ssh: address.optional() }
const tlsShape = { cert: text, key: text }
const claimsShape = { id: text.default('sub'), email: text.default('email'), groups: text.default('groups') }

const identityShape = {
  name: plainName, issuer: text, audience: text,
  kind: z.enum(['human', 'ci', 'agent'], { error: 'expected human, ci or agent' }),
  jwks: text.optional(), claims: z.strictObject(claimsShape, knownKeys(claimsShape)).prefault({}),
  client_id: text.optional(), scopes: z.array(text).default(['openid', 'profile', 'email']),
}

const notifyBase = {
  name: plainName,
  on: oneOrMany(z.enum(approvalEventKinds, { error: `expected one of ${approvalEventKinds.join(', ')}` })).default([...defaultKinds]),
  connections: someOf(globText).optional(),
  link: text.refine((link) => link.includes('{id}') && /^(https|gatehouse):\/\//.test(link), { error: 'expected an address with {id} in it, https:// or gatehouse://' }).default(defaultLink),
}
const webhookShape = { ...notifyBase, kind: z.literal('webhook'), url: text.refine(isSafeUrl, { error: 'expected an https URL (http only on loopback): what is asked must not cross the network in clear text' }), secret: secretRef }
const slackShape = { ...notifyBase, kind: z.literal('slack'), url: secretRef }
const notifyTarget = z.discriminatedUnion('kind', [z.strictObject(webhookShape, knownKeys(webhookShape)), z.strictObject(slackShape, knownKeys(slackShape))], { error: 'expected kind: webhook or kind: slack' })

/** `seal`: the secret under which exact commands are kept for approvers; the same for every gateway of a store (docs/adr/0007). */
const approvalsShape = { seal: secretRef.optional() }

const githubShape = {
  api: text.refine(isSafeUrl, { error: 'expected an https URL (http only on loopback): the token goes there' }).transform((url) => url.replace(/\/+$/, '')).default('https://api.github.com'),
  token: secretRef, repositories: someOf(githubRepository), branch: text.default('main'),
}

const configShape = {
  listen: z.strictObject(listenShape, knownKeys(listenShape)),
  tls: z.strictObject(tlsShape, knownKeys(tlsShape)).optional(),
  data: text.default('./data'),
  store: secretRef.optional(),
  approvals: z.strictObject(approvalsShape, knownKeys(approvalsShape)).optional(),
  notify: z.array(notifyTarget).default([]),
  /** Whose merged pull requests may agree to commands of CI, where a rule says so (docs/adr/0009). */
  github: z.strictObject(githubShape, knownKeys(githubShape)).optional(),
  /** `kernel`: a command goes upstream when its record is with the kernel. `disk`: when it is on the disk, by an fsync that sessions share. */
  recording: z.strictObject({ mode: z.enum(['kernel', 'disk']).default('kernel') }).optional(),
  identity: z.array(z.strictObject(identityShape, knownKeys(identityShape))).min(1, { error: 'expected at least one provider; without one nobody can sign in' }),
  connections: z.array(connectionSchema).default([]),
  policies: text,
  reviewers: whoSchema.optional(),
}

export const configSchema = z.strictObject(configShape, knownKeys(configShape))
export type WrittenConfig = z.output<typeof configSchema>
