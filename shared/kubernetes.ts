// One request to a Kubernetes API as policy sees it: what the API server's RequestInfo would say of it, and what its body holds.
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb

/**
 * What a request does, in the words of RBAC. Every upgrade is one of `exec`, `attach`, `portforward`, whatever its HTTP method;
 * `connect` is any other proxying (services/proxy, pods/proxy).
 */
export const kubernetesVerbs = [
  'get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'exec', 'attach', 'portforward', 'connect',
] as const
export type KubernetesVerb = (typeof kubernetesVerbs)[number]

/** What reaches past the resource it is written to. `*` in an allow does not cover it: a rule has to name it. */
export const kubernetesPrivileges = {
  'mint-token': 'makes a token of a service account',
  'approve-csr': 'approves or signs a certificate',
  rbac: 'changes who may do what',
  webhooks: 'changes what the API server calls, or lets pass, on every request',
  apiservices: 'changes who serves a part of the API',
  'ephemeral-containers': 'adds a container to a running pod',
  'node-proxy': 'reaches a node\'s kubelet past the API server',
} as const
export type KubernetesPrivilege = keyof typeof kubernetesPrivileges

/** Words that a rule may name beside verbs and privileges: one delete of many within a window, and every deletecollection. */
export type KubernetesWord = KubernetesVerb | KubernetesPrivilege | 'mass-delete'

export interface KubernetesExec {
  /** As given; null: the pod's default. */
  readonly container: string | null
  /** Empty of attach. */
  readonly argv: readonly string[]
  readonly tty: boolean
  readonly stdin: boolean
}

/** What is written, and how it is to be read. */
export interface KubernetesBody {
  /**
   * `object`: the whole object. `merge`: a merge or strategic merge patch. `apply`: a server-side apply, the fields it owns.
   * `json-patch`: a list of operations. `options`: DeleteOptions and the like, no object.
   */
  readonly kind: 'object' | 'merge' | 'apply' | 'json-patch' | 'options'
  /** Parsed JSON or YAML. */
  readonly value: unknown
}

/** `/api`, `/apis/…`, `/version`, `/openapi/…`, health: what every client reads to know what there is. */
export interface KubernetesPlainPath { readonly path: string; readonly isDiscovery: boolean }

export interface KubernetesCommandFacts {
  readonly kind: 'kubernetes'
  readonly verb: KubernetesVerb
  /** Null: nothing but its verb. */
  readonly privilege: KubernetesPrivilege | null
  /** `''` is the core group. */
  readonly group: string
  readonly version: string
  /** Plural, as in the path; `''`: the path names no resource (`plain` says which it is). */
  readonly resource: string
  readonly subresource: string | null
  /** Null: of no namespace, or of all; `scope` says which. Of `namespaces/x` it is x, as RequestInfo has it. */
  readonly namespace: string | null
  /** `all`: every namespace (or it cannot be told that it is not). `cluster`: in none. */
  readonly scope: 'namespace' | 'all' | 'cluster'
  /** Of create as the body names it, of list and watch as `metadata.name=` does; null: any, or one the server makes. */
  readonly name: string | null
  readonly labelSelector: string | null
  readonly fieldSelector: string | null
  readonly isDryRun: boolean
  readonly fieldManager: string | null
  readonly exec: KubernetesExec | null
  /** Of a portforward whose ports stand in its query, or of a proxied name that says one (`web:8080`); empty where each stream names its own. */
  readonly ports: readonly number[]
  readonly body: KubernetesBody | null
  /** Ages in milliseconds of this principal's earlier deletes on this connection, newest first, at most kubernetesDeletesKept. */
  readonly deletes: readonly number[]
  readonly plain: KubernetesPlainPath | null
}
