// The shop's namespaces: what a small company runs, with the usual sins (a key in a ConfigMap, a key in the logs).
// Every secret in here is made up.
import { gzipSync } from 'node:zlib'
import { belongings, configMap, container, deployment, env, envFromConfig, envFromSecret, namespace, plainObject, secret, service, statefulSet, type Item } from './builders.ts'

const helmRelease = () => Buffer.from(gzipSync(JSON.stringify({
  name: 'shop-cache', version: 1, namespace: 'shop', info: { status: 'deployed', description: 'Install complete', first_deployed: '2026-01-12T09:00:00Z', last_deployed: '2026-01-12T09:00:00Z' },
  chart: { metadata: { name: 'redis', version: '18.6.1', appVersion: '7.2.4' } }, config: { auth: { password: 'cache-Dm7x2QpL' } }, manifest: '---\napiVersion: v1\nkind: Service\nmetadata:\n  name: cache\n',
}))).toString('base64')

/** The docs' own example pair, which detectors must find and nobody can use. */
export const awsKey = ['AKIA', 'IOSFODNN7EXAMPLE'].join('')

const certificate = '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUdemo+demo+demo+demo=\n-----END CERTIFICATE-----\n'
const privateKey = `-----BEGIN ${'PRIVATE KEY'}-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdemodemodemodemo\n-----END ${'PRIVATE KEY'}-----\n`

export const shop: readonly Item[] = [
  namespace('shop', { team: 'storefront' }), ...belongings('shop'),
  plainObject('serviceaccounts', { metadata: { name: 'shop-api', namespace: 'shop' } }),
  configMap('shop-config', 'shop', {
    'app.yaml': 'log_level: info\ncurrency: EUR\nfeatures:\n  gift_cards: true\n', LOG_LEVEL: 'info', CURRENCY: 'EUR',
    // Somebody was in a hurry.
    AWS_ACCESS_KEY_ID: awsKey, SUPPORT_EMAIL: 'support@shop.example.com',
  }),
  configMap('web-nginx', 'shop', { 'default.conf': 'server {\n  listen 8080;\n  location /api/ { proxy_pass http://api.shop.svc:8080; }\n}\n' }),
  secret('shop-database', 'shop', { username: 'shop', password: 'correct-horse-battery-staple', url: 'postgres://shop:correct-horse-battery-staple@postgres.shop.svc:5432/shop' }, { isApplied: true }),
  secret('shop-registry', 'shop', { '.dockerconfigjson': JSON.stringify({ auths: { 'registry.example.com': { username: 'ci', password: 'reg-7Hq0vXw', auth: Buffer.from('ci:reg-7Hq0vXw').toString('base64') } } }) }, { type: 'kubernetes.io/dockerconfigjson' }),
  secret('shop-tls', 'shop', { 'tls.crt': certificate, 'tls.key': privateKey }, { type: 'kubernetes.io/tls' }),
  secret('sh.helm.release.v1.shop-cache.v1', 'shop', { release: helmRelease() }, { type: 'helm.sh/release.v1', labels: { name: 'shop-cache', owner: 'helm', status: 'deployed', version: '1' } }),
  deployment({ name: 'web', namespace: 'shop', replicas: 3, tier: 'frontend', containers: [{ name: 'web', image: 'registry.example.com/shop/web:2.4.0', port: 8080 }] }),
  deployment({
    name: 'api', namespace: 'shop', replicas: 2, serviceAccount: 'shop-api', containers: [
      { name: 'api', image: 'registry.example.com/shop/api:1.18.3', port: 8080, memory: '512Mi', env: [envFromConfig('LOG_LEVEL', 'shop-config', 'LOG_LEVEL'), envFromSecret('DATABASE_URL', 'shop-database', 'url'), env('FEATURE_TOKEN', 'ft-2931-do-not-share')] },
      { name: 'metrics', image: 'registry.example.com/base/statsd-exporter:0.26.0', cpu: '10m', memory: '32Mi' },
    ],
  }),
  deployment({ name: 'worker', namespace: 'shop', replicas: 2, containers: [{ name: 'worker', image: 'registry.example.com/shop/worker:1.18.3', env: [envFromSecret('DATABASE_URL', 'shop-database', 'url')] }] }),
  deployment({ name: 'cache', namespace: 'shop', containers: [{ name: 'redis', image: 'redis:7.2.4', port: 6379 }] }),
  statefulSet({ name: 'postgres', namespace: 'shop', containers: [{ name: 'postgres', image: 'postgres:16.6', port: 5432, memory: '1Gi', env: [envFromSecret('POSTGRES_PASSWORD', 'shop-database', 'password')] }] }),
  service('web', 'shop', 80), service('api', 'shop', 8080), service('cache', 'shop', 6379), service('postgres', 'shop', 5432),
  plainObject('ingresses', {
    metadata: { name: 'shop', namespace: 'shop' },
    spec: { ingressClassName: 'nginx', tls: [{ hosts: ['shop.example.com'], secretName: 'shop-tls' }], rules: [{ host: 'shop.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] } }] },
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.10' }] } },
  }),
  plainObject('cronjobs', {
    metadata: { name: 'stock-report', namespace: 'shop', generation: 1 },
    spec: { schedule: '*/10 * * * *', suspend: false, concurrencyPolicy: 'Forbid', successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1, jobTemplate: { spec: { template: jobTemplate('stock-report', 'registry.example.com/shop/reports:3.1') } } },
    status: {},
  }),
  plainObject('jobs', {
    metadata: { name: 'import-prices', namespace: 'shop', generation: 1, labels: { 'batch.kubernetes.io/job-name': 'import-prices' } },
    spec: { backoffLimit: 6, completions: 1, parallelism: 1, suspend: false, selector: { matchLabels: { 'batch.kubernetes.io/job-name': 'import-prices' } }, template: jobTemplate('import-prices', 'registry.example.com/shop/importer:0.9') }, status: {},
  }),
  plainObject('promotions', { metadata: { name: 'winter-sale', namespace: 'shop', generation: 1 }, spec: { discount: '15%', until: '2027-01-31', code: 'WINTER-15' }, status: { phase: 'Active' } }),
  plainObject('persistentvolumeclaims', { metadata: { name: 'data-postgres-0', namespace: 'shop', labels: { app: 'postgres' } }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '20Gi' } }, storageClassName: 'standard', volumeName: 'pvc-0f6c', volumeMode: 'Filesystem' }, status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '20Gi' } } }),
  plainObject('roles', { metadata: { name: 'config-reader', namespace: 'shop' }, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }] }),
  plainObject('rolebindings', { metadata: { name: 'api-reads-config', namespace: 'shop' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'config-reader' }, subjects: [{ kind: 'ServiceAccount', name: 'shop-api', namespace: 'shop' }] }),
]

