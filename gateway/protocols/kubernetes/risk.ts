// What is known of the danger of a request about which humans are asked: computed from its facts, the masks it meets and the label of its
// connection, never guessed. The diff beside it says what it would change.
import { kubernetesPrivileges, type KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import type { Risk } from '../../../shared/approval.ts'
import { targetOf, type KubernetesAccess } from './access.ts'

export function riskOfRequest({ connection, masks }: KubernetesAccess, facts: KubernetesCommandFacts): Risk {
  const { verb, privilege } = facts
  const isMasked = masks.touches(targetOf(facts))
  const high = [
    ...(privilege === null ? [] : [kubernetesPrivileges[privilege]]),
    ...(verb === 'deletecollection' ? ['deletes all that match, in one request'] : []),
    ...(verb === 'delete' && facts.deletes.length >= manyDeletes ? [`follows ${facts.deletes.length} deletes of the last hour by the same principal`] : []),
    ...(facts.resource === 'namespaces' && verb === 'delete' ? ['deletes a namespace and all that is in it'] : []),
    ...(isInside(facts) ? ['runs what is typed there; what it does inside is not judged'] : []),
    ...(verb === 'portforward' ? ['opens a port past the gateway\'s masks'] : []),
    ...(isMasked ? [`touches masked fields of ${facts.resource}`] : []),
  ]
  const medium = [...(changes.has(verb) ? [`${verb} changes the cluster`] : []), ...(verb === 'exec' ? ['runs a command in a container'] : [])]
  const environment = ['env', 'environment', 'stage'].find((label) => connection.labels[label] !== undefined)
  return {
    kinds: [verb, ...(privilege === null ? [] : [privilege])], relations: [`${verb} ${placeOf(facts)}`], maskedColumns: isMasked ? [`${facts.resource} (masked fields)`] : [],
    estimatedRows: null, locks: null, level: high.length > 0 ? 'high' : medium.length > 0 ? 'medium' : 'low',
    reasons: [...high, ...medium, ...(environment === undefined ? [] : [`the connection is labelled ${environment}: ${connection.labels[environment]}`])],
  }
}

const manyDeletes = 5
const changes: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])
const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'ash', 'zsh', 'dash', 'ksh', 'python', 'python3', 'node', 'irb', 'psql', 'mysql', 'redis-cli'])

/** A shell or a prompt that takes more commands, and attach. */
function isInside({ verb, exec }: KubernetesCommandFacts): boolean {
  const program = exec?.argv[0]?.split('/').at(-1) ?? ''
  return verb === 'attach' || (verb === 'exec' && (exec?.stdin === true || exec?.tty === true) && shells.has(program))
}

/** `shop/pods`, `pods in every namespace`, `nodes`. */
function placeOf({ resource, subresource, namespace, scope, group }: KubernetesCommandFacts): string {
  const name = `${resource}${group === '' ? '' : `.${group}`}${subresource === null ? '' : `/${subresource}`}`
  if (namespace !== null) return `${namespace}/${name}`
  return scope === 'all' ? `${name} in every namespace` : name
}
