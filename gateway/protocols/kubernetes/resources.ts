// Built-in resources: of the cluster or of namespaces, and what writing to one reaches. A table, for what the path alone cannot tell.
// https://kubernetes.io/docs/reference/kubernetes-api/ ; whatever does not stand here is an unknown resource, of which the riskier is taken.
import type { KubernetesBody, KubernetesPrivilege, KubernetesVerb } from '../../../shared/kubernetes.ts'

/** Group → resources in no namespace. */
const clusterScoped: Readonly<Record<string, readonly string[]>> = {
  '': ['componentstatuses', 'namespaces', 'nodes', 'persistentvolumes'],
  'admissionregistration.k8s.io': [
    'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings', 'mutatingwebhookconfigurations',
    'validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'validatingwebhookconfigurations',
  ],
  'apiextensions.k8s.io': ['customresourcedefinitions'],
  'apiregistration.k8s.io': ['apiservices'],
  'authentication.k8s.io': ['selfsubjectreviews', 'tokenreviews'],
  'authorization.k8s.io': ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'subjectaccessreviews'],
  'certificates.k8s.io': ['certificatesigningrequests', 'clustertrustbundles'],
  'flowcontrol.apiserver.k8s.io': ['flowschemas', 'prioritylevelconfigurations'],
  'internal.apiserver.k8s.io': ['storageversions'],
  'metrics.k8s.io': ['nodes'],
  'networking.k8s.io': ['ingressclasses', 'ipaddresses', 'servicecidrs'],
  'node.k8s.io': ['runtimeclasses'],
  policy: ['podsecuritypolicies'],
  'rbac.authorization.k8s.io': ['clusterrolebindings', 'clusterroles'],
  'resource.k8s.io': ['deviceclasses', 'devicetaintrules', 'resourceslices'],
  'scheduling.k8s.io': ['priorityclasses'],
  'storage.k8s.io': ['csidrivers', 'csinodes', 'storageclasses', 'volumeattachments', 'volumeattributesclasses'],
  'storagemigration.k8s.io': ['storageversionmigrations'],
}

const namespaced: Readonly<Record<string, readonly string[]>> = {
  '': [
    'bindings', 'configmaps', 'endpoints', 'events', 'limitranges', 'persistentvolumeclaims', 'pods', 'podtemplates',
    'replicationcontrollers', 'resourcequotas', 'secrets', 'serviceaccounts', 'services',
  ],
  apps: ['controllerrevisions', 'daemonsets', 'deployments', 'replicasets', 'statefulsets'],
  'authorization.k8s.io': ['localsubjectaccessreviews'],
  autoscaling: ['horizontalpodautoscalers'],
  batch: ['cronjobs', 'jobs'],
  'certificates.k8s.io': ['podcertificaterequests'],
  'coordination.k8s.io': ['leasecandidates', 'leases'],
  'discovery.k8s.io': ['endpointslices'],
  'events.k8s.io': ['events'],
  'metrics.k8s.io': ['pods'],
  'networking.k8s.io': ['ingresses', 'networkpolicies'],
  policy: ['poddisruptionbudgets'],
  'rbac.authorization.k8s.io': ['rolebindings', 'roles'],
  'resource.k8s.io': ['resourceclaims', 'resourceclaimtemplates'],
  'storage.k8s.io': ['csistoragecapacities'],
}

export function scopeOf(group: string, resource: string): 'cluster' | 'namespaced' | 'unknown' {
  if (resourcesOf(clusterScoped, group).includes(resource)) return 'cluster'
  return resourcesOf(namespaced, group).includes(resource) ? 'namespaced' : 'unknown'
}

/** The groups that serve a resource of this name, the core group and the oldest first; none: it is not built in. */
export function groupsWith(resource: string): readonly string[] {
  const groups = [...Object.entries(namespaced), ...Object.entries(clusterScoped)].filter(([, resources]) => resources.includes(resource)).map(([group]) => group)
  return groups.toSorted((a, b) => Number(a === 'metrics.k8s.io') - Number(b === 'metrics.k8s.io') || a.length - b.length)
}

/** A group named `constructor` is no group of the table. */
const resourcesOf = (table: Readonly<Record<string, readonly string[]>>, group: string): readonly string[] => (Object.hasOwn(table, group) ? table[group]! : [])

