// What a schema cannot see of gateway.yaml: names that must differ, and settings that are only safe together.
import type { Path } from '../yaml-file.ts'
import { isLoopback, isSafeServer, isSafeUrl } from './address.ts'
import type { WrittenConnection, WrittenKubernetes, WrittenPostgres } from './connections.ts'
import type { WrittenConfig } from './schema.ts'

export interface Finding { readonly path: Path; readonly message: string }

export function checkConfig(config: WrittenConfig): readonly Finding[] {
  return [
    ...repeated(config.identity.map(({ name }) => name), 'identity', 'name', 'an identity'),
    ...repeated(config.connections.map(({ name }) => name), 'connections', 'name', 'a connection'),
    ...repeated(config.notify.map(({ name }) => name), 'notify', 'name', 'a target'),
    ...repeated(config.identity.map(({ issuer, audience }) => JSON.stringify([issuer, audience])), 'identity', 'issuer', 'an identity with this issuer and audience'),
    ...config.identity.flatMap(issuerFinding),
    ...config.connections.flatMap(connectionFindings),
    ...plaintextListeners(config),
  ]
}

/** What works, and is worth a line in the log. */
export function warnConfig(config: WrittenConfig): readonly Finding[] {
  const warnings: Finding[] = config.connections.flatMap((one, at) => (one.kind !== 'postgres' || one.tls !== 'require' || isLoopback(one.host) ? [] : [
    { path: ['connections', at, 'tls'], message: 'require encrypts but does not check whom it reached; verify-full does' },
  ]))
  if (config.listen.ssh !== undefined) warnings.push({ path: ['listen', 'ssh'], message: 'ssh is not available yet; nothing will listen here' })
  return warnings
}

function repeated(keys: readonly string[], list: string, field: string, what: string): Finding[] {
  return keys.flatMap((key, at) => (keys.indexOf(key) === at ? [] : [{ path: [list, at, field], message: `there is ${what} of this name already` }]))
    .map((finding) => (field === 'name' ? finding : { ...finding, message: `there is ${what} already: a token would fit both` }))
}

/** With a jwks file nothing is fetched, and the issuer is only a text that is compared. */
function issuerFinding({ issuer, jwks }: WrittenConfig['identity'][number], at: number): Finding[] {
  if (jwks !== undefined) return []
  if (isSafeUrl(issuer)) return []
  return [{ path: ['identity', at, 'issuer'], message: 'expected an https URL: signing keys are fetched from it (http only on loopback)' }]
}

function connectionFindings(connection: WrittenConnection, at: number): readonly Finding[] {
  return connection.kind === 'postgres' ? postgresFindings(connection, at) : kubernetesFindings(connection, at)
}

/** One source of each thing: of two nobody knows which is meant. */
function kubernetesFindings(connection: WrittenKubernetes, at: number): readonly Finding[] {
  const { server, token, certificate, key, kubeconfig, context } = connection
  const problem = (name: string, message: string): Finding => ({ path: ['connections', at, name], message })
  const given = [token, certificate ?? key].filter((one) => one !== undefined).length
  return [
    ...(kubeconfig === undefined && server === undefined ? [problem('server', 'expected server: https://…, or a kubeconfig that says it')] : []),
    ...(server !== undefined && !isSafeServer(server) ? [problem('server', 'expected an https URL without user, query and fragment: the credential goes there')] : []),
    ...(kubeconfig !== undefined && given > 0 ? [problem('kubeconfig', 'the credential comes from the kubeconfig or from token, certificate and key, not from both')] : []),
    ...(kubeconfig === undefined && given === 0 ? [problem('token', 'expected a credential: token, or certificate and key, or a kubeconfig')] : []),
    ...(given > 1 ? [problem('token', 'expected one credential: token, or certificate and key')] : []),
    ...((certificate === undefined) !== (key === undefined) ? [problem(certificate === undefined ? 'key' : 'certificate', 'certificate and key belong together')] : []),
    ...(kubeconfig === undefined && context !== undefined ? [problem('context', 'is of a kubeconfig, and none is named')] : []),
  ]
}

function postgresFindings({ tls, host, ca }: WrittenPostgres, at: number): readonly Finding[] {
  const findings: Finding[] = []
  if ((tls === 'disable' || tls === 'prefer') && !isLoopback(host)) {
    findings.push({ path: ['connections', at, 'tls'], message: `${tls} may send the credential and the data in clear text, and ${host} is not loopback; use verify-full` })
  }
  if (ca !== undefined && tls !== 'verify-ca' && tls !== 'verify-full') {
    findings.push({ path: ['connections', at, 'ca'], message: `tls: ${tls} checks no certificate, so the ca would be ignored; use verify-full` })
  }
  return findings
}

function plaintextListeners({ tls, listen }: WrittenConfig): Finding[] {
  if (tls !== undefined) return []
  return (['api', 'postgres'] as const).flatMap((name) => {
    const address = listen[name]
    if (address === undefined || isLoopback(address.host)) return []
    return [{ path: ['listen', name], message: `${address.host} is not loopback, so tls: { cert, key } is needed` }]
  })
}
