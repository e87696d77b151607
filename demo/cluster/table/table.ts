// Server-side printing: an object or a list as metav1.Table, or reduced to its metadata.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
import type { Json, JsonObject, KubeObject } from '../objects.ts'
import type { Resource } from '../resources.ts'
import { ageColumn, nameColumn, type Column } from './columns.ts'
import * as rest from './rest.ts'
import * as workloads from './workloads.ts'

const columnsByKind: Readonly<Record<string, readonly Column[]>> = {
  pods: workloads.podColumns, deployments: workloads.deploymentColumns, replicasets: workloads.replicaSetColumns,
  statefulsets: workloads.statefulSetColumns, daemonsets: workloads.daemonSetColumns, jobs: workloads.jobColumns,
  cronjobs: workloads.cronJobColumns, horizontalpodautoscalers: workloads.autoscalerColumns,
  namespaces: rest.namespaceColumns, configmaps: rest.configMapColumns, secrets: rest.secretColumns, serviceaccounts: rest.serviceAccountColumns,
  services: rest.serviceColumns, endpoints: rest.endpointsColumns, endpointslices: rest.endpointSliceColumns, nodes: rest.nodeColumns,
  events: rest.eventColumns, ingresses: rest.ingressColumns, networkpolicies: rest.networkPolicyColumns, persistentvolumeclaims: rest.claimColumns,
  rolebindings: rest.bindingColumns, clusterrolebindings: rest.bindingColumns, roles: rest.roleColumns, clusterroles: rest.roleColumns,
  certificatesigningrequests: rest.signingRequestColumns, customresourcedefinitions: rest.definitionColumns,
  promotions: rest.promotionColumns, leases: rest.leaseColumns,
}

/** What comes with each row. */
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableOptions { readonly include: IncludeObject; readonly version?: string; readonly metadata?: JsonObject; readonly withColumns?: boolean }

export function tableOf(resource: Resource, objects: readonly KubeObject[], { include, version = 'v1', metadata = {}, withColumns = true }: TableOptions): JsonObject {
  const columns = columnsByKind[resource.plural] ?? [nameColumn, ageColumn]
  return {
    kind: 'Table', apiVersion: `meta.k8s.io/${version}`, metadata,
    columnDefinitions: withColumns ? columns.map((one): Json => ({
      name: one.name, type: one.type, format: one === nameColumn ? 'name' : '', description: one.description, priority: one.isWide ? 1 : 0,
    })) : [],
    rows: objects.map((object): Json => ({
      cells: columns.map((one) => one.cell(object)),
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : metadataOf(object, version) }),
    })),
  }
}

export function metadataOf(object: KubeObject, version = 'v1'): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata }
}
