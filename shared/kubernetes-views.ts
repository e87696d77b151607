// The resources that the app shows of a cluster: a table, so that client and renderer name the same things, and no path is made of
// what a page says.

export interface KubernetesView {
  /** As people say it. */
  readonly label: string
  readonly section: 'Workloads' | 'Network and configuration' | 'Cluster'
  /** The resource's path without namespace. */
  readonly api: string
  readonly resource: string
  readonly isNamespaced: boolean
  /** What kubectl calls one of them. */
  readonly kubectl: string
}

export const kubernetesViews = {
  pods: { label: 'Pods', section: 'Workloads', api: '/api/v1', resource: 'pods', isNamespaced: true, kubectl: 'pod' },
  deployments: { label: 'Deployments', section: 'Workloads', api: '/apis/apps/v1', resource: 'deployments', isNamespaced: true, kubectl: 'deployment' },
  statefulsets: { label: 'Stateful sets', section: 'Workloads', api: '/apis/apps/v1', resource: 'statefulsets', isNamespaced: true, kubectl: 'statefulset' },
  daemonsets: { label: 'Daemon sets', section: 'Workloads', api: '/apis/apps/v1', resource: 'daemonsets', isNamespaced: true, kubectl: 'daemonset' },
  jobs: { label: 'Jobs', section: 'Workloads', api: '/apis/batch/v1', resource: 'jobs', isNamespaced: true, kubectl: 'job' },
  services: { label: 'Services', section: 'Network and configuration', api: '/api/v1', resource: 'services', isNamespaced: true, kubectl: 'service' },
  configmaps: { label: 'Config maps', section: 'Network and configuration', api: '/api/v1', resource: 'configmaps', isNamespaced: true, kubectl: 'configmap' },
  secrets: { label: 'Secrets', section: 'Network and configuration', api: '/api/v1', resource: 'secrets', isNamespaced: true, kubectl: 'secret' },
  events: { label: 'Events', section: 'Cluster', api: '/api/v1', resource: 'events', isNamespaced: true, kubectl: 'event' },
  namespaces: { label: 'Namespaces', section: 'Cluster', api: '/api/v1', resource: 'namespaces', isNamespaced: false, kubectl: 'namespace' },
} as const satisfies Readonly<Record<string, KubernetesView>>

export type KubernetesViewName = keyof typeof kubernetesViews
// The keys are the names: Object.keys cannot know.
export const kubernetesViewNames = Object.keys(kubernetesViews) as readonly KubernetesViewName[]

/** The `name` of a namespace or of a resource, as the API server allows it (RFC 1123 subdomain); also what a path may be made of. */
export const kubernetesNamePattern = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/
/** Names of roles and the like may hold more (`system:node`); none of the views has such. */
export const isKubernetesName = (text: string): boolean => kubernetesNamePattern.test(text)
