import { describe, expect, test } from 'vitest'
import { policySchema } from '../shared/policy/rule.ts'
import { parseYamlFile, problemText } from './yaml-file.ts'

const problems = (text: string): readonly string[] => {
  const parsed = parseYamlFile(policySchema, 'policies/shop.yaml', text)
  return parsed.ok ? [] : parsed.problems.map(problemText)
}

/** Lines 1–3, so that the rule under test begins on line 4. */
const inPolicy = (rest: string) => `policy: shop\nconnections: [shop]\nrules:\n${rest}\n`

describe('a mistake names file, line, column, path and what was expected', () => {
  test.each<readonly [name: string, text: string, expected: string]>([
    ['a misspelt kind', inPolicy('  - id: a\n    who: everyone\n    allow: { sql: [selct] }'), '6:20: rules[0].allow.sql[0]: "selct" is not a SQL kind; did you mean "select"?'],
    ['a kind nothing like any', inPolicy('  - { id: a, who: everyone, deny: { sql: xyzzy } }'), '4:42: rules[0].deny.sql: "xyzzy" is not a SQL kind; expected one of select, insert,'],
    ['a kind that counts as another', inPolicy('  - { id: a, who: everyone, deny: { sql: copy-out } }'), 'rules[0].deny.sql: COPY … TO counts as select; name that'],
    ['an unknown key, at the key', inPolicy('  - { id: a, who: everyone, alow: { sql: select } }'), '4:29: rules[0].alow: unknown key "alow"; expected id, who, allow, approve, deny, when, rows-over, mode, limit, by, within, break-glass'],
    ['an unknown key of who', inPolicy('  - { id: a, who: { group: x }, allow: { sql: select } }'), '4:21: rules[0].who.group: unknown key "group"; expected everyone, groups,'],
    ['a missing key, at the map', inPolicy('  - { who: everyone, allow: { sql: select } }'), '4:5: rules[0].id: is missing'],
    ['a key without a value', 'policy:\nconnections: [a]\n', '1:1: policy: expected a'],
    ['no effect', inPolicy('  - { id: a, who: everyone }'), '4:5: rules[0]: expected exactly one of allow, approve, deny; found none'],
    ['two effects', inPolicy('  - { id: a, who: everyone, allow: { sql: select }, deny: { sql: drop } }'), 'found allow and deny'],
    ['a deny for nobody', inPolicy('  - { id: a, deny: { sql: drop } }'), 'names nobody, so it would deny nothing'],
    ['a deny for an empty list', inPolicy('  - { id: a, who: [], deny: { sql: drop } }'), '4:19: rules[0].who: names nobody'],
    ['a deny for no groups', inPolicy('  - { id: a, who: { groups: [] }, deny: { sql: drop } }'), 'names nobody'],
    ['an approve without by', inPolicy('  - { id: a, who: everyone, approve: { sql: update } }'), 'needs by: who may approve'],
    ['an approve by nobody', inPolicy('  - { id: a, who: everyone, approve: { sql: update }, by: { groups: [] } }'), 'names nobody who could approve'],
    ['an approve by a pull request alone', inPolicy('  - { id: a, who: everyone, approve: { sql: update }, by: { github: { repository: acme/shop, path: "**" } } }'), 'names nobody who could approve, or deny it'],
    ['a pull request of no path', inPolicy('  - { id: a, who: everyone, approve: { sql: update }, by: { groups: [x], github: { repository: acme/shop } } }'), 'by.github.path: is missing'],
    ['a pull request of no repository', inPolicy('  - { id: a, who: everyone, approve: { sql: update }, by: { groups: [x], github: { repository: shop, path: "**" } } }'), 'expected a repository, owner/name'],
    ['a pull request with an unknown key', inPolicy('  - { id: a, who: everyone, approve: { sql: update }, by: { groups: [x], github: { repository: acme/shop, path: "**", branch: x } } }'), 'unknown key "branch"; expected repository, path'],
    ['an approver by email', inPolicy('  - { id: a, who: everyone, approve: { sql: update }, by: { users: [a@b.c] } }'), 'rules[0].by.users[0]: expected a principal id'],
    ['by on an allow', inPolicy('  - { id: a, who: everyone, allow: { sql: select }, by: { groups: [x] } }'), 'rules[0].by: only an approve rule has by'],
    ['within that is no duration', inPolicy('  - { id: a, who: everyone, approve: { sql: update }, by: { groups: [x] }, within: 15 }'), 'expected a duration of at most 7d, such as 90s, 15m or 1h'],
    ['within that is too long', inPolicy('  - { id: a, who: everyone, approve: { sql: update }, by: { groups: [x] }, within: 8d }'), 'expected a duration of at most 7d'],
    ['a limit on a deny', inPolicy('  - { id: a, who: everyone, deny: { sql: drop }, limit: { rows: 1 } }'), 'a deny has no limit'],
    ['a limit of nothing', inPolicy('  - { id: a, who: everyone, allow: { sql: select }, limit: {} }'), 'expected rows, seconds or both'],
    ['a limit of no rows', inPolicy('  - { id: a, who: everyone, allow: { sql: select }, limit: { rows: 0 } }'), 'rules[0].limit.rows: expected a number to be >=1'],
    ['an empty list of kinds', inPolicy('  - { id: a, who: everyone, deny: { sql: [] } }'), 'names nothing; name at least one'],
    ['an empty on', inPolicy('  - { id: a, who: everyone, deny: { sql: drop, on: [] } }'), 'names nothing; name at least one'],
    ['a table without a schema', inPolicy('  - { id: a, who: everyone, deny: { sql: drop, on: customers } }'), 'expected schema.table (each part a glob) or "*"; for any schema write "*.customers"'],
    ['an allow of a derived kind', inPolicy('  - { id: a, who: everyone, allow: { sql: [update-without-where] } }'), 'an allow of update covers update-without-where already'],
    ['an ssh rule', inPolicy('  - { id: a, who: everyone, deny: { ssh: [exec] } }'), 'rules[0].deny.ssh: ssh rules are not available yet; this gateway enforces sql and kubernetes'],
    ['a body of two protocols', inPolicy('  - { id: a, who: everyone, deny: { sql: drop, namespaces: [shop] } }'), 'rules[0].deny: mixes sql (of sql) with namespaces (of kubernetes); a rule is about one of them: write two'],
    ['a verb that is none', inPolicy('  - { id: a, who: everyone, deny: { kubernetes: [get, delet] } }'), '4:55: rules[0].deny.kubernetes[1]: "delet" is not a Kubernetes verb; did you mean "delete"?'],
    ['a key of kubernetes that is none', inPolicy('  - { id: a, who: everyone, deny: { kubernetes: [get], namespace: [a] } }'), 'unknown key "namespace"; expected kubernetes, resources'],
    ['a mask of fields without their resources', 'policy: p\nconnections: [a]\nmasks:\n  - { id: m, fields: [/data/a], as: redact }\n', 'masks[0]: says not of which resources'],
    ['an http path', inPolicy('  - { id: a, who: everyone, deny: { sql: drop, paths: ["/x"] } }'), 'http rules are not available yet'],
    ['a body that says nothing', inPolicy('  - { id: a, who: everyone, deny: {} }'), 'rules[0].deny: says nothing; expected sql: [kinds]'],
    ['an id with spaces', inPolicy('  - { id: "a b", who: everyone, deny: { sql: drop } }'), 'rules[0].id: expected a name of at most 63 letters'],
    ['an email as a user', inPolicy('  - { id: a, who: { users: [a@b.c] }, allow: { sql: select } }'), 'expected a principal id'],
    ['a claim called __proto__', inPolicy('  - { id: a, who: { claims: { __proto__: x } }, allow: { sql: select } }'), 'a key may not be called __proto__'],
    ['no scope', 'policy: shop\n', 'expected connections or labels'],
    ['two scopes', 'policy: shop\nconnections: [a]\nlabels: { a: b }\n', 'expected one of connections and labels, not both'],
    ['labels of nothing', 'policy: shop\nlabels: {}\n', 'labels: names no label'],
    ['a mask of two kinds', 'policy: p\nconnections: [a]\nmasks:\n  - { id: m, columns: [a.b.c], detect: [jwt], as: redact }\n', '4:5: masks[0]: expected exactly one of columns, detect, and resources with fields; found columns and detect'],
    ['a mask of no kind', 'policy: p\nconnections: [a]\nmasks:\n  - { id: m, as: redact }\n', 'found none'],
    ['a mask form we do not have', 'policy: p\nconnections: [a]\nmasks:\n  - { id: m, columns: [a.b.c], as: scramble }\n', '4:36: masks[0].as: "scramble" is no kind of mask'],
    ['a column of two parts', 'policy: p\nconnections: [a]\nmasks:\n  - { id: m, columns: [customers.email], as: redact }\n', 'expected schema.table.column'],
    ['a test that expects nothing', 'policy: p\nconnections: [a]\ntests:\n  - { as: { groups: [a] }, run: select 1, expect: yes }\n', 'tests[0].expect: expected allow, approve or deny'],
    ['an empty file', '', '1:1: expected a map, found nothing'],
    ['a list', '- a\n', '1:1: expected a map, found a list'],
    ['an unquoted star', 'policy: p\nconnections: [*]\n', '2:15: Alias cannot be an empty string; a value that begins with * must be quoted, as in "*"'],
    ['an unquoted star before a name', 'policy: p\nconnections: [*shop]\n', 'must be quoted, as in "*"'],
    ['a key twice', 'policy: p\nconnections: [a]\nrules: []\nrules: []\n', '4:1: Map keys must be unique'],
    ['two documents', 'policy: p\nconnections: [a]\n---\npolicy: q\n', 'multiple documents'],
    ['a tag', 'policy: !!js/function a\nconnections: [a]\n', '1:9: Unresolved tag'],
    ['an open bracket', 'policy: p\nconnections: [a\n', ''],
  ])('%s', (_, text, expected) => {
    const found = problems(text)
    expect(found).not.toEqual([])
    expect(found.join('\n')).toContain(expected)
    for (const line of found) expect(line).toMatch(/^policies\/shop\.yaml:\d+:\d+: /)
  })

  test('all of them at once, in the order of the file', () => {
    expect(problems(inPolicy('  - { id: a, who: everyone, allow: { sql: [selct, on] } }\n  - { id: b, who: everybody, deny: { sql: drop } }\nmask: []'))
      .map((line) => line.split(': ')[0])).toEqual(['policies/shop.yaml:4:44', 'policies/shop.yaml:4:51', 'policies/shop.yaml:5:19', 'policies/shop.yaml:6:1'])
  })

  test('a place behind an alias is the place of what it stands for', () => {
    expect(problems('policy: p\nconnections: [a]\nrules:\n  - { id: a, who: &w { group: [x] }, allow: { sql: select } }\n  - { id: b, who: *w, allow: { sql: select } }\n'))
      .toEqual([expect.stringContaining(':4:24: rules[0].who.group'), expect.stringContaining(':4:24: rules[1].who.group')])
  })

  test('aliases that would grow without end are refused', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefgh'.split('').map((name, at) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefg'[at]}`).join(',')}]`)]
    expect(problems(`${bomb.join('\n')}\n`)).toEqual([expect.stringContaining('Excessive alias count')])
    expect(problems('policy: p\nconnections: [a]\nrules:\n  - { id: a, who: &w { groups: x, except: *w }, allow: { sql: select } }\n')).toHaveLength(1)
    expect(problems('[{a: '.repeat(20_000))).not.toEqual([])
    expect(problems(`policy: p\nconnections: [a]\nrules:\n  - { id: a, who: ${'{ everyone: true, except: '.repeat(3_000)}{}${'}'.repeat(3_000)}, allow: { sql: select } }\n`)).not.toEqual([])
  })

  test('what the YAML parser stumbles over is not repeated: it may be a secret', () => {
    expect(problems('policy: p\nconnections: [a]\npassword: "hunter2" hunter3\n').join('\n')).not.toMatch(/hunter/)
  })
})
