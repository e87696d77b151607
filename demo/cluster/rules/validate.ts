// What an object must be to be taken: a small part of the API server's validation, with its field paths and words.
import { at, isObject, isSame, listAt, textAt, textsAt, type Json, type KubeObject } from '../objects.ts'
import { specSelector } from '../selectors.ts'
import type { Resource } from '../resources.ts'
import { invalid, type Cause } from '../status.ts'

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const dnsName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/
const dataKey = /^[-._a-zA-Z0-9]+$/
const secretBytesMax = 1024 * 1024
const labelCharsMax = 63
const nameCharsMax = 253

const cause = (reason: string, field: string, message: string): Cause => ({ reason, field, message })
const required = (field: string, message = 'Required value') => cause('FieldValueRequired', field, message)
const wrong = (field: string, value: Json | undefined, message: string) => cause('FieldValueInvalid', field, `Invalid value: ${JSON.stringify(value ?? null)}: ${message}`)

export function validate(resource: Resource, object: KubeObject, before?: KubeObject): void {
  const causes = [...metadataCauses(resource, object), ...byKind[resource.plural]?.(object) ?? [], ...before ? immutableCauses(resource, before, object) : []]
  if (causes.length > 0) throw invalid(resource, object.metadata.name, causes)
}

function metadataCauses({ plural, group }: Resource, { metadata }: KubeObject): readonly Cause[] {
  const { name } = metadata
  const isPath = group === 'rbac.authorization.k8s.io'
  const pattern = plural === 'namespaces' || plural === 'services' ? dnsLabel : dnsName
  const rule = 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character'
  return [
    ...(name === '' ? [required('metadata.name', 'Required value: name or generateName is required')] : []),
    ...(name !== '' && !isPath && (!pattern.test(name) || name.length > nameCharsMax) ? [wrong('metadata.name', name, rule)] : []),
    ...Object.entries(metadata.labels ?? {}).filter(([, value]) => typeof value !== 'string' || !labelValue.test(value) || value.length > labelCharsMax).map(([, value]) => wrong('metadata.labels', value, 'a valid label must be an empty string or consist of alphanumeric characters, \'-\', \'_\' or \'.\'')),
  ]
}

function podCauses(spec: Json | undefined, path: string): readonly Cause[] {
  const containers = listAt(spec, 'containers')
  const names = containers.map((one) => textAt(one, 'name'))
  return [
    ...(containers.length === 0 ? [required(`${path}.containers`)] : []),
    ...containers.flatMap((container, index) => {
      const place = `${path}.containers[${index}]`
      const name = textAt(container, 'name')
      return [
        ...(name === '' ? [required(`${place}.name`)] : dnsLabel.test(name) ? [] : [wrong(`${place}.name`, name, 'a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\'')]),
        ...(names.indexOf(name) < index ? [cause('FieldValueDuplicate', `${place}.name`, `Duplicate value: "${name}"`)] : []),
        ...(textAt(container, 'image') === '' ? [required(`${place}.image`)] : []),
        ...listAt(container, 'ports').flatMap((port, at_) => portCauses(port, 'containerPort', `${place}.ports[${at_}]`)),
      ]
    }),
  ]
}

function portCauses(port: Json, field: string, path: string): readonly Cause[] {
  const number = Number(at(port, field))
  return Number.isInteger(number) && number > 0 && number < 65536 ? [] : [wrong(`${path}.${field}`, at(port, field), 'must be between 1 and 65535, inclusive')]
}

function workloadCauses(object: KubeObject): readonly Cause[] {
  const selector = at(object, 'spec', 'selector')
  const labels = textsAt(object, 'spec', 'template', 'metadata', 'labels')
  const replicas = at(object, 'spec', 'replicas')
  return [
    ...(selector === undefined ? [required('spec.selector')] : []),
    ...(selector !== undefined && !specSelector(selector)(labels) ? [wrong('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')] : []),
    ...(replicas !== undefined && !(Number.isInteger(replicas) && Number(replicas) >= 0) ? [wrong('spec.replicas', replicas, 'must be greater than or equal to 0')] : []),
    ...podCauses(at(object, 'spec', 'template', 'spec'), 'spec.template.spec'),
  ]
}

function dataCauses(object: KubeObject): readonly Cause[] {
  const entries = Object.entries(isObject(object['data']) ? object['data'] : {})
  const size = entries.reduce((sum, [, value]) => sum + (typeof value === 'string' ? value.length : 0), 0)
  return [
    ...entries.filter(([key]) => !dataKey.test(key)).map(([key]) => wrong(`data[${key}]`, key, 'a valid config key must consist of alphanumeric characters, \'-\', \'_\' or \'.\'')),
    ...entries.filter(([, value]) => typeof value !== 'string').map(([key, value]) => wrong(`data[${key}]`, value, 'must be a string')),
    ...(size > secretBytesMax ? [cause('FieldValueTooLong', 'data', `Too long: may not be more than ${secretBytesMax} bytes`)] : []),
  ]
}

const isBase64 = (value: Json | undefined) => typeof value === 'string' && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)

const byKind: Readonly<Record<string, (object: KubeObject) => readonly Cause[]>> = {
  pods: (object) => podCauses(object['spec'], 'spec'),
  deployments: workloadCauses, replicasets: workloadCauses, statefulsets: workloadCauses, daemonsets: workloadCauses,
  jobs: (object) => podCauses(at(object, 'spec', 'template', 'spec'), 'spec.template.spec'),
  configmaps: dataCauses,
  secrets: (object) => [...dataCauses(object), ...Object.entries(isObject(object['data']) ? object['data'] : {}).filter(([, value]) => !isBase64(value)).map(([key]) => wrong(`data[${key}]`, '<secret>', 'illegal base64 data'))],
  services: (object) => {
    const ports = listAt(object, 'spec', 'ports')
    const needsPorts = textAt(object, 'spec', 'type') !== 'ExternalName' && textAt(object, 'spec', 'clusterIP') !== 'None'
    return [...(ports.length === 0 && needsPorts ? [required('spec.ports')] : []), ...ports.flatMap((port, index) => portCauses(port, 'port', `spec.ports[${index}]`))]
  },
}

/** Fields that never change; said as the API server says it. */
const immutable: Readonly<Record<string, readonly string[]>> = {
  deployments: ['spec.selector'], replicasets: ['spec.selector'], statefulsets: ['spec.selector', 'spec.serviceName'], daemonsets: ['spec.selector'], jobs: ['spec.template', 'spec.selector'],
  secrets: ['type'], services: ['spec.clusterIP'], pods: ['spec.nodeName'], rolebindings: ['roleRef'], clusterrolebindings: ['roleRef'],
}

function immutableCauses({ plural }: Resource, before: KubeObject, object: KubeObject): readonly Cause[] {
  const changed = (immutable[plural] ?? []).filter((field) => !isSame(at(before, ...field.split('.')), at(object, ...field.split('.'))))
  const sealed = before['immutable'] === true && !isSame(before['data'], object['data']) ? ['data'] : []
  return [
    ...changed.map((field) => wrong(field, at(object, ...field.split('.')), 'field is immutable')),
    ...sealed.map((field) => cause('FieldValueForbidden', field, 'Forbidden: field is immutable when `immutable` is set')),
  ]
}
