// What the Tables of built-in resources print, as pointers into the object (kubernetes/pkg/printers/internalversion/printers.go, wide
// columns too). A resource whose printed fields none of its masks touches keeps its cells; of any other, and of resources that are not
// listed (custom resources print whatever their definition says), all cells but name and age are masked.

const metadata = ['/metadata/name', '/metadata/namespace', '/metadata/creationTimestamp', '/metadata/deletionTimestamp', '/metadata/labels']
const podTemplate = ['/spec/template/spec/containers/*/name', '/spec/template/spec/containers/*/image', '/spec/selector']

const printed: Readonly<Record<string, readonly string[]>> = {
  // Names, type and the number of keys; nothing of what data holds.
  secrets: ['/type'],
  configmaps: [],
  serviceaccounts: ['/secrets'],
  namespaces: ['/status/phase'],
  pods: ['/status', '/spec/nodeName', '/spec/readinessGates', '/spec/containers/*/name', '/spec/initContainers/*/name', '/spec/initContainers/*/restartPolicy'],
  services: ['/spec/type', '/spec/clusterIP', '/spec/clusterIPs', '/spec/externalIPs', '/spec/externalName', '/spec/ports', '/spec/selector', '/status'],
  endpoints: ['/subsets'],
  deployments: ['/spec/replicas', '/status', ...podTemplate],
  replicasets: ['/spec/replicas', '/status', ...podTemplate],
  statefulsets: ['/spec/replicas', '/status', ...podTemplate],
  daemonsets: ['/status', '/spec/template/spec/nodeSelector', ...podTemplate],
  replicationcontrollers: ['/spec/replicas', '/status', ...podTemplate],
  jobs: ['/spec/completions', '/spec/parallelism', '/spec/suspend', '/status', ...podTemplate],
  cronjobs: ['/spec/schedule', '/spec/timeZone', '/spec/suspend', '/status', ...podTemplate.map((pointer) => `/spec/jobTemplate${pointer}`)],
  ingresses: ['/spec/ingressClassName', '/spec/rules', '/spec/tls', '/status'],
  persistentvolumeclaims: ['/spec', '/status'],
  persistentvolumes: ['/spec', '/status'],
  nodes: ['/spec', '/status'],
}
const groupsOf: Readonly<Record<string, string>> = {
  deployments: 'apps', replicasets: 'apps', statefulsets: 'apps', daemonsets: 'apps', jobs: 'batch', cronjobs: 'batch', ingresses: 'networking.k8s.io',
}

/** Null: not known. A resource of the same name in another group is another. */
export function printedFields({ group, resource }: { readonly group: string | null; readonly resource: string }): readonly (readonly string[])[] | null {
  const pointers = Object.hasOwn(printed, resource) && group === (groupsOf[resource] ?? '') ? printed[resource]! : null
  return pointers?.concat(metadata).map((pointer) => pointer.slice(1).split('/')) ?? null
}

/** Whether one pointer is the other, or leads to it, a `*` being any name. */
export function overlaps(one: readonly string[], other: readonly string[]): boolean {
  for (let i = 0; i < Math.min(one.length, other.length); i++) if (one[i] !== other[i] && one[i] !== '*' && other[i] !== '*') return false
  return true
}
