// What every cluster has: nodes, kube-system, monitoring, access, the CRD of the shop's own kind.
import { belongings, configMap, daemonSet, deployment, namespace, node, plainObject, secret, service, type Item } from './builders.ts'

const rbac = 'rbac.authorization.k8s.io'

export const platform: readonly Item[] = [
  node('demo-control-plane', '10.0.0.10', true), node('demo-worker-1', '10.0.0.11'), node('demo-worker-2', '10.0.0.12'),
  namespace('default'), ...belongings('default'), namespace('kube-public'), namespace('kube-node-lease'),
  plainObject('services', { metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } }, spec: { type: 'ClusterIP', clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], ports: [{ name: 'https', port: 443, targetPort: 6443, protocol: 'TCP' }], sessionAffinity: 'None' }, status: { loadBalancer: {} } }),
  namespace('kube-system'), ...belongings('kube-system'),
  plainObject('serviceaccounts', { metadata: { name: 'gatehouse', namespace: 'kube-system' } }),
  secret('bootstrap-token-a1b2c3', 'kube-system', { 'token-id': 'a1b2c3', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true' }, { type: 'bootstrap.kubernetes.io/token' }),
  configMap('coredns', 'kube-system', { Corefile: '.:53 {\n    errors\n    health\n    kubernetes cluster.local in-addr.arpa ip6.arpa\n    forward . /etc/resolv.conf\n    cache 30\n}\n' }),
  deployment({ name: 'coredns', namespace: 'kube-system', replicas: 2, containers: [{ name: 'coredns', image: 'registry.k8s.io/coredns/coredns:v1.11.3', port: 9153 }] }),
  daemonSet({ name: 'kube-proxy', namespace: 'kube-system', containers: [{ name: 'kube-proxy', image: 'registry.k8s.io/kube-proxy:v1.31.4' }] }),
  service('coredns', 'kube-system', 53),
  namespace('monitoring'), ...belongings('monitoring'),
  deployment({ name: 'prometheus', namespace: 'monitoring', containers: [{ name: 'prometheus', image: 'prom/prometheus:v2.55.1', port: 9090, memory: '1Gi' }] }),
  deployment({ name: 'grafana', namespace: 'monitoring', containers: [{ name: 'grafana', image: 'grafana/grafana:11.3.1', port: 3000 }] }),
  secret('grafana-admin', 'monitoring', { 'admin-user': 'admin', 'admin-password': 'gr4fana-s3cret' }),
  service('prometheus', 'monitoring', 9090), service('grafana', 'monitoring', 3000),
  plainObject('storageclasses', { metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'example.com/local', reclaimPolicy: 'Delete', volumeBindingMode: 'WaitForFirstConsumer' }),
  plainObject('clusterroles', { metadata: { name: 'cluster-admin' }, rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] }, rbac),
  plainObject('clusterroles', { metadata: { name: 'view' }, rules: [{ apiGroups: ['', 'apps', 'batch'], resources: ['*'], verbs: ['get', 'list', 'watch'] }] }, rbac),
  plainObject('clusterrolebindings', { metadata: { name: 'gatehouse' }, roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ kind: 'ServiceAccount', name: 'gatehouse', namespace: 'kube-system' }] }, rbac),
  plainObject('certificatesigningrequests', {
    metadata: { name: 'intern-laptop' },
    spec: { signerName: 'kubernetes.io/kube-apiserver-client', username: 'intern', groups: ['system:authenticated'], usages: ['client auth'], request: Buffer.from('-----BEGIN CERTIFICATE REQUEST-----\ndemo\n-----END CERTIFICATE REQUEST-----\n').toString('base64') }, status: {},
  }),
  plainObject('customresourcedefinitions', {
    metadata: { name: 'promotions.shop.example.com' },
    spec: { group: 'shop.example.com', scope: 'Namespaced', names: { kind: 'Promotion', listKind: 'PromotionList', plural: 'promotions', singular: 'promotion', shortNames: ['promo'] }, versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { discount: { type: 'string' }, until: { type: 'string' }, code: { type: 'string' } } } } } } }] },
    status: { acceptedNames: { kind: 'Promotion', plural: 'promotions' }, storedVersions: ['v1'], conditions: [{ type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }, { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }] },
  }),
]
