// Which lists are maps in disguise: the field by which strategic merge and server-side apply know their items, and the type that
// OpenAPI writes it on. `x-kubernetes-patch-merge-key`, `x-kubernetes-list-map-keys` of the API's own types.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy

export interface ListRule {
  /** Types whose field it is. */
  readonly types: readonly string[]
  readonly field: string
  /** Null: a list of plain values, merged as a set. */
  readonly key: string | null
  /** By which server-side apply knows an item, where that takes more than one field. */
  readonly mapKeys?: readonly string[]
  /** An item that is patched keeps only what the patch names. */
  readonly retainsKeys?: true
}

export const listRules: readonly ListRule[] = [
  { types: ['PodSpec'], field: 'containers', key: 'name' },
  { types: ['PodSpec'], field: 'initContainers', key: 'name' },
  { types: ['PodSpec'], field: 'ephemeralContainers', key: 'name' },
  { types: ['PodSpec'], field: 'volumes', key: 'name', retainsKeys: true },
  { types: ['PodSpec', 'ServiceAccount'], field: 'imagePullSecrets', key: 'name' },
  { types: ['PodSpec'], field: 'hostAliases', key: 'ip' },
  { types: ['PodSpec'], field: 'topologySpreadConstraints', key: 'topologyKey', mapKeys: ['topologyKey', 'whenUnsatisfiable'] },
  { types: ['PodSpec'], field: 'schedulingGates', key: 'name' },
  { types: ['PodSpec'], field: 'resourceClaims', key: 'name' },
  { types: ['Container', 'EphemeralContainer'], field: 'env', key: 'name' },
  { types: ['Container', 'EphemeralContainer'], field: 'ports', key: 'containerPort', mapKeys: ['containerPort', 'protocol'] },
  { types: ['Container', 'EphemeralContainer'], field: 'volumeMounts', key: 'mountPath' },
  { types: ['Container', 'EphemeralContainer'], field: 'volumeDevices', key: 'devicePath' },
  { types: ['ServiceSpec'], field: 'ports', key: 'port', mapKeys: ['port', 'protocol'] },
  { types: ['ServiceAccount'], field: 'secrets', key: 'name' },
  { types: ['ObjectMeta'], field: 'ownerReferences', key: 'uid' },
  { types: ['ObjectMeta'], field: 'finalizers', key: null },
  { types: ['PodStatus', 'NodeStatus', 'DeploymentStatus', 'ReplicaSetStatus', 'StatefulSetStatus', 'DaemonSetStatus', 'JobStatus', 'NamespaceStatus', 'ServiceStatus', 'PersistentVolumeClaimStatus', 'CertificateSigningRequestStatus', 'APIServiceStatus'], field: 'conditions', key: 'type' },
  { types: ['PodStatus'], field: 'podIPs', key: 'ip' },
  { types: ['NodeStatus'], field: 'addresses', key: 'type' },
  { types: ['NodeSpec'], field: 'podCIDRs', key: null },
  { types: ['NodeSpec'], field: 'taints', key: 'key' },
  { types: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'], field: 'webhooks', key: 'name' },
]

const byField = new Map(listRules.filter(({ field }) => field !== 'ports').map((rule) => [rule.field, rule]))
const [containerPorts, servicePorts] = ['Container', 'ServiceSpec'].map((type) => listRules.find(({ field, types }) => field === 'ports' && types.includes(type))!) as [ListRule, ListRule]

/** By the field names from the object's root down; no type is needed, the names tell. */
export function listRuleAt(path: readonly string[]): ListRule | undefined {
  const field = path.at(-1) ?? ''
  if (field !== 'ports') return byField.get(field)
  if ((path.at(-2) ?? '').endsWith('ontainers')) return containerPorts
  return path.length === 2 && path[0] === 'spec' ? servicePorts : undefined
}
