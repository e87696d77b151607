// Label and field selectors: parsed once, asked of every object.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
import { listAt, objectAt, textAt, textsAt, type Json, type KubeObject } from './objects.ts'
import type { Resource } from './resources.ts'
import { badRequest } from './status.ts'

export type Matcher = (object: KubeObject) => boolean

interface Requirement { readonly key: string; readonly operator: 'in' | 'notin' | 'exists' | 'missing' | 'gt' | 'lt'; readonly values: readonly string[] }

/** Of a query: `app=shop,tier in (web, api),!canary`. */
export function labelMatcher(selector: string | null): Matcher {
  const requirements = selector ? splitTop(selector).map(requirementOf) : []
  return (object) => meetsAll(requirements, textsAt(object, 'metadata', 'labels'))
}

/** Of a spec: `matchLabels` and `matchExpressions`. An empty one selects everything. */
export function specSelector(selector: Json | undefined): (labels: Record<string, string>) => boolean {
  const operators: Record<string, Requirement['operator']> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: 'missing' }
  const requirements: Requirement[] = [
    ...Object.entries(textsAt(selector, 'matchLabels')).map(([key, value]): Requirement => ({ key, operator: 'in', values: [value] })),
    ...listAt(selector, 'matchExpressions').map((expression): Requirement => ({
      key: textAt(expression, 'key'), operator: operators[textAt(expression, 'operator')] ?? 'exists', values: listAt(expression, 'values').map(String),
    })),
  ]
  return (labels) => meetsAll(requirements, labels)
}

/** A selector in the form of a query, as the scale subresource reports it. */
export function selectorText(selector: Json | undefined): string {
  return Object.entries(objectAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${String(value)}`).sort().join(',')
}

function meetsAll(requirements: readonly Requirement[], labels: Record<string, string>): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined
    switch (operator) {
      case 'in': return value !== undefined && values.includes(value)
      case 'notin': return value === undefined || !values.includes(value)
      case 'exists': return value !== undefined
      case 'missing': return value === undefined
      case 'gt': return Number(value) > Number(values[0])
      case 'lt': return Number(value) < Number(values[0])
    }
  })
}

function requirementOf(text: string): Requirement {
  const set = /^([^\s!=<>,()]+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(text)
  if (set) return { key: set[1]!, operator: set[2] as 'in' | 'notin', values: set[3]!.split(',').map((value) => value.trim()) }
  const equality = /^([^\s!=<>,()]+)\s*(==|=|!=|>|<)\s*([^\s=!<>,()]*)$/.exec(text)
  if (equality) {
    const operator = ({ '=': 'in', '==': 'in', '!=': 'notin', '>': 'gt', '<': 'lt' } as const)[equality[2] as '=']
    return { key: equality[1]!, operator, values: [equality[3]!] }
  }
  const existence = /^(!?)\s*([^\s!=<>,()]+)$/.exec(text)
  if (existence) return { key: existence[2]!, operator: existence[1] ? 'missing' : 'exists', values: [] }
  throw badRequest(`unable to parse requirement: found '${text}', expected: identifier or a known operator`)
}

/** At commas outside of parentheses. */
function splitTop(selector: string): string[] {
  return selector.split(/,(?![^()]*\))/).map((part) => part.trim()).filter((part) => part !== '')
}

const fieldsOf: Record<string, readonly string[]> = {
  pods: ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'status.phase', 'status.podIP', 'status.nominatedNodeName'],
  events: ['involvedObject.kind', 'involvedObject.namespace', 'involvedObject.name', 'involvedObject.uid', 'involvedObject.apiVersion',
    'involvedObject.resourceVersion', 'involvedObject.fieldPath', 'reason', 'reportingComponent', 'source', 'type',
    'regarding.kind', 'regarding.namespace', 'regarding.name', 'regarding.uid'],
  secrets: ['type'],
  namespaces: ['status.phase'],
  nodes: ['spec.unschedulable'],
  jobs: ['status.successful'],
  replicasets: ['status.replicas'],
  certificatesigningrequests: ['spec.signerName'],
}

/** Of a query: `status.phase!=Running,metadata.name=web`. A field that the kind does not offer is an error, as in the API server. */
export function fieldMatcher(resource: Resource, selector: string | null): Matcher {
  const terms = (selector ?? '').split(',').filter((term) => term !== '').map((term) => {
    const parsed = /^([^=!]+)(==|=|!=)(.*)$/.exec(term)
    if (!parsed) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`)
    const [, field, operator, value] = parsed as unknown as [string, string, string, string]
    const known = field === 'metadata.name' || field === 'metadata.namespace' || fieldsOf[resource.plural]?.includes(field)
    if (!known) throw badRequest(`Unable to find "${resource.version}, Resource=${resource.plural}" that match label selector "", field selector "${selector}": field label not supported: ${field}`)
    return { path: pathOf(resource, field), isEqual: operator !== '!=', value }
  })
  return (object) => terms.every(({ path, isEqual, value }) => (textAt(object, ...path) === value) === isEqual)
}

function pathOf({ plural }: Resource, field: string): readonly string[] {
  if (plural !== 'events') return field.split('.')
  if (field === 'source') return ['source', 'component']
  return field.replace(/^regarding\./, 'involvedObject.').split('.')
}
