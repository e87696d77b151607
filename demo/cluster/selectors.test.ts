import { expect, test } from 'vitest'
import type { KubeObject } from './objects.ts'
import { resourceNamed } from './resources.ts'
import { fieldMatcher, labelMatcher } from './selectors.ts'

const pod = (labels: Record<string, string>, status = 'Running'): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1', namespace: 'shop', labels } as unknown as KubeObject['metadata'], spec: { nodeName: 'n1' }, status: { phase: status } })

test.each<[string, boolean]>([
  ['app=web', true], ['app==web', true], ['app=api', false], ['app!=api', true], ['missing!=x', true], ['app', true], ['!app', false], ['!missing', true],
  ['app in (web, api)', true], ['app notin (web)', false], ['missing notin (web)', true], ['app=web,tier=front', true], ['app=web,tier in (back),app', false], ['', true], ['n>3', true], ['n<3', false],
])('labels: %s is %s', (selector, expected) => expect(labelMatcher(selector)(pod({ app: 'web', tier: 'front', n: '5' }))).toBe(expected))

test('a label selector that cannot be read is an error, never everything', () => expect(() => labelMatcher('app in web')).toThrow('unable to parse requirement'))

test.each<[string, boolean]>([
  ['metadata.name=web-1', true], ['metadata.name!=web-1', false], ['metadata.namespace=shop,status.phase=Running', true], ['status.phase!=Running', false], ['spec.nodeName==n1', true], ['', true],
])('fields: %s is %s', (selector, expected) => expect(fieldMatcher(resourceNamed('pods'), selector)(pod({}))).toBe(expected))

test('a field that the kind does not offer is an error', () => expect(() => fieldMatcher(resourceNamed('pods'), 'spec.hostname=x')).toThrow('field label not supported: spec.hostname'))
