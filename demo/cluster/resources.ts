// The kinds that the cluster serves, one row each; everything else (routes, discovery, OpenAPI, tables) reads this table.
// https://kubernetes.io/docs/reference/kubernetes-api/

export interface Resource {
  /** `''` is the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly isNamespaced: boolean
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly string[]
  readonly subresources: readonly Subresource[]
  /** Not kept: answered on the spot (access reviews). */
  readonly isReview: boolean
}

export interface Subresource {
  readonly name: string
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
}

interface Row { readonly short?: readonly string[]; readonly categories?: readonly string[]; readonly sub?: readonly (keyof typeof subresources)[]; readonly cluster?: true; readonly review?: true }

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

const subresources = {
  status: { verbs: ['get', 'patch', 'update'] },
  scale: { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  log: { verbs: ['get'] },
  exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
  attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  proxy: { kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  ephemeralcontainers: { verbs: ['get', 'patch', 'update'] },
  eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  token: { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  approval: { verbs: ['get', 'patch', 'update'] },
  finalize: { verbs: ['update'] },
} as const satisfies Record<string, { readonly kind?: string; readonly group?: string; readonly version?: string; readonly verbs: readonly string[] }>

function row(groupVersion: string, kind: string, plural: string, { short = [], categories = [], sub = [], cluster, review }: Row = {}): Resource {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') as [string, string] : ['', groupVersion]
  return {
    group, version, kind, plural, singular: kind.toLowerCase(), isNamespaced: cluster === undefined, shortNames: short, categories,
    verbs: review ? ['create'] : allVerbs, isReview: review === true,
    subresources: sub.map((name): Subresource => ({ kind, name, ...subresources[name] })),
  }
}

export const resources: readonly Resource[] = [
  row('v1', 'ConfigMap', 'configmaps', { short: ['cm'] }),
  row('v1', 'Endpoints', 'endpoints', { short: ['ep'] }),
  row('v1', 'Event', 'events', { short: ['ev'] }),
  row('v1', 'LimitRange', 'limitranges', { short: ['limits'] }),
  row('v1', 'Namespace', 'namespaces', { short: ['ns'], cluster: true, sub: ['status', 'finalize'] }),
  row('v1', 'Node', 'nodes', { short: ['no'], cluster: true, sub: ['status', 'proxy'] }),
  row('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', { short: ['pvc'], sub: ['status'] }),
  row('v1', 'PersistentVolume', 'persistentvolumes', { short: ['pv'], cluster: true, sub: ['status'] }),
  row('v1', 'Pod', 'pods', { short: ['po'], categories: ['all'], sub: ['status', 'log', 'exec', 'attach', 'portforward', 'proxy', 'eviction', 'binding', 'ephemeralcontainers'] }),
  row('v1', 'ResourceQuota', 'resourcequotas', { short: ['quota'], sub: ['status'] }),
  row('v1', 'Secret', 'secrets'),
  row('v1', 'ServiceAccount', 'serviceaccounts', { short: ['sa'], sub: ['token'] }),
  row('v1', 'Service', 'services', { short: ['svc'], categories: ['all'], sub: ['status', 'proxy'] }),
  row('apps/v1', 'ControllerRevision', 'controllerrevisions'),
  row('apps/v1', 'DaemonSet', 'daemonsets', { short: ['ds'], categories: ['all'], sub: ['status'] }),
  row('apps/v1', 'Deployment', 'deployments', { short: ['deploy'], categories: ['all'], sub: ['status', 'scale'] }),
  row('apps/v1', 'ReplicaSet', 'replicasets', { short: ['rs'], categories: ['all'], sub: ['status', 'scale'] }),
  row('apps/v1', 'StatefulSet', 'statefulsets', { short: ['sts'], categories: ['all'], sub: ['status', 'scale'] }),
  row('batch/v1', 'CronJob', 'cronjobs', { short: ['cj'], categories: ['all'], sub: ['status'] }),
  row('batch/v1', 'Job', 'jobs', { categories: ['all'], sub: ['status'] }),
  row('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', { short: ['hpa'], categories: ['all'], sub: ['status'] }),
  row('networking.k8s.io/v1', 'Ingress', 'ingresses', { short: ['ing'], sub: ['status'] }),
  row('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', { short: ['netpol'] }),
  row('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  row('events.k8s.io/v1', 'Event', 'events', { short: ['ev'] }),
  row('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { short: ['pdb'], sub: ['status'] }),
  row('coordination.k8s.io/v1', 'Lease', 'leases'),
  row('storage.k8s.io/v1', 'StorageClass', 'storageclasses', { short: ['sc'], cluster: true }),
  row('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', { cluster: true }),
  row('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', { cluster: true }),
  row('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  row('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  row('certificates.k8s.io/v1', 'CertificateSigningRequest', 'certificatesigningrequests', { short: ['csr'], cluster: true, sub: ['status', 'approval'] }),
  row('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', { cluster: true }),
  row('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', { cluster: true }),
  row('apiregistration.k8s.io/v1', 'APIService', 'apiservices', { cluster: true, sub: ['status'] }),
  row('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', { short: ['crd', 'crds'], cluster: true, sub: ['status'] }),
  row('authentication.k8s.io/v1', 'SelfSubjectReview', 'selfsubjectreviews', { cluster: true, review: true }),
  row('authentication.k8s.io/v1beta1', 'SelfSubjectReview', 'selfsubjectreviews', { cluster: true, review: true }),
  row('authentication.k8s.io/v1', 'TokenReview', 'tokenreviews', { cluster: true, review: true }),
  row('authorization.k8s.io/v1', 'LocalSubjectAccessReview', 'localsubjectaccessreviews', { review: true }),
  row('authorization.k8s.io/v1', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', { cluster: true, review: true }),
  row('authorization.k8s.io/v1', 'SelfSubjectRulesReview', 'selfsubjectrulesreviews', { cluster: true, review: true }),
  row('authorization.k8s.io/v1', 'SubjectAccessReview', 'subjectaccessreviews', { cluster: true, review: true }),
  row('shop.example.com/v1', 'Promotion', 'promotions', { short: ['promo'], sub: ['status'] }),
]

export const groupVersionOf = ({ group, version }: { readonly group: string; readonly version: string }): string => group ? `${group}/${version}` : version

export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return resources.find((resource) => resource.group === group && resource.version === version && resource.plural === plural)
}

/** For the cluster's own code, which names only kinds that are in the table. */
export function resourceNamed(plural: string, group?: string): Resource {
  const found = resources.find((resource) => resource.plural === plural && (group === undefined || resource.group === group))
  if (!found) throw new Error(`the demo cluster has no resource ${plural}`)
  return found
}

export function groups(): readonly { readonly name: string; readonly versions: readonly string[] }[] {
  const names = [...new Set(resources.map(({ group }) => group))]
  return names.map((name) => ({ name, versions: [...new Set(resources.filter(({ group }) => group === name).map(({ version }) => version))] }))
}
