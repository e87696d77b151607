// Tables of everything that does not run: services, configuration, nodes, namespaces, events, storage, access.
import { at, listAt, objectAt, textAt, textsAt, type Json, type KubeObject } from '../objects.ts'
import { age } from './age.ts'
import { ageColumn, column, nameColumn, orNone, wide, type Column } from './columns.ts'

const keyCount = (object: KubeObject, ...keys: string[]): number => keys.reduce((sum, key) => sum + Object.keys(objectAt(object, key)).length, 0)
const pairs = (map: Record<string, string>): string => orNone(Object.entries(map).map(([key, value]) => `${key}=${value}`).join(','))

export const namespaceColumns: readonly Column[] = [nameColumn, column('Status', (one) => textAt(one, 'status', 'phase')), ageColumn]
export const configMapColumns: readonly Column[] = [nameColumn, column('Data', (one) => keyCount(one, 'data', 'binaryData'), 'integer'), ageColumn]
export const secretColumns: readonly Column[] = [nameColumn, column('Type', (one) => textAt(one, 'type')), column('Data', (one) => keyCount(one, 'data'), 'integer'), ageColumn]
export const serviceAccountColumns: readonly Column[] = [nameColumn, column('Secrets', (one) => listAt(one, 'secrets').length, 'integer'), ageColumn]

export const serviceColumns: readonly Column[] = [
  nameColumn,
  column('Type', (one) => textAt(one, 'spec', 'type')),
  column('Cluster-IP', (one) => orNone(textAt(one, 'spec', 'clusterIP'))),
  column('External-IP', (one) => textAt(one, 'status', 'loadBalancer', 'ingress', 0, 'ip') || (textAt(one, 'spec', 'type') === 'LoadBalancer' ? '<pending>' : '<none>')),
  column('Port(s)', (one) => orNone(listAt(one, 'spec', 'ports').map((port) => {
    const node = textAt(port, 'nodePort')
    return `${textAt(port, 'port')}${node ? `:${node}` : ''}/${textAt(port, 'protocol') || 'TCP'}`
  }).join(','))),
  ageColumn,
  wide('Selector', (one) => pairs(textsAt(one, 'spec', 'selector'))),
]

const addresses = (one: KubeObject): string => orNone(listAt(one, 'subsets').flatMap((subset) =>
  listAt(subset, 'addresses').map((address) => `${textAt(address, 'ip')}:${textAt(subset, 'ports', 0, 'port')}`)).join(','))
export const endpointsColumns: readonly Column[] = [nameColumn, column('Endpoints', addresses), ageColumn]

export const endpointSliceColumns: readonly Column[] = [
  nameColumn,
  column('AddressType', (one) => textAt(one, 'addressType')),
  column('Ports', (one) => orNone(listAt(one, 'ports').map((port) => textAt(port, 'port')).join(','))),
  column('Endpoints', (one) => orNone(listAt(one, 'endpoints').flatMap((endpoint) => listAt(endpoint, 'addresses').map(String)).join(','))),
  ageColumn,
]

const addressOf = (type: string) => (node: KubeObject): Json =>
  orNone(textAt(listAt(node, 'status', 'addresses').find((address) => textAt(address, 'type') === type), 'address'))
const nodeInfo = (key: string) => (node: KubeObject): Json => textAt(node, 'status', 'nodeInfo', key)

