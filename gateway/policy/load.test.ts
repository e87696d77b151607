import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configFileBytesMax } from '../limits.ts'
import { problemText } from '../yaml-file.ts'
import { loadPolicies } from './load.ts'
import { masksFor } from './masks.ts'
import { shop, someone } from './testing/build.ts'

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

  test('a condition that is wrong is told with its place', async () => {
    write('a.yaml', policy('a', 'rules:\n  - { id: x, who: everyone, deny: { sql: drop },\n      when: \'principal.group == "x"\' }\n  - { id: y, who: everyone, deny: { sql: drop }, when: facts.statements }\n'))
    expect(await problemsOf()).toEqual([
      'a.yaml:5:13: rules[0].when: is no condition: No such key: group',
      'a.yaml:6:56: rules[1].when: is int; expected a condition, true or false',
    ])
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

describe('detectors of the policies', () => {
  const mask = 'masks:\n  - { id: m, detect: [employee-number], as: redact }\n'
  const defined = 'detectors:\n  - { name: employee-number, pattern: "EMP-[0-9]{6}", examples: [EMP-123456] }\n'

  test('may be named by the masks of every file', async () => {
    write('a.yaml', policy('a', defined))
    write('b.yaml', policy('b', mask))
    expect(await problemsOf()).toEqual([])
  })

  test('must be defined: a mask with a name nobody has would find nothing', async () => {
    write('a.yaml', policy('a', `${defined}masks:\n  - { id: m, detect: [employe-number, emial], as: redact }\n`))
    expect(await problemsOf()).toEqual([
      'a.yaml:6:23: masks[0].detect[0]: "employe-number" is not a detector; did you mean "employee-number"?', 'a.yaml:6:39: masks[0].detect[1]: "emial" is not a detector; did you mean "email"?',
    ])
  })

  test.each([
    ['a pattern RE2 cannot take', '{ name: x, pattern: "a(?=b)" }', /detectors\[0\]\.pattern: is not a pattern RE2 can run: invalid or unsupported Perl syntax: `\(\?=`/],
    ['a back-reference', '{ name: x, pattern: \'(a)\\1\' }', /detectors\[0\]\.pattern: is not a pattern RE2 can run/],
    ['one that matches the empty text', '{ name: x, pattern: "a*" }', /detectors\[0\]\.pattern: matches the empty text/],
    ['one that is only a place', '{ name: x, pattern: \'\\b\' }', /detectors\[0\]\.pattern: matches the empty text/],
    ['one that may be empty', '{ name: x, pattern: "abc|" }', /detectors\[0\]\.pattern: matches the empty text/],
    ['no pattern', '{ name: x, pattern: "" }', /detectors\[0\]\.pattern: expected a pattern/],
    ['one that is too long', `{ name: x, pattern: "${'a'.repeat(513)}" }`, /is longer than 512 characters \(detectorPatternCharactersMax\)/],
    ['one that grows', '{ name: x, pattern: "(?:[a-z]{100}){9}[a-z]{200}" }', /becomes \d+ instructions, more than 1000 \(detectorInstructionsMax\)/],
    ['the name of one of ours', '{ name: email, pattern: "x+" }', /detectors\[0\]\.name: "email" is the name of a detector the gateway has/],
    ['a name that is none', '{ name: "a b", pattern: "x+" }', /detectors\[0\]\.name: expected a name/],
    ['an example it does not match', '{ name: x, pattern: "EMP-[0-9]{6}", examples: [EMP-12345] }', /detectors\[0\]\.examples\[0\]: "EMP-12345" is not matched by the pattern/],
    ['an example it matches in part', '{ name: x, pattern: "EMP-[0-9]{6}", examples: [EMP-1234567] }', /is matched only in part: "EMP-123456"/],
    ['an unknown key', '{ name: x, pattern: "x+", flags: i }', /detectors\[0\].*unknown key/],
  ])('%s', async (_, detector, message) => {
    write('a.yaml', policy('a', `detectors:\n  - ${detector}\n`))
    expect(await problemsOf()).toEqual([expect.stringMatching(message)])
  })

  test('the same name twice, in whatever files', async () => {
    write('a.yaml', policy('a', defined))
    write('b.yaml', policy('b', defined))
    expect(await problemsOf()).toEqual([expect.stringMatching(/^b\.yaml:4:13: detectors\[0\]\.name: there is a detector employee-number already/)])
  })

  test('reach the masks of a principal, with their patterns', async () => {
    write('a.yaml', policy('a', `${defined}rules: [{ id: r, who: everyone, allow: { sql: select } }]\n${mask}`))
    const load = await loadPolicies(folder)
    const masks = load.ok ? masksFor(load.snapshot, someone(), shop) : null
    expect(masks?.detect.map(({ detectors }) => detectors)).toEqual([[{ name: 'employee-number', pattern: 'EMP-[0-9]{6}', examples: ['EMP-123456'] }]])
  })
})
