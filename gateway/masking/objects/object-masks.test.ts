import { describe, expect, test } from 'vitest'
import { objectJsonDepthMax } from '../../limits.ts'
import { base64, detect, field, maskedBase64, masksOf, recorded, secrets, shown, target, texts } from './testing/masks.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: 'shop' }, type: 'Opaque', data: { password: base64('hunter2') } }
const hidden = { ...secret, data: { password: maskedBase64 } }
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'shop' }, data: { a: 'hunter2', b: 'plain' } }

describe('Secrets without a rule are masked for everybody', () => {
  const masks = masksOf()
  const table = {
    'an object': [secret, hidden],
    'stringData': [{ ...secret, stringData: { password: 'hunter2' } }, { ...hidden, stringData: { password: '[masked]' } }],
    'a member that no Secret has': [{ ...secret, Data: { password: 'hunter2' }, spec: [{ n: 12, b: true, x: null }] }, { ...hidden, Data: { password: '[masked]' }, spec: [{ n: 0, b: false, x: null }] }],
    'a list': [{ kind: 'SecretList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [{ data: secret.data }, secret] }, { kind: 'SecretList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [{ data: hidden.data }, hidden] }],
    'a watch event': [{ type: 'MODIFIED', object: secret }, { type: 'MODIFIED', object: hidden }],
    'a bookmark': [{ type: 'BOOKMARK', object: { kind: 'Secret', apiVersion: 'v1', metadata: { resourceVersion: '1746' } } }, { type: 'BOOKMARK', object: { kind: 'Secret', apiVersion: 'v1', metadata: { resourceVersion: '1746' } } }],
    'a Table with objects': [
      { kind: 'Table', apiVersion: 'meta.k8s.io/v1', columnDefinitions: [{ name: 'Name' }, { name: 'Type' }, { name: 'Data' }, { name: 'Age' }], rows: [{ cells: ['db', 'Opaque', 1, '5d'], object: secret }] },
      { kind: 'Table', apiVersion: 'meta.k8s.io/v1', columnDefinitions: [{ name: 'Name' }, { name: 'Type' }, { name: 'Data' }, { name: 'Age' }], rows: [{ cells: ['db', 'Opaque', 1, '5d'], object: hidden }] },
    ],
    'a watch event with a Table': [{ type: 'ADDED', object: { kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [{ cells: ['db', 'Opaque', 1, '5d'], object: secret }] } }, { type: 'ADDED', object: { kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [{ cells: ['db', 'Opaque', 1, '5d'], object: hidden }] } }],
    'what only claims to be a Table': [{ kind: 'Table', apiVersion: 'v1', data: secret.data }, { kind: 'Table', apiVersion: 'v1', data: hidden.data }],
    'what only claims to be an event': [{ type: 'ADDED', object: secret, data: secret.data }, { type: 'ADDED', object: { apiVersion: '[masked]', kind: '[masked]', metadata: { name: '[masked]', namespace: '[masked]' }, type: '[masked]', data: hidden.data }, data: hidden.data }],
    'an object that says another kind': [{ kind: 'Foo', data: secret.data }, { kind: 'Foo', data: hidden.data }],
    'metadata only, with an annotation': [
      { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'db', annotations: { [lastApplied]: JSON.stringify(secret) } } },
      { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'db', annotations: { [lastApplied]: JSON.stringify(hidden) } } },
    ],
    'no object': ['hunter2', '[masked]'],
    'a list of no objects': [{ kind: 'SecretList', items: ['hunter2', ['hunter2'], 17] }, { kind: 'SecretList', items: ['[masked]', ['[masked]'], 0] }],
    'a list with more in it': [{ kind: 'List', items: [{ data: secret.data }], extra: { a: 'hunter2' } }, { kind: 'List', items: [{ data: hidden.data }], extra: { a: '[masked]' } }],
    'a list whose items are no list': [{ kind: 'SecretList', items: secret }, { kind: 'SecretList', items: hidden }],
    'a Table with more in it': [{ kind: 'Table', apiVersion: 'meta.k8s.io/v1', extra: 'hunter2', rows: [{ cells: ['db'], object: 'hunter2' }, 'hunter2'] }, { kind: 'Table', apiVersion: 'meta.k8s.io/v1', extra: '[masked]', rows: [{ cells: ['db'], object: '[masked]' }, '[masked]'] }],
  } as const satisfies Record<string, readonly [unknown, unknown]>

  test.each(Object.entries(table))('%s', (_, [value, expected]) => {
    expect(shown(masks, secrets, value)).toEqual(expected)
    expect(recorded(masks, secrets, value)).toEqual(expected)
    expect(masks.forClient(secrets, value)).toEqual(expected)
  })

  test('touches', () => {
    expect(masks.touches(secrets)).toBe(true)
    expect(masks.touches(target('configmaps'))).toBe(false)
  })
})