/** The API server itself serves these groups, by its own code: it knows dry runs, and has no segments behind a subresource. */
export const isBuiltInGroup = (group: string): boolean =>
  group !== 'metrics.k8s.io' && (Object.hasOwn(clusterScoped, group) || Object.hasOwn(namespaced, group))

export interface PrivilegeQuestion {
  readonly verb: KubernetesVerb
  readonly group: string
  readonly resource: string
  readonly subresource: string | null
  readonly body: KubernetesBody | null
}

interface PrivilegeRow {
  readonly privilege: KubernetesPrivilege
  readonly group: string
  /** `*`: all of the group, those to come among them. */
  readonly resource: string
  /** Left out: any and none. */
  readonly subresource?: string
  /** `writes` is the default. */
  readonly verbs?: 'any'
  /** Only when what is written says so. */
  readonly when?: (body: KubernetesBody | null) => boolean
}

/**
 * Not here: flowcontrol (it can slow others down but lets nobody in), ClusterTrustBundles and storage classes (they give no right), custom
 * resource definitions without a conversion webhook (every chart brings some; rules name them by resource).
 */
const privileges: readonly PrivilegeRow[] = [
  { privilege: 'mint-token', group: '', resource: 'serviceaccounts', subresource: 'token' },
  { privilege: 'mint-token', group: '', resource: 'secrets', when: isTokenSecret },
  { privilege: 'approve-csr', group: 'certificates.k8s.io', resource: 'certificatesigningrequests', subresource: 'approval' },
  { privilege: 'approve-csr', group: 'certificates.k8s.io', resource: 'certificatesigningrequests', subresource: 'status' },
  { privilege: 'approve-csr', group: 'certificates.k8s.io', resource: 'podcertificaterequests', subresource: 'status' },
  { privilege: 'rbac', group: 'rbac.authorization.k8s.io', resource: '*' },
  { privilege: 'rbac', group: 'authorization.openshift.io', resource: '*' },
  { privilege: 'rbac', group: 'user.openshift.io', resource: '*' },
  { privilege: 'webhooks', group: 'admissionregistration.k8s.io', resource: '*' },
  { privilege: 'webhooks', group: 'auditregistration.k8s.io', resource: '*' },
  { privilege: 'webhooks', group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', when: hasConversion },
  { privilege: 'apiservices', group: 'apiregistration.k8s.io', resource: '*' },
  { privilege: 'ephemeral-containers', group: '', resource: 'pods', subresource: 'ephemeralcontainers' },
  { privilege: 'node-proxy', group: '', resource: 'nodes', subresource: 'proxy', verbs: 'any' },
]

const reads: readonly KubernetesVerb[] = ['get', 'list', 'watch']

export function privilegeOf(asked: PrivilegeQuestion): KubernetesPrivilege | null {
  const row = privileges.find((one) => one.group === asked.group
    && (one.resource === '*' || one.resource === asked.resource)
    && (one.subresource === undefined || one.subresource === asked.subresource)
    && (one.verbs === 'any' || !reads.includes(asked.verb))
    && (one.when === undefined || one.when(asked.body)))
  return row?.privilege ?? null
}

const tokenSecretTypes: readonly unknown[] = ['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token']

/** The controller fills such a Secret with a token that never ends; a Secret's type cannot be changed later, yet a patch may say it. */
function isTokenSecret(body: KubernetesBody | null): boolean {
  if (body === null || body.kind === 'options') return false
  if (body.kind === 'json-patch') return patchedPlaces(body.value).some((place) => place === '' || place.startsWith('/type'))
  return tokenSecretTypes.includes((body.value as { readonly type?: unknown } | null)?.type)
}

/** A conversion webhook gets, and answers with, every object of its kind. */
function hasConversion(body: KubernetesBody | null): boolean {
  if (body === null || body.kind === 'options') return false
  if (body.kind === 'json-patch') return patchedPlaces(body.value).some((place) => place === '' || place === '/spec' || place.startsWith('/spec/conversion'))
  const conversion = (body.value as { readonly spec?: { readonly conversion?: { readonly strategy?: unknown } | null } | null } | null)?.spec?.conversion
  return conversion !== undefined && conversion !== null && conversion.strategy !== 'None'
}

/** Every place that a JSON patch writes to. `body.ts` has checked that it is a list of operations with paths. */
function patchedPlaces(value: unknown): readonly string[] {
  return (value as readonly { readonly path: string }[]).map(({ path }) => path)
}