export const payments: readonly Item[] = [
  namespace('payments', { team: 'payments', pci: 'true' }), ...belongings('payments'),
  plainObject('serviceaccounts', { metadata: { name: 'gateway', namespace: 'payments' } }),
  configMap('payments-config', 'payments', { PROVIDER: 'https://psp.example.com', RETRIES: '3', WEBHOOK_HOST: 'hooks.shop.example.com' }),
  secret('psp-credentials', 'payments', { 'api-key': 'psp_live_9a7f03c2d1b84e', 'webhook-secret': 'whs_41c09be7' }, { isApplied: true }),
  deployment({ name: 'gateway', namespace: 'payments', replicas: 2, serviceAccount: 'gateway', containers: [{ name: 'gateway', image: 'registry.example.com/payments/gateway:5.2.1', port: 9000, env: [envFromSecret('PSP_API_KEY', 'psp-credentials', 'api-key')] }] }),
  deployment({ name: 'ledger', namespace: 'payments', containers: [{ name: 'ledger', image: 'registry.example.com/payments/ledger:2.0.7', port: 9100 }] }),
  service('gateway', 'payments', 443), service('ledger', 'payments', 9100),
]

function jobTemplate(name: string, image: string) {
  return { metadata: { creationTimestamp: null, labels: { app: name } }, spec: { restartPolicy: 'OnFailure', containers: [container({ name, image, command: ['/bin/run'] })], terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst' } }
}