describe('a Secret is masked by its kind wherever it stands', () => {
  const masks = masksOf()
  const inside = (value: unknown): unknown => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, ...value as object })
  test.each([
    ['a mixed list', { kind: 'List', apiVersion: 'v1', items: [configMap, secret] }, { kind: 'List', apiVersion: 'v1', items: [configMap, hidden] }],
    ['a template', inside({ spec: { template: secret } }), inside({ spec: { template: hidden } })],
    ['a list in a resource', inside({ spec: { objects: [{ kind: 'SecretList', items: [{ data: secret.data }] }] } }), inside({ spec: { objects: [{ kind: 'SecretList', items: [{ data: hidden.data }] }] } })],
    ['JSON in a string', inside({ spec: { manifest: JSON.stringify([secret]) } }), inside({ spec: { manifest: JSON.stringify([hidden]) } })],
    ['JSON in a string in JSON in a string', inside({ spec: { manifest: JSON.stringify({ x: JSON.stringify(secret) }) } }), inside({ spec: { manifest: JSON.stringify({ x: JSON.stringify(hidden) }) } })],
    ['another group', inside({ spec: { ...secret, apiVersion: 'vault.example.com/v1' } }), inside({ spec: { ...hidden, apiVersion: 'vault.example.com/v1' } })],
  ])('%s', (_, value, expected) => {
    expect(shown(masks, target('widgets', { group: 'example.com' }), value)).toEqual(expected)
  })

  test('a reference to a Secret stays', () => {
    const event = { kind: 'Event', apiVersion: 'v1', involvedObject: { kind: 'Secret', apiVersion: 'v1', namespace: 'shop', name: 'db', uid: 'u', resourceVersion: '17', fieldPath: 'data' }, message: 'hello' }
    expect(shown(masks, target('events'), event)).toEqual(event)
  })

  test('a name written with escapes is the same name', () => {
    const bytes = Buffer.from(`{"kind":"W","a":{"\\u006bind":"\\u0053ecret","d\\u0061ta":{"x":"${base64('hunter2')}"}}}`)
    expect(texts(masks.maskJson(target('widgets'), bytes)).client).toBe(`{"kind":"W","a":{"\\u006bind":"\\u0053ecret","d\\u0061ta":{"x":"${maskedBase64}"}}}`)
  })
})

