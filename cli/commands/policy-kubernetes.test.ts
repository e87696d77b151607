// `gatehouse policy test`, `explain` and `check` for a Kubernetes connection, as people run them: no cluster is reached.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const launcher = join(import.meta.dirname, '../../bin/gatehouse')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-policy-kubernetes-'))
  mkdirSync(join(folder, 'policies'))
  writeFileSync(join(folder, 'jwks.json'), '{"keys":[]}')
  writeFileSync(join(folder, 'gateway.yaml'), `
listen: { api: 127.0.0.1:0, postgres: 127.0.0.1:0 }
data: ./data
identity: [{ name: test, issuer: "https://issuer.test", audience: gatehouse, kind: human, jwks: jwks.json, claims: { id: sub, email: email, groups: groups } }]
connections:
  - { name: prod, kind: kubernetes, labels: { env: production }, server: "https://127.0.0.1:1", token: { file: token } }
  - { name: shop, kind: postgres, labels: { env: production }, host: 127.0.0.1, port: 1, database: shop, user: x, password: { file: password } }
policies: ./policies
`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(policy: string, ...words: readonly string[]): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  writeFileSync(join(folder, 'policies', 'p.yaml'), policy)
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'policy', ...words, '--config', 'gateway.yaml'], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

const rules = `policy: p
connections: [prod]
rules:
  - { id: look, who: { groups: [dev] }, allow: { kubernetes: [get, list], namespaces: [shop] } }
  - { id: secrets, who: everyone, deny: { kubernetes: [get, list, watch], resources: [secrets] } }
`

test('tests: judge the line as a request of that connection, and say what is none', async () => {
  const { status, stdout } = await run(`${rules}tests:
  - { as: { groups: [dev] }, run: "kubectl get pods -n shop", expect: allow, rule: look }
  - { as: { groups: [dev] }, run: "list secrets -A", expect: deny, rule: secrets }
  - { as: { groups: [dev] }, run: "get pods/a -n hr", expect: allow }
  - { as: { groups: [dev] }, run: "select 1", expect: allow }
`, 'test', '--offline')
  expect(stdout).toContain('2 passed, 2 failed')
  expect(stdout).toContain('expected allow, got deny: no rule allows get pods/a in namespace hr')
  expect(stdout).toContain('not decidable: "select" is no verb')
  expect(status).toBe(1)
})

test('explain says each rule and what of the request it is about', async () => {
  const { status, stdout, stderr } = await run(rules, 'explain', '--as', 'groups=dev', '--connection', 'prod', '--run', 'get secrets/db -n shop')
  expect(stderr).toBe('')
  expect(stdout).toContain('deny: denied by rule secrets (policy p): get secrets/db in namespace shop is not allowed')
  expect(stdout).toContain('+ p/secrets (deny) accesses: get on secrets/db in namespace shop')
  expect(stdout).toContain('get on secrets/db in namespace shop: allowed by p/look')
  expect(status).toBe(0)
})

test('check names what is wrong with a rule, and warns of one that is about no connection of its kind', async () => {
  expect((await run('policy: p\nconnections: [prod]\nrules: [{ id: a, who: everyone, deny: { kubernetes: [delet] } }]\n', 'check')).stdout).toContain('did you mean "delete"?')
  const warned = await run('policy: p\nconnections: [shop]\nrules: [{ id: a, who: everyone, deny: { kubernetes: [delete] } }]\n', 'check')
  expect(warned.stdout).toContain('warning: policies/p.yaml:3:9: rules[0]: never takes effect: it is of kubernetes, and the policy holds on no such connection of this gateway')
  expect(warned.status).toBe(0)
  expect((await run(rules, 'check')).stdout).toContain('ok: 1 policies, 2 rules, 0 masks')
})
