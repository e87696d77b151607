// The connections of gateway.yaml, one schema a kind (design.md §4). A secret is a reference; what must be read from disk is read by
// resolve-connections.ts.
import { z } from 'zod'
import { knownKeys, plainName } from '../../shared/policy/shapes.ts'
import { secretRef, text } from './shapes.ts'

const tlsModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
const fileRefShape = { file: text }
const fileRef = z.strictObject(fileRefShape, { error: (issue) => (issue.code === 'unrecognized_keys' ? 'file' : 'expected { file: path } of a PEM file') })

const base = {
  name: plainName,
  labels: z.record(text, z.string({ error: 'expected a text; quote it' })).default({}),
}

const postgresShape = {
  ...base, kind: z.literal('postgres'),
  host: text.refine((host) => !/[/\s]/.test(host), { error: 'expected a host name or address' }),
  port: z.number().int().min(1).max(65_535).default(5432), database: text, user: text, password: secretRef.optional(),
  tls: z.enum(tlsModes, { error: `expected one of ${tlsModes.join(', ')}` }).default('verify-full'),
  ca: fileRef.optional(),
}

/** Who the API server is told that it serves, beside the gateway's own credential (its RBAC must let the gateway impersonate). */
const impersonateShape = {
  user: z.enum(['id', 'email'], { error: 'expected id or email: what of the principal is the user\'s name' }),
  groups: z.boolean().default(true),
  prefix: z.string().regex(/^[a-z0-9][a-z0-9.-]*:$/, { error: 'expected a word and a colon, such as "gatehouse:": without a prefix a group of the provider could be system:masters' }).default('gatehouse:'),
}

const kubernetesShape = {
  ...base, kind: z.literal('kubernetes'),
  server: text.optional(), ca: fileRef.optional(), 'server-name': text.optional(),
  token: secretRef.optional(), certificate: fileRef.optional(), key: secretRef.optional(),
  kubeconfig: secretRef.optional(), context: text.optional(),
  impersonate: z.strictObject(impersonateShape, knownKeys(impersonateShape)).optional(),
}

export const connectionSchema = z.discriminatedUnion('kind', [
  z.strictObject(postgresShape, knownKeys(postgresShape)), z.strictObject(kubernetesShape, knownKeys(kubernetesShape)),
], { error: 'expected kind: postgres or kind: kubernetes' })

export type WrittenConnection = z.output<typeof connectionSchema>
export type WrittenPostgres = Extract<WrittenConnection, { kind: 'postgres' }>
export type WrittenKubernetes = Extract<WrittenConnection, { kind: 'kubernetes' }>
