// Builds what a browser and Electron need: renderer/ into dist/renderer, electron/ into dist/electron. Runs as npm's `prepare`, so
// after `npm ci`, and at each start of the app; quick when nothing changed. Plain JavaScript: npm may run it under an old Node.
//   node build/prepare.mjs [--force]     --force (npm run build): build anyway, and fail if it cannot
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const isForced = process.argv.includes('--force')

/** What is built, from what, and how. */
const targets = [
  { name: 'renderer', label: 'the app', entry: 'renderer/vite.config.ts', inputs: ['renderer', 'shared', 'package-lock.json'], build: buildRenderer },
  { name: 'electron', label: 'its window', entry: 'electron/main.ts', inputs: ['electron', 'client', 'shared', 'package-lock.json'], build: buildElectron },
]

for (const target of targets) await prepare(target)

async function prepare({ name, label, entry, inputs, build }) {
  if (!existsSync(join(root, entry))) return
  const fingerprint = fingerprintOf(inputs)
  const stamp = join(root, 'dist', `.${name}`)
  const isCurrent = existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint && existsSync(join(root, 'dist', name))
  if (isCurrent && !isForced) return
  const startedAt = performance.now()
  process.stderr.write(`Building ${label} …`)
  try {
    await buildBeside(name, build)
    writeFileSync(stamp, fingerprint)
    process.stderr.write(` ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`)
  } catch (error) {
    // `npm ci` goes on: gateway and command line work without it, and the start of the app tries again and says so.
    process.stderr.write(`\ngatehouse: ${label} could not be built: ${reason(error)}\n`)
    if (isForced) process.exitCode = 1
  }
}

/** Into a folder of its own, then swapped in: a second build at the same time, or a running app, never meets half of it. */
async function buildBeside(name, build) {
  const target = join(root, 'dist', name)
  const draft = `${target}.${process.pid}`
  const old = `${draft}.old`
  mkdirSync(join(root, 'dist'), { recursive: true })
  try {
    await build(draft)
    if (existsSync(target)) renameSync(target, old)
    renameSync(draft, target)
  } finally {
    for (const path of [draft, old]) rmSync(path, { recursive: true, force: true })
  }
}

async function buildRenderer(outDir) {
  const { build } = await import('vite')
  await build({ configFile: join(root, 'renderer', 'vite.config.ts'), logLevel: 'error', build: { outDir, emptyOutDir: true, reportCompressedSize: false } })
}

/** Electron's main is an ES module whose packages stay packages; its preload is one CommonJS file, as a sandboxed preload must be. */
async function buildElectron(outDir) {
  const { build } = await import('vite')
  const common = { configFile: false, root, logLevel: 'error', publicDir: false }
  await build({ ...common, build: {
    ssr: join(root, 'electron', 'main.ts'), outDir, emptyOutDir: true, target: 'node22', reportCompressedSize: false,
    rollupOptions: { external: ['electron'], output: { format: 'es', entryFileNames: 'main.js' } },
  } })
  await build({ ...common, ssr: { noExternal: true }, build: {
    ssr: join(root, 'electron', 'preload.ts'), outDir, emptyOutDir: false, target: 'node22', reportCompressedSize: false,
    rollupOptions: { external: ['electron'], output: { format: 'cjs', entryFileNames: 'preload.cjs' } },
  } })
}

function fingerprintOf(inputs) {
  const hash = createHash('sha256')
  for (const file of inputs.flatMap((input) => filesBelow(join(root, input)))) {
    hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

function filesBelow(path) {
  if (!existsSync(path)) return []
  if (!/[/\\][^./\\]+$/.test(path)) return [path]
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

function reason(error) {
  if (error.code === 'ERR_MODULE_NOT_FOUND') return `${/'([^']+)'/.exec(error.message)?.[1] ?? 'a package'} is not installed; run npm ci without --omit=dev`
  return String(error.message ?? error).trim()
}
