// The sample estate is such that a Kubernetes API would take it, and holds what masks and detectors are to find.
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listAt, textAt, textsAt } from '../objects.ts'
import { checkFields } from '../openapi/check-fields.ts'
import { resourceNamed, resources } from '../resources.ts'
import { validate } from '../rules/validate.ts'
import { startTestCluster, type TestCluster } from '../testing/api.ts'

let api: TestCluster
beforeAll(async () => { api = await startTestCluster() })
afterAll(() => api.stop())

test('every object has only fields that its kind has, and passes its validation', () => {
  const { store } = api.cluster.world
  for (const resource of resources.filter(({ group, isReview }) => !isReview && group !== 'events.k8s.io')) {
    for (const object of store.list(resource)) {
      checkFields(resource, object, 'Strict')
      validate(resource, object)
    }
  }
})

test('everything runs, and looks as if it had for a while', () => {
  const { store } = api.cluster.world
  const pods = store.list(resourceNamed('pods'))
  expect(new Set(pods.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['kube-system', 'monitoring', 'payments', 'shop']))
  expect(pods.filter((pod) => textAt(pod, 'status', 'phase') !== 'Running')).toEqual([])
  expect(store.list(resourceNamed('replicasets'), 'shop').filter(({ metadata }) => metadata.name.startsWith('web-'))).toHaveLength(2)
  expect(pods.filter(({ metadata }) => Date.now() - Date.parse(metadata.creationTimestamp) > 86_400_000).length).toBeGreaterThan(12)
})

test('there is something to mask: Secrets of each type, a key in a ConfigMap, an annotation that repeats a Secret', () => {
  const { store } = api.cluster.world
  const secrets = store.list(resourceNamed('secrets'), 'shop')
  expect(secrets.map((secret) => textAt(secret, 'type')).sort()).toEqual(['Opaque', 'helm.sh/release.v1', 'kubernetes.io/dockerconfigjson', 'kubernetes.io/tls'])
  const release = textsAt(secrets.find((secret) => textAt(secret, 'type') === 'helm.sh/release.v1'), 'data')['release']!
  // As helm packs it: base64 of base64 of gzip.
  expect(JSON.parse(gunzipSync(Buffer.from(Buffer.from(release, 'base64').toString(), 'base64')).toString())).toMatchObject({ name: 'shop-cache', info: { status: 'deployed' } })
  const database = store.get(resourceNamed('secrets'), 'shop', 'shop-database')
  expect(textAt(database, 'metadata', 'annotations', 'kubectl.kubernetes.io/last-applied-configuration')).toContain(textsAt(database, 'data')['password'])
  expect(textAt(store.get(resourceNamed('configmaps'), 'shop', 'shop-config'), 'data', 'AWS_ACCESS_KEY_ID')).toMatch(/^AKIA[A-Z0-9]{16}$/)
  expect(listAt(store.list(resourceNamed('deployments'), 'shop').find(({ metadata }) => metadata.name === 'api'), 'spec', 'template', 'spec', 'containers', 0, 'env')).toHaveLength(3)
})

test('a cluster is there in a moment', async () => {
  const startedAt = performance.now()
  const another = await startTestCluster()
  expect(performance.now() - startedAt).toBeLessThan(3000)
  await another.stop()
})