export const nodeColumns: readonly Column[] = [
  nameColumn,
  column('Status', (node) => {
    const isReady = listAt(node, 'status', 'conditions').some((condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True')
    return `${isReady ? 'Ready' : 'NotReady'}${at(node, 'spec', 'unschedulable') === true ? ',SchedulingDisabled' : ''}`
  }),
  column('Roles', (node) => orNone(Object.keys(objectAt(node, 'metadata', 'labels')).filter((label) => label.startsWith('node-role.kubernetes.io/')).map((label) => label.slice(24)).join(','))),
  ageColumn,
  column('Version', nodeInfo('kubeletVersion')),
  wide('Internal-IP', addressOf('InternalIP')),
  wide('External-IP', addressOf('ExternalIP')),
  wide('OS-Image', nodeInfo('osImage')),
  wide('Kernel-Version', nodeInfo('kernelVersion')),
  wide('Container-Runtime', nodeInfo('containerRuntimeVersion')),
]

export const eventColumns: readonly Column[] = [
  column('Last Seen', (one) => age(textAt(one, 'lastTimestamp') || textAt(one, 'eventTime') || one.metadata.creationTimestamp)),
  column('Type', (one) => textAt(one, 'type')),
  column('Reason', (one) => textAt(one, 'reason')),
  column('Object', (one) => `${textAt(one, 'involvedObject', 'kind').toLowerCase()}/${textAt(one, 'involvedObject', 'name')}`),
  wide('Subobject', (one) => textAt(one, 'involvedObject', 'fieldPath')),
  wide('Source', (one) => textAt(one, 'source', 'component')),
  column('Message', (one) => textAt(one, 'message').trim()),
  wide('First Seen', (one) => age(textAt(one, 'firstTimestamp') || one.metadata.creationTimestamp)),
  wide('Count', (one) => textAt(one, 'count') || '1'),
  wide('Name', ({ metadata }) => metadata.name),
]

export const ingressColumns: readonly Column[] = [
  nameColumn,
  column('Class', (one) => orNone(textAt(one, 'spec', 'ingressClassName'))),
  column('Hosts', (one) => listAt(one, 'spec', 'rules').map((rule) => textAt(rule, 'host') || '*').join(',') || '*'),
  column('Address', (one) => textAt(one, 'status', 'loadBalancer', 'ingress', 0, 'ip')),
  column('Ports', (one) => listAt(one, 'spec', 'tls').length > 0 ? '80, 443' : '80'),
  ageColumn,
]

export const networkPolicyColumns: readonly Column[] = [nameColumn, column('Pod-Selector', (one) => pairs(textsAt(one, 'spec', 'podSelector', 'matchLabels'))), ageColumn]

export const claimColumns: readonly Column[] = [
  nameColumn,
  column('Status', (one) => textAt(one, 'status', 'phase')),
  column('Volume', (one) => textAt(one, 'spec', 'volumeName')),
  column('Capacity', (one) => textAt(one, 'status', 'capacity', 'storage')),
  column('Access Modes', (one) => listAt(one, 'spec', 'accessModes').map((mode) => String(mode).replaceAll(/[a-z]/g, '')).join(',')),
  column('StorageClass', (one) => textAt(one, 'spec', 'storageClassName')),
  ageColumn,
]

export const bindingColumns: readonly Column[] = [
  nameColumn, column('Role', (one) => `${textAt(one, 'roleRef', 'kind')}/${textAt(one, 'roleRef', 'name')}`), ageColumn,
]

/** Role and ClusterRole show when they were made, not how old they are. */
export const roleColumns: readonly Column[] = [nameColumn, column('Created At', ({ metadata }) => metadata.creationTimestamp)]

export const signingRequestColumns: readonly Column[] = [
  nameColumn, ageColumn,
  column('SignerName', (one) => textAt(one, 'spec', 'signerName')),
  column('Requestor', (one) => textAt(one, 'spec', 'username')),
  column('RequestedDuration', () => '<none>'),
  column('Condition', (one) => {
    const states = listAt(one, 'status', 'conditions').map((condition) => textAt(condition, 'type'))
    return [states.includes('Approved') ? 'Approved' : states.includes('Denied') ? 'Denied' : 'Pending', ...(textAt(one, 'status', 'certificate') ? ['Issued'] : [])].join(',')
  }),
]

export const definitionColumns: readonly Column[] = [nameColumn, column('Created At', ({ metadata }) => metadata.creationTimestamp)]

export const promotionColumns: readonly Column[] = [
  nameColumn,
  column('Discount', (one) => textAt(one, 'spec', 'discount')),
  column('Until', (one) => textAt(one, 'spec', 'until')),
  ageColumn,
]

export const leaseColumns: readonly Column[] = [nameColumn, column('Holder', (one) => textAt(one, 'spec', 'holderIdentity')), ageColumn]