describe('an exception opens Secrets', () => {
  const rule = { resources: ['secrets'], fields: ['/data/*', '/stringData/*'] }
  test.each([
    ['for who is excepted', field({ ...rule, isExempt: true }), secret],
    ['not for who is not', field(rule), hidden],
    ['only in its namespaces', field({ ...rule, isExempt: true, namespaces: ['dev'] }), hidden],
    ['in its namespaces', field({ ...rule, isExempt: true, namespaces: ['sh*'] }), secret],
    ['only of its names', field({ ...rule, isExempt: true, names: ['other'] }), hidden],
    ['only of its fields', field({ ...rule, isExempt: true, fields: ['/data/other'] }), hidden],
    ['not by a rule about everything', field({ ...rule, isExempt: true, resources: ['*'] }), hidden],
    ['not in another group', field({ ...rule, isExempt: true, groups: ['example.com'] }), hidden],
    ['by type', field({ ...rule, exceptTypes: ['Opaque'] }), secret],
    ['only by that type', field({ ...rule, exceptTypes: ['helm.sh/release.v1'] }), hidden],
  ])('%s', (_, given, expected) => {
    const masks = masksOf([given])
    expect(shown(masks, secrets, secret)).toEqual(expected)
    expect(recorded(masks, secrets, secret)).toEqual(hidden)
  })

  test('an exception from one rule is none from another', () => {
    expect(shown(masksOf([field({ ...rule, isExempt: true }), field({ ...rule, fields: ['/data/password'] })]), secrets, secret)).toEqual(hidden)
  })

  test('where the namespace is not known there is no exception', () => {
    const { namespace: _, ...metadata } = secret.metadata
    expect(shown(masksOf([field({ ...rule, isExempt: true, namespaces: ['*shop'] })]), target('secrets', { namespace: null }), { ...secret, metadata })).toEqual({ ...hidden, metadata })
  })

  test('of a Secret with two types both are excepted or none', () => {
    const masks = masksOf([field({ ...rule, exceptTypes: ['Opaque'] })])
    const bytes = Buffer.from(`{"type":"Opaque","type":"other","data":{"a":"${base64('hunter2')}"}}`)
    expect(texts(masks.maskJson(secrets, bytes)).client).not.toContain(base64('hunter2'))
  })

  test('what detectors find in an open Secret is masked in its base64, which stays base64', () => {
    const masks = masksOf([field({ ...rule, isExempt: true })], [detect('email')])
    expect(shown(masks, secrets, { ...secret, data: { a: base64('to john@example.com') } })).toEqual({ ...secret, data: { a: base64('to [masked:email]') } })
  })
})

