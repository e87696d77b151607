// The packaging cannot be run here (it downloads a runtime), but its settings can be held to electron-builder's own schema.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { deepLinkScheme } from './deep-link.ts'

const root = join(import.meta.dirname, '..')

interface Packaging { readonly electronFuses: Readonly<Record<string, boolean>>; readonly protocols: readonly { readonly schemes: readonly string[] }[] }
const packaging = parse(readFileSync(join(root, 'build', 'electron-builder.yaml'), 'utf8')) as Packaging

test('every key is one that electron-builder knows', () => {
  const fromBuilder = createRequire(createRequire(import.meta.url).resolve('electron-builder/package.json'))
  const schema = JSON.parse(readFileSync(join(fromBuilder.resolve('app-builder-lib/package.json'), '..', 'scheme.json'), 'utf8')) as { properties: object; definitions: { FuseOptionsV1: { properties: object } } }
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(packaging)))
  expect(Object.keys(schema.definitions.FuseOptionsV1.properties)).toEqual(expect.arrayContaining(Object.keys(packaging.electronFuses)))
})

test('the packaged runtime is no Node for others, takes no debugger, and loads this app only', () => {
  expect(packaging.electronFuses).toEqual({
    runAsNode: false, enableNodeOptionsEnvironmentVariable: false, enableNodeCliInspectArguments: false, enableCookieEncryption: true,
    enableEmbeddedAsarIntegrityValidation: true, onlyLoadAppFromAsar: true, grantFileProtocolExtraPrivileges: false,
  })
})

test('the system\'s links are those that the app reads', () => {
  expect(packaging.protocols.flatMap(({ schemes }) => schemes)).toEqual([deepLinkScheme])
})
