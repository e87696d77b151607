import { expect, test } from 'vitest'
import { age, humanDuration } from './age.ts'
import { podStatus } from './workloads.ts'
import type { KubeObject } from '../objects.ts'

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]

test.each([
  [0, '0s'], [119 * second, '119s'], [2 * minute, '2m'], [3 * minute + 5 * second, '3m5s'], [47 * minute, '47m'], [179 * minute, '179m'], [3 * hour + 7 * minute, '3h7m'],
  [9 * hour, '9h'], [3 * day + 4 * hour, '3d4h'], [12 * day, '12d'], [800 * day, '2y70d'], [-5 * second, '<invalid>'],
])('%d ms are %s', (milliseconds, expected) => expect(humanDuration(milliseconds)).toBe(expected))

test('an age that is not known says so', () => expect(age(undefined)).toBe('<unknown>'))

const pod = (status: KubeObject['status'], more: object = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...more } as KubeObject['metadata'], status })

test('the status of a pod is what kubectl shows: the container\'s reason, or that it is going', () => {
  expect(podStatus(pod({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] }))).toBe('ImagePullBackOff')
  expect(podStatus(pod({ phase: 'Succeeded', containerStatuses: [{ state: { terminated: { reason: 'Completed' } } }] }))).toBe('Completed')
  expect(podStatus(pod({ phase: 'Running', containerStatuses: [{ state: { running: {} } }] }))).toBe('Running')
  expect(podStatus(pod({ phase: 'Running' }, { deletionTimestamp: 'x' }))).toBe('Terminating')
})