describe('fields by pointer', () => {
  const env = (value: unknown): unknown => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' }, spec: { replicas: 2, template: { spec: { containers: [{ name: 'a', env: [{ name: 'PASSWORD', value }] }] } } } })
  const deployments = target('deployments', { group: 'apps' })
  const rule = field({ resources: ['deployments'], fields: ['/spec/template/spec/containers/*/env/*/value'] })
  const masks = masksOf([rule])

  test.each([
    ['an object', env('hunter2'), env('[masked]')],
    ['an event', { type: 'ADDED', object: env('hunter2') }, { type: 'ADDED', object: env('[masked]') }],
    ['a list', { kind: 'DeploymentList', apiVersion: 'apps/v1', items: [env('hunter2')] }, { kind: 'DeploymentList', apiVersion: 'apps/v1', items: [env('[masked]')] }],
    ['an annotation', { ...env('x') as object, metadata: { name: 'web', annotations: { [lastApplied]: JSON.stringify(env('hunter2')), 'deployment.kubernetes.io/revision': '3' } } },
      { ...env('[masked]') as object, metadata: { name: 'web', annotations: { [lastApplied]: JSON.stringify(env('[masked]')), 'deployment.kubernetes.io/revision': '3' } } }],
  ])('%s', (_, value, expected) => {
    expect(shown(masks, deployments, value)).toEqual(expected)
  })

  test('what a subresource gives of the object is masked too', () => {
    expect(shown(masks, target('deployments', { group: 'apps', subresource: 'status' }), env('hunter2'))).toEqual(env('[masked]'))
  })

  test('such an object inside another resource is masked', () => {
    expect(shown(masks, target('widgets'), { kind: 'W', spec: env('hunter2') })).toEqual({ kind: 'W', spec: env('[masked]') })
  })

  test('a custom resource that is called a list is masked like any other', () => {
    const lists = masksOf([field({ resources: ['allowlists'], fields: ['/items/*/secret', '/spec/secret', '/rows'] })])
    expect(shown(lists, target('allowlists'), { kind: 'AllowList', apiVersion: 'example.com/v1', spec: { secret: 'x' }, items: [{ secret: 'x', spec: { secret: 'x' } }] }))
      .toEqual({ kind: 'AllowList', apiVersion: 'example.com/v1', spec: { secret: '[masked]' }, items: [{ secret: '[masked]', spec: { secret: '[masked]' } }] })
    expect(shown(lists, target('allowlists'), { kind: 'Table', apiVersion: 'dynamodb.services.k8s.aws/v1', rows: ['x'] })).toEqual({ kind: 'Table', apiVersion: 'dynamodb.services.k8s.aws/v1', rows: ['[masked]'] })
  })

  test('of other namespaces and names nothing is masked', () => {
    expect(shown(masksOf([{ ...rule, namespaces: ['dev'] }]), deployments, env('hunter2'))).toEqual(env('hunter2'))
    expect(shown(masksOf([{ ...rule, names: ['api'] }]), deployments, env('hunter2'))).toEqual(env('hunter2'))
  })

  test('in a list over all namespaces each object is judged by its own', () => {
    const all = target('deployments', { group: 'apps', namespace: null })
    const other = { ...env('plain') as object, metadata: { name: 'x', namespace: 'dev' } }
    expect(shown(masksOf([{ ...rule, namespaces: ['shop'] }]), all, { kind: 'DeploymentList', apiVersion: 'apps/v1', items: [env('hunter2'), other] }))
      .toEqual({ kind: 'DeploymentList', apiVersion: 'apps/v1', items: [env('[masked]'), other] })
  })

  test.each([
    ['redact', 'hunter2', '[masked]'], ['redact', 17, 0], ['redact', true, false], ['redact', null, null], ['redact', { a: ['x', 1] }, { a: ['[masked]', 0] }],
    ['null', 'hunter2', null], [{ partial: { first: 0, last: 2 } }, 'hunter2 hunter2', '****r2'], ['hash', 'hunter2', '[masked]'], [{ range: 10 }, 17, 10], [{ range: 10 }, '17', '[masked]'],
    ['email', 'ann@example.com', '[masked]@example.com'],
  ] as const)('as %s: %j becomes %j', (as, value, expected) => {
    expect(shown(masksOf([{ ...rule, as }]), deployments, env(value))).toEqual(env(expected))
  })

  test('a mask keeps what typed clients parse: times, quantities, bytes', () => {
    const all = masksOf([field({ resources: ['widgets'], fields: ['/spec'] })])
    expect(shown(all, target('widgets'), { spec: { notAfter: '2026-01-01T00:00:00Z', renewTime: '2026-01-01T00:00:00.000000Z', text: '2026-01-01T00:00:00Z', limits: { cpu: '100m', memory: '1Gi' }, caBundle: base64('x') } }))
      .toEqual({ spec: { notAfter: '1970-01-01T00:00:00Z', renewTime: '1970-01-01T00:00:00.000000Z', text: '[masked]', limits: { cpu: '0', memory: '0' }, caBundle: maskedBase64 } })
  })

  test('managedFields show names, but not the values that keys of lists are', () => {
    const fieldsV1 = { 'f:spec': { 'f:containers': { 'k:{"name":"hunter2"}': { '.': {} } }, 'f:tags': { 'v:"hunter2"': {} } } }
    const masked = shown(masksOf([field({ resources: ['pods'], fields: ['/spec/containers/*/name', '/spec/tags/*'] })]), target('pods'), { metadata: { managedFields: [{ manager: 'm', fieldsV1 }] } })
    expect(masked).toEqual({ metadata: { managedFields: [{ manager: 'm', fieldsV1: { 'f:spec': { 'f:containers': { 'k:[masked]': { '.': {} } }, 'f:tags': { 'v:[masked]': {} } } } }] } })
  })
})

