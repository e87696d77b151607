import { expect, test } from 'vitest'
import type { GrantClass } from '../../shared/approval.ts'
import { loadPolicies } from '../policy/load.ts'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Principal } from '../../shared/principal.ts'
import { needForGrant } from './grant-need.ts'

const policy = `
policy: shop
connections: [shop]
rules:
  - { id: writes, who: { groups: [engineers] }, approve: { sql: [insert, update, delete], on: ["public.*"] }, by: { groups: [on-call] }, within: 20m }
  - { id: pay, who: { groups: [engineers] }, approve: { sql: ["*"], on: ["hr.pay*"] }, by: { groups: [hr], count: 2 }, within: 10m }
  - { id: reads, who: { groups: [engineers] }, allow: { sql: [select], on: ["public.*"] } }
`
const eve: Principal = { id: 'corp:eve', provider: 'corp', subject: 'eve', kind: 'human', email: null, groups: ['engineers'], claims: {} }
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-grant-'))
writeFileSync(join(folder, 'shop.yaml'), policy)
const load = await loadPolicies(folder)
if (!load.ok) throw new Error(JSON.stringify(load.problems))

test.each<[string, GrantClass, readonly string[] | null]>([
  ['writes', { kinds: ['delete'], on: ['public.orders'] }, ['on-call']],
  ['what no rule asks about', { kinds: ['select'], on: ['public.orders'] }, null],
  ['reads of a table that another rule holds', { kinds: ['select'], on: ['hr.payroll'] }, ['hr']],
  ['a glob that meets both', { kinds: ['delete'], on: ['*.*'] }, ['on-call', 'hr']],
  ['any table', { kinds: ['update'], on: null }, ['on-call', 'hr']],
  ['everything', { kinds: ['*'], on: null }, ['on-call', 'hr']],
  ['a derived kind of one that is held', { kinds: ['delete-without-where'], on: ['public.*'] }, ['on-call']],
  ['a table beside the glob', { kinds: ['delete'], on: ['hr.people'] }, null],
])('a grant of %s asks whom the rules ask', (_, wanted, groups) => {
  const need = needForGrant(load.snapshot, eve, { name: 'shop', kind: 'postgres', labels: {} }, wanted)
  expect(need === null ? null : [need, ...need.also].flatMap((part) => part.groups)).toEqual(groups)
  if (groups?.length === 2) expect(need!.withinMs).toBe(10 * 60_000)
})

test('who is not held asks nobody, and on another connection nothing is asked', () => {
  const wanted = { kinds: ['*'], on: null }
  expect(needForGrant(load.snapshot, { ...eve, groups: [] }, { name: 'shop', kind: 'postgres', labels: {} }, wanted)).toBeNull()
  expect(needForGrant(load.snapshot, eve, { name: 'hr', kind: 'postgres', labels: {} }, wanted)).toBeNull()
})

const cluster = `
policy: prod
connections: [prod]
rules:
  - { id: deletes, who: { groups: [engineers] }, approve: { kubernetes: [delete], resources: [pods, "deployments*"], namespaces: ["shop-*"] }, by: { groups: [on-call] } }
  - { id: many, who: { groups: [engineers] }, approve: { kubernetes: [mass-delete] }, by: { groups: [lead] } }
  - { id: makes, who: { groups: [engineers] }, approve: { kubernetes: [create], resources: [namespaces] }, by: { groups: [platform] } }
  - { id: tokens, who: { groups: [engineers] }, approve: { kubernetes: [mint-token] }, by: { groups: [security] } }
  - { id: sql, who: { groups: [engineers] }, approve: { sql: "*" }, by: { groups: [dba] } }
`
writeFileSync(join(folder, 'shop.yaml'), cluster)
const ofCluster = await loadPolicies(folder)
if (!ofCluster.ok) throw new Error(JSON.stringify(ofCluster.problems))

test.each<[string, Omit<GrantClass, 'protocol'>, readonly string[] | null]>([
  ['deletes', { kinds: ['delete'], on: ['shop-eu/pods'] }, ['on-call', 'lead']],
  ['deletes elsewhere', { kinds: ['delete'], on: ['hr/pods'] }, ['lead']],
  ['deletes of something else', { kinds: ['delete'], on: ['shop-eu/configmaps'] }, ['lead']],
  ['deletes of everything', { kinds: ['delete'], on: null }, ['on-call', 'lead']],
  ['deletes wherever', { kinds: ['delete'], on: ['*/deployments'] }, ['on-call', 'lead']],
  ['reads, which no rule asks about', { kinds: ['get', 'list'], on: null }, null],
  ['patches, among which an apply may create', { kinds: ['patch'], on: ['-/namespaces'] }, ['platform']],
  ['tokens, which are created', { kinds: ['mint-token'], on: ['shop/serviceaccounts/token'] }, ['lead', 'security']],
  ['everything', { kinds: ['*'], on: null }, ['on-call', 'lead', 'platform']],
])('a grant on a cluster of %s asks at least whom the rules ask', (_, wanted, groups) => {
  const need = needForGrant(ofCluster.snapshot, eve, { name: 'prod', kind: 'kubernetes', labels: {} }, { ...wanted, protocol: 'kubernetes' })
  expect(need === null ? null : [need, ...need.also].flatMap((part) => part.groups)).toEqual(groups)
})
