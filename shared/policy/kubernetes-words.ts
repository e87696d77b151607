// The words of `kubernetes: […]`: verbs, privileges and `mass-delete`; and the ways people write resources that no request ever bears.
import { kubernetesPrivileges, kubernetesVerbs, type KubernetesPrivilege, type KubernetesVerb, type KubernetesWord } from '../kubernetes.ts'
import { didYouMean } from './suggest.ts'

export const privilegeNames = Object.keys(kubernetesPrivileges) as readonly KubernetesPrivilege[]

/** What a rule may name. */
export const kubernetesWords: readonly KubernetesWord[] = [...kubernetesVerbs, ...privilegeNames, 'mass-delete']

export const isPrivilege = (word: string): word is KubernetesPrivilege => Object.hasOwn(kubernetesPrivileges, word)

/** Verbs that carry an object, whose fields a rule may ask for. */
export const writingVerbs: ReadonlySet<string> = new Set<KubernetesVerb>(['create', 'update', 'patch'])

/** Requests to a subresource, whatever the resource: RBAC calls them create or get. */
export const upgradeVerbs = ['exec', 'attach', 'portforward'] as const satisfies readonly KubernetesVerb[]

/** As RBAC or kubectl call it → what it is here. */
const otherWords: Readonly<Record<string, string>> = {
  'port-forward': 'portforward', apply: 'patch, and create: an apply is a create, a patch or both', edit: 'patch or update', replace: 'update', describe: 'get, and list for its events',
  logs: 'get of pods/log', log: 'get of pods/log', proxy: 'connect', cp: 'exec', scale: 'patch or update of deployments/scale', 'delete-all': 'deletecollection and mass-delete',
  read: 'get, list, watch', write: 'create, update, patch', bind: 'rbac', escalate: 'rbac', approve: 'approve-csr', sign: 'approve-csr', token: 'mint-token', impersonate: 'refused whatever rules say: who calls is known, and as whom the cluster sees them is the connection\'s affair',
}

/** Null when a rule may name this word; else why not. */
export function kubernetesWordProblem(word: string): string | null {
  if ((kubernetesWords as readonly string[]).includes(word)) return null
  const shown = JSON.stringify(word.slice(0, 64))
  const other = Object.hasOwn(otherWords, word) ? otherWords[word] : undefined
  return other === undefined ? `${shown} is not a Kubernetes verb${didYouMean(word, kubernetesWords)}` : `${shown} is not a verb here; it is ${other}`
}

/** Singular and short names of the built-in resources → as requests have them: a rule that named `secret` would hold nothing. */
const plurals: Readonly<Record<string, string>> = {
  po: 'pods', pod: 'pods', svc: 'services', service: 'services', deploy: 'deployments', deployment: 'deployments', rs: 'replicasets', replicaset: 'replicasets',
  sts: 'statefulsets', statefulset: 'statefulsets', ds: 'daemonsets', daemonset: 'daemonsets', job: 'jobs', cj: 'cronjobs', cronjob: 'cronjobs', cm: 'configmaps', configmap: 'configmaps',
  secret: 'secrets', ns: 'namespaces', namespace: 'namespaces', no: 'nodes', node: 'nodes', ev: 'events', event: 'events', sa: 'serviceaccounts', serviceaccount: 'serviceaccounts',
  pv: 'persistentvolumes', persistentvolume: 'persistentvolumes', pvc: 'persistentvolumeclaims', persistentvolumeclaim: 'persistentvolumeclaims', ing: 'ingresses', ingress: 'ingresses',
  ep: 'endpoints', endpoint: 'endpoints', netpol: 'networkpolicies', networkpolicy: 'networkpolicies', hpa: 'horizontalpodautoscalers', pdb: 'poddisruptionbudgets', role: 'roles', rolebinding: 'rolebindings',
  clusterrole: 'clusterroles', clusterrolebinding: 'clusterrolebindings', crd: 'customresourcedefinitions', crds: 'customresourcedefinitions', sc: 'storageclasses', storageclass: 'storageclasses',
  csr: 'certificatesigningrequests', quota: 'resourcequotas', limits: 'limitranges', apiservice: 'apiservices', priorityclass: 'priorityclasses', pc: 'priorityclasses',
}

/** As kubectl takes it: `deploy`, `pod` and `deployments` alike; what is not known stays. */
export const pluralOf = (word: string): string => (Object.hasOwn(plurals, word) ? plurals[word]! : word)

/** Null when a rule may name it: `pods`, `pods/exec`, `*`, each part a glob; or `/metrics`, a path that is no resource. */
export function resourceGlobProblem(pattern: string): string | null {
  if (pattern.startsWith('/')) return null
  const [resource = '', subresource, ...more] = pattern.split('/')
  if (more.length > 0 || resource === '' || subresource === '') return 'expected a resource such as pods, with a subresource such as pods/exec, or a path that is no resource, such as /metrics'
  if (resource.includes('.')) return `names its group; write resources: [${resource.split('.')[0]}] and groups: [${resource.split('.').slice(1).join('.')}]`
  if (/[^a-z0-9*-]/.test(`${resource}${subresource ?? ''}`)) return 'resources are lower case and plural, as in the paths of the API: pods, configmaps'
  return pluralOf(resource) === resource ? null : `resources are plural, as in the paths of the API: ${[pluralOf(resource), ...(subresource === undefined ? [] : [subresource])].join('/')}`
}