describe('annotations that repeat an object with masks', () => {
  const masks = masksOf()
  const annotated = (annotations: Record<string, string>): unknown => ({ ...hidden, metadata: { name: 'db', annotations } })
  test.each([
    [{ [lastApplied]: '{"data":{"password":"aHVudGVyMg=="}' }, { [lastApplied]: '[masked]' }],
    [{ [lastApplied]: JSON.stringify({ data: { p: base64('hunter2') } }) }, { [lastApplied]: JSON.stringify({ data: { p: maskedBase64 } }) }],
    [{ [lastApplied]: JSON.stringify([{ data: { p: base64('hunter2') } }]) }, { [lastApplied]: JSON.stringify([{ data: { p: maskedBase64 } }]) }],
    [{ [lastApplied]: JSON.stringify(JSON.stringify(secret)) }, { [lastApplied]: '[masked]' }],
    [{ [lastApplied]: 'kind: Secret\ndata: {p: aHVudGVyMg==}' }, { [lastApplied]: '[masked]' }],
    [{ 'objectset.rio.cattle.io/applied': 'H4sIAAAAAAAA/short' }, { 'objectset.rio.cattle.io/applied': '[masked]' }],
    [{ 'example.com/copy': 'H4sI'.repeat(100) }, { 'example.com/copy': '[masked]' }],
    [{ 'example.com/copy': 'apiVersion: v1\ndata:\n  p: aHVudGVyMg==' }, { 'example.com/copy': '[masked]' }],
    [{ 'meta.helm.sh/release-name': 'web', 'argocd.argoproj.io/tracking-id': 'shop:/Secret:shop/db', note: 'two words' }, { 'meta.helm.sh/release-name': 'web', 'argocd.argoproj.io/tracking-id': 'shop:/Secret:shop/db', note: 'two words' }],
  ])('%j', (given, expected) => {
    expect(shown(masks, secrets, annotated(given))).toEqual(annotated(expected as unknown as Record<string, string>))
  })

  test('of objects without masks stay, whatever they hold', () => {
    const value = { ...configMap, metadata: { annotations: { [lastApplied]: JSON.stringify(configMap) } } }
    expect(masks.forClient(target('configmaps'), value)).toBe(value)
  })
})

