// A folder of policy files into a snapshot, all or nothing: with one wrong file nothing is taken over, since a policy that is
// missing may be the one that denies. Every problem of every file is told at once.
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { policySchema, type Policy } from '../../shared/policy/rule.ts'
import { configFileBytesMax, policyFilesMax } from '../limits.ts'
import { parseYamlFile, shownPath, type Path, type Problem, type YamlResult } from '../yaml-file.ts'
import { compileSnapshot } from './compile.ts'
import { compileCondition } from './condition.ts'
import { detectorProblems } from './detectors.ts'
import type { PolicySnapshot } from './snapshot.ts'

export type PolicyLoad =
  | { readonly ok: true; readonly snapshot: PolicySnapshot; readonly files: readonly string[]; /** A problem at a place of the policy of that index. */ readonly problemAt: (policy: number, path: Path, message: string) => Problem }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export async function loadPolicies(folder: string): Promise<PolicyLoad> {
  const listed = await listPolicyFiles(folder)
  if (!listed.ok) return listed
  const problems: Problem[] = []
  const files: { readonly name: string; readonly shown: string; readonly text: string }[] = []
  for (const name of listed.names) {
    const read = await readPolicyFile(join(folder, name))
    if (typeof read === 'string') files.push({ name, shown: shownPath(join(folder, name)), text: read })
    else problems.push(read.problem)
  }
  const parsed = files.map((file) => ({ file, result: parseYamlFile(policySchema, file.shown, file.text) }))
  problems.push(...parsed.flatMap(({ result }) => (result.ok ? [] : result.problems)))
  const good = parsed.flatMap(({ file, result }) => (result.ok ? [{ shown: file.shown, result }] : []))
  problems.push(...duplicates(good), ...wrongConditions(good))
  // With a file missing its detectors would seem unknown.
  if (good.length === files.length) problems.push(...detectorProblems(good.map(({ result }) => result.value)).map(({ policy, path, message }) => good[policy]!.result.problemAt(path, message)))
  if (problems.length > 0) return { ok: false, problems }
  const snapshot: PolicySnapshot = { hash: hashOf(files), policies: good.map(({ result }) => result.value) }
  compileSnapshot(snapshot)
  return { ok: true, snapshot, files: files.map(({ shown }) => shown), problemAt: (at, path, message) => good[at]!.result.problemAt(path, message) }
}

const whole = (file: string, message: string): Problem => ({ file: shownPath(file), line: 1, column: 1, path: '', message })

type Listed = { readonly ok: true; readonly names: readonly string[] } | { readonly ok: false; readonly problems: readonly Problem[] }

/** `*.yaml` and `*.yml`; hidden files and what editors leave behind are none of ours, but a folder is not passed over in silence. */
async function listPolicyFiles(folder: string): Promise<Listed> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => error)
  if (entries instanceof Error) return { ok: false, problems: [whole(folder, `the policies folder cannot be read (${entries.code ?? entries.message})`)] }
  const shown = entries.filter(({ name }) => !name.startsWith('.'))
  const folders = shown.filter((entry) => entry.isDirectory())
  const names = shown.filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name)).map(({ name }) => name).sort()
  if (folders.length > 0) return { ok: false, problems: folders.map(({ name }) => whole(join(folder, name), 'folders inside the policies folder are not read; move its files up')) }
  if (names.length > policyFilesMax) return { ok: false, problems: [whole(folder, `holds ${names.length} files; at most ${policyFilesMax} are read (policyFilesMax)`)] }
  return { ok: true, names }
}

async function readPolicyFile(path: string): Promise<string | { readonly problem: Problem }> {
  try {
    const { size } = await stat(path)
    if (size > configFileBytesMax) return { problem: whole(path, `is ${size} bytes; at most ${configFileBytesMax} are read (configFileBytesMax)`) }
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    return { problem: whole(path, error instanceof TypeError ? 'is not UTF-8' : `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`) }
  }
}

interface Good { readonly shown: string; readonly result: Extract<YamlResult<Policy>, { ok: true }> }

/** A verdict names its rule by policy and id: both must mean one thing. */
function duplicates(files: readonly Good[]): Problem[] {
  const problems: Problem[] = []
  const policies = new Map<string, string>()
  for (const { shown, result } of files) {
    const { policy, rules, masks } = result.value
    const first = policies.get(policy)
    if (first !== undefined) problems.push(result.problemAt(['policy'], `there is a policy ${policy} in ${first} already`))
    else policies.set(policy, shown)
    const ids = new Set<string>()
    const places = [...rules.map(({ id }, at) => ({ id, path: ['rules', at, 'id'] })), ...masks.map(({ id }, at) => ({ id, path: ['masks', at, 'id'] }))]
    for (const { id, path } of places) {
      if (ids.has(id)) problems.push(result.problemAt(path, `there is a rule or mask ${id} in this policy already`))
      ids.add(id)
    }
  }
  return problems
}

function wrongConditions(files: readonly Good[]): Problem[] {
  return files.flatMap(({ result }) => result.value.rules.flatMap(({ when, body }, at) => {
    const compiled = when === null ? null : compileCondition(when, body.kind)
    return compiled === null || compiled.ok ? [] : [result.problemAt(['rules', at, 'when'], compiled.problem)]
  }))
}

/** Lengths before contents, so that no two folders give the same bytes. */
function hashOf(files: readonly { readonly name: string; readonly text: string }[]): string {
  const hash = createHash('sha256')
  for (const { name, text } of files) hash.update(JSON.stringify([name, Buffer.byteLength(text)])).update(text)
  return hash.digest('hex')
}
