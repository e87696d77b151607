import { expect, test } from 'vitest'
import type { KubernetesRow, KubernetesTable } from '../../shared/ipc.ts'
import { ageText, commandsFor, found, merged, toneOf } from './kubernetes-rows.ts'

const row = (key: string, name = key, cells: readonly string[] = [name]): KubernetesRow => ({ key, namespace: 'default', name, createdAt: null, cells })
const table = (...rows: KubernetesRow[]): KubernetesTable => ({ columns: [{ name: 'Name', priority: 0, isAge: false }], rows, isCut: false })

test('a changed row stays where it was, a new one comes last, a removed one goes', () => {
  const after = merged(table(row('a'), row('b'), row('c')), { upserts: [row('d'), row('b', 'B')], removed: ['a'] })
  expect(after.rows.map(({ key, name }) => `${key}:${name}`)).toEqual(['b:B', 'c:c', 'd:d'])
})

test('ages in the words of kubectl', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  const ago = (seconds: number) => ageText(new Date(now - seconds * 1000).toISOString(), now)
  expect([0, 90, 130, 9 * 60, 60 * 60, 4 * 3600 + 120, 20 * 3600, 3 * 86_400 + 3600, 40 * 86_400, 800 * 86_400].map(ago)).toEqual(['0s', '90s', '2m10s', '9m', '60m', '4h2m', '20h', '3d1h', '40d', '2y70d'])
  expect([ageText(null, now), ageText('nonsense', now), ageText('2027-01-01T00:00:00Z', now)]).toEqual(['', '', '0s'])
})

test('states are told by colour and word; a pod that has done its work need not be ready', () => {
  expect([toneOf('Status', 'CrashLoopBackOff'), toneOf('Status', 'Init:0/2'), toneOf('Name', 'Running'), toneOf('Ready', '0/2', ['x', '0/2', 'Pending']), toneOf('Ready', '0/1', ['x', '0/1', 'Completed'])])
    .toEqual(['bad', 'wait', null, 'wait', null])
})

test('finds by any cell', () => {
  expect(found([row('a', 'web', ['web', 'Running']), row('b', 'db', ['db', 'Pending'])], 'pend').map(({ key }) => key)).toEqual(['b'])
})

test('commands are one shell line each, whatever a name holds', () => {
  for (const view of ['pods', 'deployments', 'services', 'namespaces', 'events', 'secrets'] as const) {
    for (const { command } of commandsFor(view, { name: "x'; rm -rf / #", namespace: '$(id)\n' })) {
      expect(command).toContain(String.raw`'x'\''; rm -rf / #'`)
      expect(command.replaceAll(/'(?:[^']|'\\'')*'/g, '')).not.toMatch(/[;$#\n]/)
    }
  }
  expect(commandsFor('pods', row('a', 'web-0')).map(({ command }) => command)).toContain('kubectl exec -it web-0 -n default -- sh')
})
