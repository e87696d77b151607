import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configFileBytesMax } from '../limits.ts'
import { problemText } from '../yaml-file.ts'
import { loadPolicies } from './load.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'gatehouse-policies-')) })
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string | Uint8Array) => writeFileSync(join(folder, name), text)
const policy = (name: string, rest = '') => `policy: ${name}\nconnections: ["*"]\n${rest}`

async function problemsOf(): Promise<readonly string[]> {
  const load = await loadPolicies(folder)
  return load.ok ? [] : load.problems.map((problem) => problemText(problem).replace(`${folder}/`, ''))
}

describe('a folder of policies', () => {
  test('loads every .yaml and .yml, in the order of names, and leaves other files alone', async () => {
    write('b.yaml', policy('second'))
    write('a.yml', policy('first'))
    for (const name of ['README.md', 'a.yaml~', '#a.yaml#', '.a.yaml.swp', '.hidden.yaml']) write(name, 'not: a policy')
    const load = await loadPolicies(folder)
    expect(load.ok && load.snapshot.policies.map((one) => one.policy)).toEqual(['first', 'second'])
  })

  test('an empty folder is no policies: everything is denied', async () => {
    const load = await loadPolicies(folder)
    expect(load.ok && load.snapshot.policies).toEqual([])
  })

  test('one wrong file is none loaded, and the problems of all files are told', async () => {
    write('a.yaml', policy('a'))
    write('b.yaml', policy('b', 'rules: [{ id: x, who: everyone, deny: { sql: drp } }]\n'))
    write('c.yaml', 'policy: c\n')
    expect(await problemsOf()).toEqual([expect.stringMatching(/^b\.yaml:3:46: rules\[0\]\.deny\.sql: "drp"/), expect.stringMatching(/^c\.yaml:1:1: expected connections/)])
  })

  test('the same policy name in two files', async () => {
    write('a.yaml', policy('shop'))
    write('b.yaml', policy('shop'))
    expect(await problemsOf()).toEqual([expect.stringMatching(/^b\.yaml:1:9: policy: there is a policy shop in .*a\.yaml already$/)])
  })

  test('the same id twice in a policy, among rules and masks', async () => {
    write('a.yaml', policy('a', 'rules:\n  - { id: x, who: everyone, deny: { sql: drop } }\n  - { id: x, who: everyone, deny: { sql: drop } }\nmasks:\n  - { id: x, detect: jwt, as: redact }\n'))
    expect(await problemsOf()).toEqual([
      'a.yaml:5:11: rules[1].id: there is a rule or mask x in this policy already', 'a.yaml:7:11: masks[0].id: there is a rule or mask x in this policy already',
    ])
  })

  test('the same id in two policies is fine', async () => {
    write('a.yaml', policy('a', 'rules: [{ id: x, who: everyone, deny: { sql: drop } }]\n'))
    write('b.yaml', policy('b', 'rules: [{ id: x, who: everyone, deny: { sql: drop } }]\n'))
    expect(await problemsOf()).toEqual([])
  })

  test('a file over the limit, one that is not UTF-8, one that points nowhere, a folder', async () => {
    write('a.yaml', 'x'.repeat(configFileBytesMax + 1))
    write('b.yaml', Uint8Array.of(0xff, 0xfe, 0x00))
    symlinkSync(join(folder, 'nowhere'), join(folder, 'c.yaml'))
    expect(await problemsOf()).toEqual([expect.stringContaining('configFileBytesMax'), expect.stringContaining('is not UTF-8'), expect.stringContaining('cannot be read (ENOENT)')])
    mkdirSync(join(folder, 'more'))
    expect(await problemsOf()).toEqual([expect.stringContaining('folders inside the policies folder are not read')])
  })

  test('a folder that is not there', async () => {
    const load = await loadPolicies(join(folder, 'gone'))
    expect(load).toMatchObject({ ok: false, problems: [{ message: 'the policies folder cannot be read (ENOENT)' }] })
  })

  test('the hash is of names and bytes', async () => {
    const hash = async () => {
      const load = await loadPolicies(folder)
      return load.ok ? load.snapshot.hash : 'bad'
    }
    write('a.yaml', policy('a'))
    const first = await hash()
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    write('a.yaml', `${policy('a')}# a comment\n`)
    const second = await hash()
    write('a.yaml', policy('a'))
    expect([second === first, await hash()]).toEqual([false, first])
    rmSync(join(folder, 'a.yaml'))
    write('b.yaml', policy('a'))
    expect(await hash()).not.toBe(first)
  })
})
