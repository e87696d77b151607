// A kubeconfig as a source of one connection's address and credential. Exec plugins and auth providers are refused: the gateway runs
// no program that a file names. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
import { z } from 'zod'
import { GatehouseError } from '../../shared/errors.ts'
import { parseYamlFile, problemText } from '../yaml-file.ts'

const base64 = z.string().transform((text) => Buffer.from(text, 'base64').toString('utf8'))

const cluster = z.looseObject({ server: z.string(), 'certificate-authority-data': base64.optional(), 'tls-server-name': z.string().optional(), 'insecure-skip-tls-verify': z.boolean().optional(), 'proxy-url': z.string().optional() })
const user = z.looseObject({ token: z.string().optional(), 'client-certificate-data': base64.optional(), 'client-key-data': base64.optional() })
const context = z.looseObject({ cluster: z.string(), user: z.string() })
const schema = z.looseObject({
  'current-context': z.string().optional(),
  clusters: z.array(z.looseObject({ name: z.string(), cluster })), users: z.array(z.looseObject({ name: z.string(), user })), contexts: z.array(z.looseObject({ name: z.string(), context })),
})

export interface KubeconfigEntry {
  readonly server: string
  readonly ca: string | null
  readonly serverName: string | null
  readonly token: string | null
  readonly certificate: { readonly cert: string; readonly key: string } | null
}

/** `wanted`: null is the current context. Throws config_invalid; no message quotes the file. */
export function readKubeconfig(file: string, content: string, wanted: string | null): KubeconfigEntry {
  const parsed = parseYamlFile(schema, file, content)
  if (!parsed.ok) throw new GatehouseError('config_invalid', `the kubeconfig cannot be read: ${problemText(parsed.problems[0]!)}`)
  const { value } = parsed
  const name = wanted ?? value['current-context']
  if (name === undefined) throw refused(file, 'has no current-context; name one with context:')
  const found = entry(value.contexts, name)?.context
  if (found === undefined) throw refused(file, `has no context ${JSON.stringify(name)}`)
  const target = entry(value.clusters, found.cluster)?.cluster
  const who = entry(value.users, found.user)?.user
  if (target === undefined || who === undefined) throw refused(file, `names a cluster or user in context ${JSON.stringify(name)} that it does not have`)
  if (target['insecure-skip-tls-verify'] === true) throw refused(file, 'skips the check of the server\'s certificate, and the credential would go to whoever answers; give certificate-authority-data')
  if (target['proxy-url'] !== undefined) throw refused(file, 'names a proxy-url, which the gateway does not use')
  const outside = outsideKeys.find((key) => key in target || key in who)
  if (outside !== undefined) throw refused(file, `has ${outside}: the gateway runs no program and reads no other file for it; use ${outside === 'exec' || outside === 'auth-provider' ? 'a token of a service account' : `${outside}-data, or the connection's own keys`}`)
  const [cert, key] = [who['client-certificate-data'], who['client-key-data']]
  if ((cert === undefined) !== (key === undefined)) throw refused(file, 'has one of client-certificate-data and client-key-data; both belong together')
  return {
    server: target.server, ca: target['certificate-authority-data'] ?? null, serverName: target['tls-server-name'] ?? null, token: who.token ?? null,
    certificate: cert === undefined || key === undefined ? null : { cert, key },
  }
}

const outsideKeys = ['exec', 'auth-provider', 'username', 'tokenFile', 'certificate-authority', 'client-certificate', 'client-key', 'as', 'as-groups'] as const

const entry = <T extends { readonly name: string }>(list: readonly T[], name: string): T | undefined => list.find((one) => one.name === name)

const refused = (file: string, why: string) => new GatehouseError('config_invalid', `${file} ${why}`)
