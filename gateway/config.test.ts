import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GatehouseError } from '../shared/errors.ts'
import type { PostgresTarget } from './pipeline/target.ts'
import { loadConfig, readConfig } from './config.ts'
import { isLoopback, parseListenAddress } from './config/address.ts'
import { problemText } from './yaml-file.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'gatehouse-config-')) })
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function config(text: string): string {
  const file = join(folder, 'gateway.yaml')
  writeFileSync(file, text)
  return file
}

/** The contract's example (design.md §4) without what later issues serve. */
const contract = `listen: { api: 127.0.0.1:8443, postgres: 127.0.0.1:15432 }
tls: { cert: cert.pem, key: key.pem }
data: ./data
store: { env: GATEHOUSE_STORE }
identity:
  - { name: corp, issuer: https://id.example.com, audience: gatehouse, kind: human, jwks: jwks.json,
      claims: { id: sub, email: email, groups: groups } }
connections:
  - { name: shop, kind: postgres, labels: { env: production }, host: 127.0.0.1, port: 5432, database: shop,
      user: gatehouse, password: { env: SHOP_PASSWORD }, tls: verify-full }
policies: ./policies
`

const connection = (rest: string) => `{ name: shop, kind: postgres, host: 127.0.0.1, database: shop, user: g, ${rest} }`
const small = ({ listen = '{ api: 127.0.0.1:0 }', identity = '{ name: corp, issuer: https://id.example.com, audience: gatehouse, kind: human }', connections = '', rest = '' }) =>
  `listen: ${listen}\nidentity: [${identity}]\nconnections: [${connections}]\npolicies: policies\n${rest}\n`

const problemsOf = (text: string): readonly string[] => {
  const read = readConfig(config(text))
  return read.ok ? [] : read.problems.map((problem) => problemText(problem).replace(`${folder}/`, ''))
}

