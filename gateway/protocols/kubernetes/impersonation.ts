// Whom the API server is told it serves, where the connection says so: its audit log and RBAC then know the person, or the CI run,
// and not the gateway alone. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
import type { Principal } from '../../../shared/principal.ts'
import { GatehouseError } from '../../../shared/errors.ts'
import type { Impersonation } from '../../pipeline/target.ts'
import type { HeaderValues } from './upstream.ts'

/** Throws forbidden where the name it takes is not there: nobody is served under a made-up one. */
export function impersonationHeaders(how: Impersonation | null, { id, email, groups, kind, claims }: Principal): HeaderValues {
  if (how === null) return {}
  const name = how.user === 'id' ? id : email
  if (name === null || !isPrintable(name)) throw new GatehouseError('forbidden', 'this connection impersonates by email, and your token brings no verified one', { side: 'client' })
  return {
    'impersonate-user': `${how.prefix}${name}`,
    // A group that a header cannot hold is left out: fewer rights, never others.
    ...(how.groups && { 'impersonate-group': groups.filter(isPrintable).map((group) => `${how.prefix}${group}`) }),
    ...extras({ 'gatehouse-kind': kind, 'gatehouse-principal': id, ...(kind === 'ci' && runOf(claims)) }),
  }
}

/** As GitHub's and GitLab's tokens name them. */
const runClaims = { 'gatehouse-repository': ['repository', 'project_path'], 'gatehouse-ref': ['ref'], 'gatehouse-run': ['run_id', 'job_id'], 'gatehouse-commit': ['sha'] } as const

function runOf(claims: Principal['claims']): Record<string, string> {
  return Object.fromEntries(Object.entries(runClaims).flatMap(([name, from]) => {
    const value = from.map((claim) => claims[claim]).find((one) => typeof one === 'string' || typeof one === 'number')
    return value === undefined ? [] : [[name, String(value)]]
  }))
}

function extras(values: Readonly<Record<string, string>>): HeaderValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => isPrintable(value)).map(([name, value]) => [`impersonate-extra-${name}`, value]))
}

/** A header value that no proxy reads otherwise: visible ASCII and inner spaces. */
const isPrintable = (text: string): boolean => /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && text.length <= 1_024
