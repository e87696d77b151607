import { expect, test } from 'vitest'
import { kubectls } from '../../../testing/kubectl.ts'
import { protobufSchema } from './protobuf-schema.ts'
import { schemaOf } from './testing/kubectl-descriptors.ts'

const known = new Map([...protobufSchema.matchAll(/^(\S+): (.*)$/gm)].map(([, name, fields]) => [name!, fields!]))
const newest = (await kubectls()).toSorted((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true })).at(-1)
const isNew = newest !== undefined && newest.version.localeCompare('1.32', 'en', { numeric: true }) >= 0

test('every message that a field names is there', () => {
  const special = new Set(['double', 'int', 'bool', 'string', 'bytes', 'Quantity', 'IntOrString', 'meta.Time', 'meta.MicroTime', 'meta.ManagedFieldsEntry'])
  const named = [...known.values()].flatMap((fields) => [...fields.matchAll(/\d+ \w+ [[{]?([\w./]+)/g)].map(([, type]) => type!))
  expect([...new Set(named)].filter((type) => !special.has(type) && !known.has(type))).toEqual([])
})

/** Another version of kubectl may know more fields, never other ones: numbers are for ever. */
test.skipIf(!isNew)('what kubectl on this machine carries has the same numbers, names and types', () => {
  const carried = schemaOf(newest!.path, [...known.keys()])
  expect(carried.size).toBeGreaterThan(200)
  const fieldsOf = (line: string) => new Map(line.split(', ').filter((field) => field !== '').map((field) => [field.split(' ')[0]!, field]))
  for (const [name, line] of known) {
    const there = fieldsOf(carried.get(name) ?? '')
    for (const [number, field] of fieldsOf(line)) if (there.has(number)) expect(`${name}: ${there.get(number)}`).toBe(`${name}: ${field}`)
  }
})
