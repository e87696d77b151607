// `npm test`: types, lint, unit and integration tests, UI and end-to-end tests, in this order, all of them even after a failure.
// The last line is `N passed, N failed` (and `, N skipped`); the exit code is 0 only if nothing failed.
//   npm test [-- types lint unit e2e]     only these
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const reports = mkdtempSync(join(tmpdir(), 'gatehouse-reports-'))
// The project's own Node and tools first, also when started without npm.
const env = { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter), FORCE_COLOR: process.stdout.isTTY ? '1' : '0' }

const chromium = { commands: ['chromium', 'chromium-browser', 'google-chrome'], package: 'chromium', without: 'UI and end-to-end tests' }
/** What the tests need from the system, and what is skipped without it. */
const needs = [
  { commands: ['psql'], package: 'postgresql-client', without: 'tests with psql' },
  { commands: ['kubectl'], package: 'kubernetes-client', without: 'tests with kubectl' },
  chromium,
]

const steps = { types, lint, unit, e2e }
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in steps))
if (unknown.length > 0) {
  process.stderr.write(`npm test: no step ${unknown.join(', ')}; there are ${Object.keys(steps).join(', ')}\n`)
  process.exit(2)
}

const totals = { passed: 0, failed: 0, skipped: 0 }
const lines = []
try {
  if (wanted.length === 0 || wanted.some((name) => name === 'unit' || name === 'e2e')) await provide()
  for (const [name, step] of Object.entries(steps)) {
    if (wanted.length === 0 || wanted.includes(name)) await measured(name, step)
  }
} finally {
  rmSync(reports, { recursive: true, force: true })
}
process.stdout.write(`\n${lines.join('\n')}\n${sum(totals)}\n`)
process.exitCode = totals.failed > 0 ? 1 : 0

async function measured(name, step) {
  process.stdout.write(`\n── ${name} ──\n`)
  const startedAt = performance.now()
  const counts = await step()
  for (const key of Object.keys(totals)) totals[key] += counts[key] ?? 0
  const took = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
  lines.push(`${name.padEnd(6)} ${took.padStart(8)}  ${counts.note ?? sum({ passed: 0, failed: 0, skipped: 0, ...counts })}`)
}

/** One count for all configurations: they are one question, "do the types hold?". */
async function types() {
  const codes = []
  for (const project of ['tsconfig.json', 'renderer/tsconfig.json', 'e2e/tsconfig.json']) codes.push(await run('tsc', ['--noEmit', '-p', project]))
  return asOne(codes.every((code) => code === 0))
}

async function lint() {
  return asOne(await run('oxlint', ['--deny-warnings']) === 0)
}

async function unit() {
  const file = join(reports, 'vitest.json')
  const code = await run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`])
  const report = read(file)
  if (!report) return { failed: 1, note: 'vitest ended without a report' }
  const failed = report.numFailedTests
  // A file that does not load, or an error outside of any test, fails no test and yet is a failure.
  const unseen = code !== 0 && failed === 0 ? Math.max(1, report.testResults.filter((suite) => suite.status === 'failed').length) : 0
  return { passed: report.numPassedTests, failed: failed + unseen, skipped: report.numPendingTests + (report.numTodoTests ?? 0) }
}

async function e2e() {
  const config = join('e2e', 'playwright.config.ts')
  if (!existsSync(join(root, config))) return { note: 'there are none yet' }
  if (!find(chromium.commands)) return { skipped: 1, note: 'skipped: chromium is missing' }
  // The pages under test are those of the sources, not of an older build.
  await run('node', [join('build', 'prepare.mjs')])
  const file = join(reports, 'playwright.json')
  const code = await run('playwright', ['test', '-c', config, '--reporter=list,json'], { PLAYWRIGHT_JSON_OUTPUT_NAME: file })
  const report = read(file)
  if (!report) return { failed: 1, note: 'playwright ended without a report' }
  const { expected, unexpected, flaky, skipped } = report.stats
  return { passed: expected + flaky, failed: unexpected + (code !== 0 && unexpected === 0 ? 1 : 0), skipped }
}

/** Installs what is missing where that is allowed (root, Debian), saying so; else names it, and what is skipped without it. */
async function provide() {
  const missing = needs.filter(({ commands }) => !find(commands))
  if (missing.length === 0) return
  const names = missing.map((need) => need.package)
  if (process.getuid?.() === 0 && find(['apt-get'])) {
    process.stdout.write(`Installing from Debian, for the tests: ${names.join(', ')} …\n`)
    const quiet = { DEBIAN_FRONTEND: 'noninteractive' }
    if (!hasPackageLists()) await run('apt-get', ['update', '-qq'], quiet)
    const install = () => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], quiet)
    // Lists may be older than the mirror.
    if (await install() !== 0 && await run('apt-get', ['update', '-qq'], quiet) === 0) await install()
  }
  for (const need of needs.filter(({ commands }) => !find(commands))) {
    process.stdout.write(`${need.commands[0]} is missing, so ${need.without} are skipped (Debian: sudo apt-get install ${need.package})\n`)
  }
}

function hasPackageLists() {
  const folder = '/var/lib/apt/lists'
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('Packages') || name.includes('Packages.'))
}

function find(commands) {
  return commands.some((command) => spawnSync(process.platform === 'win32' ? 'where' : 'which', [command], { env, stdio: 'ignore' }).status === 0)
}

function run(command, args, more = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: { ...env, ...more }, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' })
    child.on('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
}

function asOne(isGood) {
  return isGood ? { passed: 1 } : { failed: 1 }
}

function sum({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
