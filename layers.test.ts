// Who may import whom (design.md §2). A new arrow that is not in the table fails the build.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = import.meta.dirname

/** Room → rooms it may import besides itself. `shared` is open to everyone. */
const rooms: Record<string, readonly string[]> = {
  shared: [],
  gateway: [],
  client: [],
  electron: ['client'],
  renderer: [],
  cli: ['client', 'gateway'],
  demo: ['client', 'gateway'],
  bench: ['client', 'gateway', 'demo', 'cli'],
  e2e: ['client', 'gateway', 'demo', 'cli'],
  build: [],
}

/** Inside gateway/: folder → folders it may import. Files in gateway/ itself: main may import all, errors, limits, log and config are open. */
const gatewayRooms: Record<string, readonly string[]> = {
  protocols: ['pipeline', 'policy', 'masking', 'recording', 'sql', 'identity', 'credentials'],
  api: ['pipeline', 'policy', 'approvals', 'recording', 'sql', 'identity', 'store'],
  pipeline: ['policy', 'approvals', 'masking', 'recording', 'sql', 'identity', 'credentials', 'store'],
  policy: ['store'], approvals: ['store'], masking: ['store', 'sql', 'policy'], recording: ['store'],
  sql: ['store', 'credentials'], identity: ['store'], credentials: ['store'], store: [],
  // Read before any of them is made.
  config: ['approvals', 'credentials', 'pipeline'], tls: [],
}
const gatewayOpen = new Set(['limits.ts', 'limits-kubernetes.ts', 'errors.ts', 'log.ts', 'config.ts', 'yaml-file.ts'])

function* sources(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    if (name === 'node_modules' || name === 'dist' || name === 'data' || name.startsWith('.')) continue
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* sources(path)
    else if (/\.tsx?$/.test(name)) yield path
  }
}

const specifier = /(?:from\s+|import\s*\(\s*|import\s+)(['"])(\.[^'"]+)\1/g

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(specifier)].map((match) => relative(root, resolve(dirname(file), match[2]!)))
}

const isTest = (file: string) => /\.test\.tsx?$|(^|\/)testing\//.test(file)

test('every import between rooms stands in the table', () => {
  const wrong: string[] = []
  for (const path of sources(root)) {
    const file = relative(root, path)
    const [room] = file.split('/') as [string]
    if (!(room in rooms)) continue
    for (const target of importsOf(path)) {
      const [into] = target.split('/') as [string]
      if (into === room || into === 'shared' || target === 'package.json') continue
      if (!rooms[room]!.includes(into) && !(isTest(file) && into === 'demo')) wrong.push(`${file} imports ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

test('every room stands in a table', () => {
  const foldersOf = (folder: string) => readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const withCode = foldersOf(root).filter((name) => name !== 'node_modules' && name !== 'dist' && !name.startsWith('.') && !sources(join(root, name)).next().done)
  expect(withCode.filter((name) => !(name in rooms))).toEqual([])
  expect(foldersOf(join(root, 'gateway')).filter((name) => !(name in gatewayRooms) && name !== 'testing')).toEqual([])
})

test('inside the gateway arrows point one way: main → protocols, api → pipeline → the stages → store', () => {
  const wrong: string[] = []
  for (const path of sources(join(root, 'gateway'))) {
    const file = relative(join(root, 'gateway'), path)
    const [folder] = file.split('/') as [string]
    if (!(folder in gatewayRooms) || isTest(file)) continue
    for (const target of importsOf(path)) {
      const [room, into, third] = target.split('/') as [string, string, string | undefined]
      if (room !== 'gateway' || into === folder || gatewayOpen.has(into)) continue
      if (third === undefined || !gatewayRooms[folder]!.includes(into)) wrong.push(`${file} imports ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

test('a codec imports itself and limits', () => {
  const wrong: string[] = []
  for (const path of sources(join(root, 'gateway', 'protocols'))) {
    const file = relative(root, path)
    const codec = /^(.*\/codec)\//.exec(file)?.[1]
    if (codec === undefined || isTest(file)) continue
    for (const target of importsOf(path)) {
      if (!target.startsWith(`${codec}/`) && !/^gateway\/limits(-kubernetes)?\.ts$/.test(target) && !target.startsWith('shared/')) wrong.push(`${file} imports ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

test('siblings under protocols/ do not import each other', () => {
  const wrong: string[] = []
  for (const path of sources(join(root, 'gateway', 'protocols'))) {
    const file = relative(root, path)
    for (const target of importsOf(path)) {
      if (target.startsWith('gateway/protocols/') && target.split('/')[2] !== file.split('/')[2]) wrong.push(`${file} imports ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

test('shared/ knows no Node, no DOM and no package but zod', () => {
  const wrong: string[] = []
  for (const path of sources(join(root, 'shared'))) {
    if (isTest(path)) continue
    for (const match of readFileSync(path, 'utf8').matchAll(/from\s+['"]([^.'"][^'"]*)['"]/g)) {
      if (match[1] !== 'zod') wrong.push(`${relative(root, path)} imports ${match[1]}`)
    }
  }
  expect(wrong).toEqual([])
})