describe('gateway.yaml', () => {
  test('of the contract resolves: paths against its folder, secrets from their references', () => {
    const file = config(contract)
    writeFileSync(join(folder, 'cert.pem'), 'CERT')
    writeFileSync(join(folder, 'key.pem'), 'KEY')
    chmodSync(join(folder, 'key.pem'), 0o600)
    const loaded = loadConfig(file, { GATEHOUSE_STORE: 'postgres://store', SHOP_PASSWORD: 'hunter2' })
    expect(loaded).toMatchObject({
      file, data: join(folder, 'data'), policies: join(folder, 'policies'), reviewers: { anyOf: [] }, recordingMode: 'kernel', warnings: [],
      listen: { api: { host: '127.0.0.1', port: 8443 }, postgres: { host: '127.0.0.1', port: 15432 } }, tls: { cert: 'CERT' },
      identity: [{ name: 'corp', issuer: 'https://id.example.com', audience: 'gatehouse', kind: 'human', jwks: join(folder, 'jwks.json'), clientId: 'gatehouse',
        scopes: ['openid', 'profile', 'email'], claims: { id: 'sub', email: 'email', groups: 'groups' } }],
      connections: [{ summary: { name: 'shop', kind: 'postgres', labels: { env: 'production' }, database: 'shop' }, host: '127.0.0.1', port: 5432, user: 'gatehouse', tls: 'verify-full', ca: null }],
    })
    expect([loaded.tls?.key.reveal(), loaded.store?.reveal(), (loaded.connections[0] as PostgresTarget).password?.reveal()]).toEqual(['KEY', 'postgres://store', 'hunter2'])
    expect(inspect(loaded, { depth: 9 }) + JSON.stringify(loaded)).not.toMatch(/hunter2|'KEY'|"KEY"|postgres:\/\//)
  })

  test('what is left out has safe defaults', () => {
    const loaded = loadConfig(config(small({ connections: connection('') })))
    expect(loaded).toMatchObject({ listen: { postgres: null }, tls: null, store: null, data: join(folder, 'data') })
    expect(loaded.connections[0]).toMatchObject({ port: 5432, tls: 'verify-full', password: null, ca: null })
  })

  test('reviewers are a who, client_id and scopes a provider\'s own', () => {
    const loaded = loadConfig(config(small({ identity: '{ name: corp, issuer: https://id.example.com, audience: gatehouse, kind: human, client_id: app, scopes: [openid] }', rest: 'reviewers: { groups: [security] }' })))
    expect(loaded.reviewers.anyOf[0]?.requires).toEqual([{ kind: 'groups', anyOf: ['security'] }])
    expect(loaded.identity[0]).toMatchObject({ clientId: 'app', scopes: ['openid'] })
  })

  test('the record may be waited for until it is on the disk', () => {
    expect(loadConfig(config(small({ rest: 'recording: { mode: disk }' }))).recordingMode).toBe('disk')
    expect(() => loadConfig(config(small({ rest: 'recording: { mode: none }' })))).toThrow(/recording\.mode/)
  })

  test.each<readonly [name: string, text: string, expected: string]>([
    ['a literal password', small({ connections: connection('password: hunter2') }), 'gateway.yaml:3:97: connections[0].password: a secret is never written here; expected a reference: { env: NAME } or { file: path }'],
    ['a literal store', small({ rest: 'store: postgres://u:hunter2@h/d' }), '5:8: store: a secret is never written here'],
    ['a literal beside a reference', small({ connections: connection('password: { env: A, value: hunter2 }') }), 'connections[0].password.value: unknown key "value"; expected env, file'],
    ['two references', small({ connections: connection('password: { env: A, file: b }') }), 'expected one reference'],
    ['no reference', small({ connections: connection('password: {}') }), 'expected one reference'],
    ['a secret as a number', small({ connections: connection('password: { env: 5 }') }), 'expected a string'],
    ['an unknown key', small({ rest: 'polices: x' }), '5:1: polices: unknown key "polices"; expected listen, tls, data, store, approvals, notify, github, recording, identity, connections, policies, reviewers'],
    ['no policies', 'listen: { api: 127.0.0.1:0 }\nidentity: [{ name: a, issuer: https://a, audience: a, kind: human }]\n', '1:1: policies: is missing; expected a string'],
    ['nobody to sign in', small({ identity: '' }), 'identity: expected at least one provider'],
    ['an address without a port', small({ listen: '{ api: 127.0.0.1 }' }), '1:16: listen.api: expected host:port'],
    ['an address with a port too large', small({ listen: '{ api: "127.0.0.1:65536" }' }), 'expected host:port'],
    ['an open api without tls', small({ listen: '{ api: 0.0.0.0:0 }' }), '1:16: listen.api: 0.0.0.0 is not loopback, so tls: { cert, key } is needed'],
    ['an open postgres listener without tls', small({ listen: '{ api: 127.0.0.1:0, postgres: "[::]:0" }' }), 'listen.postgres: :: is not loopback'],
    ['a name without tls', small({ listen: '{ api: gate.example.com:0 }' }), 'is not loopback'],
    ['half a tls', small({ rest: 'tls: { cert: a }' }), 'tls.key: is missing'],
    ['a target in clear text', small({ connections: '{ name: a, kind: postgres, host: db.example.com, database: d, user: u, tls: disable }' }), 'connections[0].tls: disable may send the credential and the data in clear text'],
    ['a target perhaps in clear text', small({ connections: '{ name: a, kind: postgres, host: 10.0.0.5, database: d, user: u, tls: prefer }' }), 'prefer may send'],
    ['a ca that would be ignored', small({ connections: connection('tls: require, ca: { file: ca.pem }') }), 'the ca would be ignored'],
    ['an unknown tls mode', small({ connections: connection('tls: on') }), 'expected one of disable, prefer, require, verify-ca, verify-full'],
    ['kubernetes without a credential', small({ connections: '{ name: p, kind: kubernetes, server: https://10.0.0.1:6443 }' }), 'connections[0]: expected a credential'],
    ['kubernetes over http', small({ connections: '{ name: p, kind: kubernetes, server: http://127.0.0.1:6443, token: { file: token } }' }), 'connections[0].server: expected an https URL'],
    ['kubernetes with two credentials', small({ connections: '{ name: p, kind: kubernetes, server: https://k, token: { file: token }, certificate: { file: c }, key: { file: k } }' }), 'connections[0].token: expected one credential'],
    ['impersonation without a prefix', small({ connections: '{ name: p, kind: kubernetes, server: https://k, token: { file: token }, impersonate: { user: id, prefix: "" } }' }), 'connections[0].impersonate.prefix: expected a word and a colon'],
    ['an unknown kind', small({ connections: '{ name: p, kind: mysql }' }), 'connections[0].kind: expected kind: postgres'],
    ['a label that is no text', small({ connections: connection('labels: { a: true }') }), 'connections[0].labels.a: expected a text; quote it'],
    ['two connections of a name', small({ connections: `${connection('')}, ${connection('')}` }), 'connections[1].name: there is a connection of this name already'],
    ['two identities of a name', small({ identity: '{ name: a, issuer: https://a, audience: x, kind: human }, { name: a, issuer: https://b, audience: x, kind: ci }' }), 'identity[1].name: there is an identity of this name already'],
    ['two identities that a token would fit', small({ identity: '{ name: a, issuer: https://a, audience: x, kind: human }, { name: b, issuer: https://a, audience: x, kind: ci }' }), 'a token would fit both'],
    ['an identity name with a colon, which ids are parted by', small({ identity: '{ name: "a:b", issuer: https://a, audience: x, kind: human }' }), 'identity[0].name: expected a name'],
    ['keys fetched in clear text', small({ identity: '{ name: a, issuer: http://id.example.com, audience: x, kind: human }' }), 'expected an https URL'],
    ['a claim that is not ours', small({ identity: '{ name: a, issuer: https://a, audience: x, kind: human, claims: { sub: x } }' }), 'claims.sub: unknown key "sub"; expected id, email, groups'],
    ['a webhook in clear text', small({ rest: 'notify: [{ name: ops, kind: webhook, url: http://hooks.example.com, secret: { env: X } }]' }), 'notify[0].url: expected an https URL'],
    ['a token of GitHub written out', small({ rest: 'github: { token: hunter2, repositories: [acme/shop] }' }), 'github.token: a secret is never written here'],
    ['a GitHub in clear text', small({ rest: 'github: { api: http://github.example.com/api/v3, token: { env: T }, repositories: [acme/shop] }' }), 'github.api: expected an https URL'],
    ['a GitHub of no repositories', small({ rest: 'github: { token: { env: T }, repositories: [] }' }), 'github.repositories: names nothing'],
    ['a GitHub of something that is no repository', small({ rest: 'github: { token: { env: T }, repositories: [acme/..] }' }), 'expected a repository, owner/name'],
    ['a GitHub with an unknown key', small({ rest: 'github: { token: { env: T }, repositories: [acme/shop], brunch: main }' }), 'brunch: unknown key "brunch"; expected api, token, repositories, branch'],
    ['a webhook with its secret written out', small({ rest: 'notify: [{ name: ops, kind: webhook, url: https://hooks.example.com, secret: hunter2 }]' }), 'a secret is never written here'],
    ['a Slack address written out', small({ rest: 'notify: [{ name: ops, kind: slack, url: https://hooks.slack.com/hunter2 }]' }), 'a secret is never written here'],
    ['an event that is none', small({ rest: 'notify: [{ name: ops, kind: slack, url: { env: X }, on: [approved] }]' }), 'notify[0].on[0]: expected one of opened'],
    ['a link that names no approval', small({ rest: 'notify: [{ name: ops, kind: slack, url: { env: X }, link: "https://go.example.com" }]' }), 'with {id} in it'],
    ['two targets of a name', small({ rest: 'notify: [{ name: a, kind: slack, url: { env: X } }, { name: a, kind: slack, url: { env: X } }]' }), 'notify[1].name: there is a target of this name already'],
    ['a seal written out', small({ rest: 'approvals: { seal: hunter2 }' }), 'approvals.seal: a secret is never written here'],
    ['reviewers as a name', small({ rest: 'reviewers: security' }), 'reviewers: expected everyone, an entry'],
  ])('refuses %s', (_, text, expected) => {
    const found = problemsOf(text).join('\n')
    expect(found).toContain(expected)
    expect(found).not.toContain('hunter2')
  })

  test('notify resolves its secrets, and a Slack address must be https', () => {
    const notify = `notify:
  - { name: ops, kind: webhook, url: https://hooks.example.com/x, secret: { env: HOOK }, on: [opened, closed], connections: "shop-*" }
  - { name: chat, kind: slack, url: { env: SLACK } }
approvals: { seal: { env: SEAL } }`
    const read = loadConfig(config(small({ rest: notify })), { HOOK: 'h', SLACK: 'https://hooks.slack.com/x', SEAL: 's'.repeat(40) })
    expect(read.notify).toMatchObject([{ name: 'ops', on: ['opened', 'closed'], link: 'gatehouse://approvals/{id}' }, { name: 'chat', kind: 'slack', on: ['opened', 'broke-glass'], connections: null }])
    expect([read.notify[0]!.connections?.('shop-eu'), read.notify[0]!.connections?.('hr'), read.approvalsSeal?.reveal().length]).toEqual([true, false, 40])
    expect(() => loadConfig(config(small({ rest: notify })), { HOOK: 'h', SLACK: 'http://hooks.slack.com/x', SEAL: 's'.repeat(40) })).toThrow(/notify chat is not an https URL/)
  })

  test('tells all problems at once, in one error', () => {
    const file = config(small({ listen: '{ api: 0.0.0.0:0 }', connections: `${connection('')}, ${connection('')}` }))
    expect(() => loadConfig(file)).toThrow(expect.objectContaining({ code: 'config_invalid', message: expect.stringMatching(/:1:16: .*\n.*:3:\d+: /) as string }) as Error)
  })

  test('loopback needs no tls; http and jwks files are fine where nothing is fetched from afar', () => {
    expect(problemsOf(small({ listen: '{ api: "localhost:0", postgres: "[::1]:0" }' }))).toEqual([])
    expect(problemsOf(small({ identity: '{ name: a, issuer: "http://127.0.0.1:4000", audience: x, kind: human }' }))).toEqual([])
    expect(problemsOf(small({ identity: '{ name: a, issuer: any-text, audience: x, kind: ci, jwks: j.json }' }))).toEqual([])
    expect(problemsOf(small({ connections: connection('tls: disable') }))).toEqual([])
  })

  test('what works and is worth a word comes as a warning', () => {
    const read = readConfig(config(small({ listen: '{ api: 127.0.0.1:0, ssh: 127.0.0.1:0 }', connections: '{ name: a, kind: postgres, host: db, database: d, user: u, tls: require }' })))
    expect(read.ok && read.warnings.map(({ path }) => path)).toEqual(['connections[0].tls', 'listen.ssh'])
  })

  test('a secret that is not there is named by its reference', () => {
    const file = config(small({ connections: connection('password: { env: SHOP_PASSWORD }') }))
    expect(() => loadConfig(file, {})).toThrow(expect.objectContaining({ code: 'secret_unavailable', message: 'environment variable SHOP_PASSWORD is not set; set it where the gateway starts' }) as Error)
    expect(readConfig(file).ok).toBe(true)
  })

  test('a key that everyone may read is refused', () => {
    const file = config(small({ rest: 'tls: { cert: cert.pem, key: key.pem }' }))
    writeFileSync(join(folder, 'cert.pem'), 'CERT')
    writeFileSync(join(folder, 'key.pem'), 'KEY')
    chmodSync(join(folder, 'key.pem'), 0o644)
    expect(() => loadConfig(file)).toThrow(/key\.pem is open to every user/)
  })

  test('a file that is not there', () => {
    expect(() => readConfig(join(folder, 'gone.yaml'))).toThrow(GatehouseError)
    expect(() => readConfig(join(folder, 'gone.yaml'))).toThrow(/gone\.yaml cannot be read: ENOENT/)
  })
})

test.each([['127.0.0.1', true], ['127.1.2.3', true], ['::1', true], ['localhost', true], ['0.0.0.0', false], ['::', false], ['127.0.0.1.evil.com', false], ['localhost.evil.com', false], ['10.0.0.1', false], ['', false]])(
  'loopback: %s is %s', (host, is) => expect(isLoopback(host)).toBe(is),
)

test.each([['127.0.0.1:0', { host: '127.0.0.1', port: 0 }], ['[::1]:80', { host: '::1', port: 80 }], ['::1:80', null], ['[nope]:80', null], ['host', null], [':80', null], ['host:99999', null], ['a b:80', null]])(
  'address %s', (written, parsed) => expect(parseListenAddress(written)).toEqual(parsed),
)

test('GitHub resolves with its own address and main where nothing else is said', () => {
  const file = config(small({ rest: 'github: { token: { env: GITHUB_TOKEN }, repositories: acme/shop }' }))
  const { github } = loadConfig(file, { GITHUB_TOKEN: 'ghp_hunter2' })
  expect(github).toMatchObject({ api: 'https://api.github.com', repositories: ['acme/shop'], branch: 'main' })
  expect(github?.token.reveal()).toBe('ghp_hunter2')
  expect(JSON.stringify(github)).not.toContain('hunter2')
  expect(loadConfig(config(small({ rest: 'github: { api: https://github.example.com/api/v3/, token: { env: GITHUB_TOKEN }, repositories: [acme/shop], branch: release }' })), { GITHUB_TOKEN: 'x' }).github)
    .toMatchObject({ api: 'https://github.example.com/api/v3', branch: 'release' })
  expect(loadConfig(config(small({})), {}).github).toBeNull()
})
