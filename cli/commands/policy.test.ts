// `gatehouse policy check` as people run it: the launcher, its output and its exit code.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const launcher = join(import.meta.dirname, '../../bin/gatehouse')
const good = `listen: { api: 127.0.0.1:0 }
identity: [{ name: corp, issuer: https://id.example.com, audience: gatehouse, kind: human }]
connections: [{ name: shop, kind: postgres, host: 127.0.0.1, database: shop, user: g, password: { env: NOT_SET_ANYWHERE } }]
policies: ./policies
`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-check-'))
  mkdirSync(join(folder, 'policies'))
  writeFileSync(join(folder, 'gateway.yaml'), good)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function check(...options: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, 'policy', 'check', '--config', 'gateway.yaml', ...options], { cwd: folder, encoding: 'utf8' })
  return { status, stdout, stderr }
}
const policy = (name: string, text: string) => writeFileSync(join(folder, 'policies', name), text)

describe('gatehouse policy check', () => {
  test('says ok, counts, and needs no secret', () => {
    policy('shop.yaml', 'policy: shop\nconnections: [shop]\nrules: [{ id: a, who: everyone, deny: { sql: drop } }]\nmasks: [{ id: m, detect: jwt, as: redact }]\n')
    expect(check()).toEqual({ status: 0, stdout: 'ok: 1 policies, 1 rules, 1 masks\n', stderr: '' })
    expect(JSON.parse(check('--json').stdout)).toEqual([])
  })

  test('lists the problems of every file, with places from where one stands, and fails', () => {
    policy('a.yaml', 'policy: a\nconnections: [shop]\nrules: [{ id: a, who: everyone, deny: { sql: drp } }]\n')
    policy('b.yaml', 'policy: b\nconnection: [shop]\n')
    const { status, stdout } = check()
    expect(status).toBe(1)
    expect(stdout.split('\n')).toEqual([
      'policies/a.yaml:3:46: rules[0].deny.sql: "drp" is not a SQL kind; did you mean "drop"?',
      expect.stringMatching(/^policies\/b\.yaml:1:1: expected connections or labels/),
      expect.stringMatching(/^policies\/b\.yaml:2:1: connection: unknown key "connection"; expected policy, connections, labels, rules, /),
      '3 problems', '',
    ])
    expect(JSON.parse(check('--json').stdout)).toContainEqual({
      severity: 'error', file: 'policies/a.yaml', line: 3, column: 46, path: 'rules[0].deny.sql', message: '"drp" is not a SQL kind; did you mean "drop"?',
    })
  })

  test('checks gateway.yaml too, and repeats no literal secret', () => {
    writeFileSync(join(folder, 'gateway.yaml'), good.replace('{ env: NOT_SET_ANYWHERE }', 'hunter2'))
    const { status, stdout, stderr } = check()
    expect(status).toBe(1)
    expect(stdout).toContain('gateway.yaml:3:97: connections[0].password: a secret is never written here')
    expect(stdout + stderr).not.toContain('hunter2')
  })

  test('warns of a connection that this gateway does not have', () => {
    policy('shop.yaml', 'policy: shop\nconnections: [shp]\n')
    expect(check()).toMatchObject({ status: 0, stdout: expect.stringContaining('warning: policies/shop.yaml') as string })
  })

  test('a file that is not there is one line on stderr', () => {
    rmSync(join(folder, 'gateway.yaml'))
    expect(check()).toEqual({ status: 1, stdout: '', stderr: 'gatehouse: gateway.yaml cannot be read: ENOENT\n' })
  })
})