describe('Tables', () => {
  const pods = (cells: readonly unknown[], columns: readonly string[] = ['Name', 'Ready', 'IP', 'Age']): unknown => ({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', columnDefinitions: columns.map((name) => ({ name })), rows: [{ cells, object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'web' } } }] })
  test.each([
    ['a printed field', 'pods', '', '/status/podIP', ['web', '1/1', '10.0.0.1', '5d'], ['web', '[masked]', '[masked]', '5d']],
    ['a field that is not printed', 'pods', '', '/spec/containers/*/env/*/value', ['web', '1/1', '10.0.0.1', '5d'], ['web', '1/1', '10.0.0.1', '5d']],
    ['a resource that is not known', 'widgets', 'example.com', '/spec/secret', ['web', 3, 'hunter2', '5d'], ['web', '[masked]', '[masked]', '5d']],
    ['a built-in name in another group', 'pods', 'example.com', '/spec/secret', ['web', 3, 'hunter2', '5d'], ['web', '[masked]', '[masked]', '5d']],
    ['a name cell that is no name, an age that is none', 'widgets', 'example.com', '/spec/secret', ['hunter2', 1, 'x', 'hunter2'], ['[masked]', '[masked]', '[masked]', '[masked]']],
  ])('%s', (_, resource, group, pointer, cells, expected) => {
    expect(shown(masksOf([field({ resources: [resource], fields: [pointer] })]), target(resource, { group }), pods(cells))).toEqual(pods(expected))
  })

  test('without column definitions only the name is known', () => {
    const masks = masksOf([field({ resources: ['widgets'], fields: ['/spec/x'] })])
    expect(shown(masks, target('widgets'), pods(['web', 'hunter2', '5d'], []))).toEqual(pods(['web', '[masked]', '[masked]'], []))
  })
})

describe('Status', () => {
  const failure = (message: string) => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Invalid', code: 422, message, details: { name: 'db', kind: 'secrets', causes: [{ reason: 'FieldValueInvalid', field: 'data[x]', message }] } })
  const db = target('secrets', { name: 'db' })
  test.each([
    ['Secret "db" is invalid: data[x]: Invalid value: "hunter2": no', 'Secret "db" is invalid: data[x]: Invalid value: "[masked]": no'],
    ['Invalid value: "a \\"hunter2\\" b": no', 'Invalid value: "[masked]": no'],
    ['Invalid value: "hunter2', 'Invalid value: "[masked]"'],
    ['Invalid value: map[string]string{"a":"hunter2"}: no', 'Invalid value: [masked]'],
    ['[a: Invalid value: 17: no, b: Required]', '[a: Invalid value: [masked]'],
    ['map: map[value:hunter2] does not contain declared merge key: name', 'map: [masked]'],
    ['json: cannot unmarshal number 12345 into Go struct field', 'json: cannot unmarshal [masked]'],
    ['The order in patch list:\n[map[name:A value:hunter2]]\n does not match', 'The order in patch list:[masked]'],
    ["unable to parse 'hunter2' and `hunter2`", "unable to parse '[masked]' and `[masked]`"],
    ['secrets "db" not found', 'secrets "db" not found'],
  ])('%s', (message, expected) => {
    expect(shown(masksOf(), db, failure(message))).toEqual(failure(expected))
    expect(shown(masksOf(), db, { type: 'ERROR', object: failure(message) })).toEqual({ type: 'ERROR', object: failure(expected) })
    expect(masksOf().cleanMessage(db, message)).toBe(expected)
  })

  test('of a webhook, which writes reason and details too, only what the request said itself stays', () => {
    const said = failure('admission webhook "w.example.com" denied the request: hunter2 is weak')
    const cleaned = failure('admission webhook "[masked]" denied the request: [masked]')
    const details = { ...cleaned.details, causes: cleaned.details.causes.map((one) => ({ ...one, message: '[masked]', field: '[masked]' })) }
    expect(shown(masksOf(), db, said)).toEqual({ ...cleaned, details })
    expect(shown(masksOf(), db, { ...said, reason: 'hunter2 is weak' })).toEqual({ ...cleaned, details, reason: '[masked]' })
    expect(shown(masksOf(), db, { ...said, details: { name: 'hunter2', uid: 'hunter2' } })).toEqual({ ...cleaned, details: { name: '[masked]', uid: '[masked]' } })
  })

  test('about what is not masked stays', () => {
    const masks = masksOf()
    expect(shown(masks, target('pods'), failure('Invalid value: "x"'))).toEqual(failure('Invalid value: "x"'))
  })
})

describe('detectors', () => {
  const masks = masksOf([], [detect('email', 'credit-card')])
  test('look at every string, at names of members and at long numbers', () => {
    expect(shown(masks, target('configmaps'), { data: { note: 'to john@example.com', 'john@example.com': 'x' }, n: 4111111111111111, small: 17, escaped: 'a\n"john@example.com"' }))
      .toEqual({ data: { note: 'to [masked:email]', '[masked:email]': 'x' }, n: 0, small: 17, escaped: 'a\n"[masked:email]"' })
  })

  test('leave what the API server writes and programs send back', () => {
    const list = { kind: 'PodList', apiVersion: 'v1', metadata: { continue: base64('{"start":"john@example.com"}'), resourceVersion: '4111111111111111' }, items: [{ metadata: { resourceVersion: '4111111111111111', uid: '4111111111111111', generation: 17 } }] }
    expect(masks.forClient(target('pods'), list)).toBe(list)
    expect(shown(masks, target('pods'), { spec: { metadata: { resourceVersion: '4111111111111111' } } })).toEqual({ spec: { metadata: { resourceVersion: '[masked:credit-card]' } } })
  })

  test('who is excepted sees the finding, the recording does not', () => {
    const open = masksOf([], [{ ...detect('email'), isExempt: true }])
    const value = { data: { note: 'john@example.com' } }
    expect(shown(open, target('configmaps'), value)).toEqual(value)
    expect(recorded(open, target('configmaps'), value)).toEqual({ data: { note: '[masked:email]' } })
  })
})

test('a minted token is shown to who asked for it and to nobody who reads the recording', () => {
  const value = { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: { audiences: ['x'] }, status: { token: 'eyJ', expirationTimestamp: '2026-01-01T00:00:00Z' } }
  const about = target('serviceaccounts', { subresource: 'token', name: 'ci' })
  expect(shown(masksOf(), about, value)).toEqual(value)
  expect(recorded(masksOf(), about, value)).toEqual({ ...value, status: { ...value.status, token: '[masked]' } })
})

describe('bytes', () => {
  const masks = masksOf([field({ resources: ['widgets'], fields: ['/spec/secret'] })])
  const client = (text: string): string => texts(masks.maskJson(target('widgets'), Buffer.from(text))).client

  test('where nothing is masked the same buffer goes on', () => {
    for (const value of [configMap, { type: 'ADDED', object: configMap }, { metadata: { name: 'Secret' } }]) {
      const bytes = Buffer.from(JSON.stringify(value))
      const masked = masks.maskJson(target('configmaps'), bytes)
      expect(masked.kind === 'masked' && masked.client === bytes && masked.record === bytes).toBe(true)
    }
  })

  test('what is not masked keeps its digits, order, space and double members', () => {
    expect(client('{ "n": 12345678901234567890, "f":1.50e+3,"z":-0, "n":1 ,"spec" : {"secret":"x","a":9007199254740993}\n}')).toBe('{ "n": 12345678901234567890, "f":1.50e+3,"z":-0, "n":1 ,"spec" : {"secret":"[masked]","a":9007199254740993}\n}')
  })

  test('a name that looks like a directive of a patch is a name all the same', () => {
    const named = masksOf([field({ resources: ['widgets'], fields: ['/$a~1b', '/c'] })])
    expect(texts(named.maskJson(target('widgets'), Buffer.from('{"$a/b":"x","$x/c":"y","\\u0024x/c":"y","$":1}'))).client).toBe('{"$a/b":"[masked]","$x/c":"[masked]","\\u0024x/c":"[masked]","$":1}')
  })

  test('of double members all are masked', () => {
    expect(client('{"spec":{"secret":"a","secret":"b"},"spec":{"secret":"c"}}')).not.toMatch(/"[abc]"/)
  })

  test('a member called __proto__ is a member', () => {
    expect(client('{"__proto__":{"secret":"x"},"spec":{"__proto__":1,"secret":"x"}}')).toBe('{"__proto__":{"secret":"x"},"spec":{"__proto__":1,"secret":"[masked]"}}')
    const value = JSON.parse('{"spec":{"__proto__":{"a":1},"secret":"x"}}') as unknown
    expect(JSON.stringify(masks.forClient(target('widgets'), value))).toBe('{"spec":{"__proto__":{"a":1},"secret":"[masked]"}}')
    expect(client('{"kind":"__proto__","apiVersion":"constructor/v1","type":"hasOwnProperty"}')).toContain('__proto__')
  })

  test.each([
    ['no JSON', Buffer.from('{"spec":')], ['two documents', Buffer.from('{}{}')], ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22])], ['a mark of byte order', Buffer.from('\ufeff{}')],
    ['a comment', Buffer.from('{/**/}')], ['empty', Buffer.alloc(0)], ['too deep', Buffer.from('['.repeat(objectJsonDepthMax + 1) + ']'.repeat(objectJsonDepthMax + 1))],
  ])('%s is unreadable', (_, bytes) => {
    expect(masks.maskJson(target('widgets'), bytes).kind).toBe('unreadable')
  })

  test('as deep as the limit is read', () => {
    const depth = objectJsonDepthMax - 2
    expect(client(`{"spec":{"secret":${'['.repeat(depth)}"x"${']'.repeat(depth)}}}`)).toContain('"[masked]"')
  })

  test('a huge string is masked', () => {
    expect(client(`{"spec":{"secret":"${'x'.repeat(20_000_000)}"}}`)).toBe('{"spec":{"secret":"[masked]"}}')
  })
})
