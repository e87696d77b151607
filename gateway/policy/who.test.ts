import { describe, expect, test } from 'vitest'
import { nobody, whoSchema, type Who } from '../../shared/policy/who.ts'
import type { Principal } from '../../shared/principal.ts'
import { someone } from './testing/build.ts'
import { compileWho } from './who.ts'

const ci = someone({ kind: 'ci', id: 'github:repo', provider: 'github', email: null, claims: { repository: 'acme/shop', ref: 'refs/heads/main', environments: ['staging', 'prod'], run: 7, nested: { a: 1 } } })
const ann = someone({ groups: ['analysts', 'eu'] })

const matching: readonly (readonly [name: string, who: unknown, principal: Principal, matches: boolean])[] = [
  ['everyone', 'everyone', ann, true],
  ['everyone in a list', ['everyone'], ci, true],
  ['nothing is nobody', null, ann, false],
  ['an empty list is nobody', [], ann, false],
  ['an empty entry is nobody', {}, ann, false],
  ['an entry with only except is nobody', { except: { groups: ['x'] } }, ann, false],
  ['an empty list of groups is nobody', { groups: [] }, ann, false],
  ['a group', { groups: ['analysts'] }, ann, true],
  ['one group without brackets', { groups: 'analysts' }, ann, true],
  ['any of several groups', { groups: ['x', 'eu'] }, ann, true],
  ['groups are exact', { groups: ['Analysts', 'analyst', '*'] }, ann, false],
  ['all keys of an entry', { groups: ['analysts'], kind: 'ci' }, ann, false],
  ['any entry of a list', [{ kind: 'ci' }, { groups: ['eu'] }], ann, true],
  ['a user by id', { users: ['corp:ann'] }, ann, true],
  ['the same subject of another provider is another user', { users: ['other:ann'] }, ann, false],
  ['an email domain', { 'email-domain': 'Example.com' }, ann, true],
  ['a domain is not its subdomain', { 'email-domain': 'example.com' }, someone({ email: 'a@evil.example.com' }), false],
  ['a domain is not a suffix', { 'email-domain': 'example.com' }, someone({ email: 'a@notexample.com' }), false],
  ['the domain stands after the last @', { 'email-domain': 'example.com' }, someone({ email: '"a@example.com"@evil.com' }), false],
  ['no verified email, no domain', { 'email-domain': 'example.com' }, someone({ email: null }), false],
  ['a kind', { kind: ['agent', 'human'] }, ann, true],
  ['ci claims', { ci: { repository: 'acme/shop', ref: 'refs/heads/*' } }, ci, true],
  ['ci claims need kind ci', { ci: { repository: 'acme/shop' } }, { ...ci, kind: 'human' }, false],
  ['every claim is required', { ci: { repository: 'acme/shop', ref: 'refs/tags/*' } }, ci, false],
  ['claims of any kind', { claims: { repository: 'acme/*' } }, { ...ci, kind: 'human' }, true],
  ['a star stays inside a segment', { claims: { ref: 'refs/*' } }, ci, false],
  ['a missing claim', { claims: { actor: '*' } }, ci, false],
  ['an inherited name is no claim', { claims: { toString: '*', constructor: '*' } }, ci, false],
  ['a claim that is a list matches by any', { claims: { environments: 'prod' } }, ci, true],
  ['a claim that is a number', { claims: { run: 7 } }, ci, true],
  ['a claim that is an object matches nothing', { claims: { nested: '*' } }, ci, false],
  ['a claim with any of several values', { claims: { repository: ['acme/api', 'acme/shop'] } }, ci, true],
  ['except', { groups: ['analysts'], except: { groups: ['eu'] } }, ann, false],
  ['except of another', { groups: ['analysts'], except: { groups: ['us'] } }, ann, true],
  ['everyone except', { everyone: true, except: { kind: 'ci' } }, ci, false],
  ['everyone except nobody', { everyone: true, except: [] }, ci, true],
]

const parse = (who: unknown): Who => whoSchema.parse(who)

describe('who', () => {
  test.each(matching)('%s', (_, who, principal, matches) => expect(compileWho(parse(who))(principal)).toBe(matches))

  test('nobody is nobody', () => expect(compileWho(nobody)(ann)).toBe(false))

  test.each([
    ['an email is no user', { users: ['ann@example.com'] }],
    ['an empty map of claims would be everyone', { claims: {} }],
    ['an empty map of ci claims would be every CI', { ci: {} }],
    ['everyone: false', { everyone: false }],
    ['an unknown key', { group: ['a'] }],
    ['another word', 'anyone'],
    ['an unknown kind', { kind: 'robot' }],
    ['a domain with an @', { 'email-domain': '@example.com' }],
    ['an empty group', { groups: [''] }],
    ['an empty except key', { everyone: true, except: { claims: {} } }],
  ])('refuses %s', (_, who) => expect(whoSchema.safeParse(who).success).toBe(false))
})
