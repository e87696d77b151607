import { chmodSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSeal, ownSeal, sealOf } from './seal.ts'
import { held } from './testing/people.ts'

const exact = { text: 'delete from orders where note = $1 -- \u202e', parameters: ['a\0b', null], risk: held().risk }
const seal = createSeal('k'.repeat(64))

test('what is sealed opens for the same approval, under the same key', () => {
  const box = seal.close('ap_1', exact)
  expect(box).not.toContain('orders')
  expect(seal.open('ap_1', box)).toEqual({ ok: true, exact })
  expect(createSeal('k'.repeat(64)).open('ap_1', box)).toEqual({ ok: true, exact })
})

test('and for no other, nor under another key, nor changed in any byte', () => {
  const box = seal.close('ap_1', exact)
  expect(seal.open('ap_2', box)).toMatchObject({ ok: false })
  expect(createSeal('x'.repeat(64)).open('ap_1', box)).toMatchObject({ ok: false, why: expect.stringContaining('does not have') as string })
  const parts = box.split('.')
  for (const at of [2, 3]) {
    const bytes = Buffer.from(parts[at]!, 'base64')
    for (const index of [0, 5, bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed[index]! ^= 1
      expect(seal.open('ap_1', parts.with(at, changed.toString('base64')).join('.'))).toMatchObject({ ok: false })
    }
  }
  for (const broken of ['', '1', '1..', '2.x.y.z', parts.slice(0, 3).join('.')]) expect(seal.open('ap_1', broken)).toMatchObject({ ok: false })
})

test('the same twice is never the same box', () => {
  expect(seal.close('ap_1', exact)).not.toBe(seal.close('ap_1', exact))
})

test('the gateway’s own key is made once, for the owner only, and refused when others can read it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-seal-'))
  const path = join(folder, 'keys', 'approvals-seal')
  const box = ownSeal(folder).close('ap_1', exact)
  expect([statSync(path).mode & 0o777, statSync(join(folder, 'keys')).mode & 0o777]).toEqual([0o600, 0o700])
  const kept = readFileSync(path, 'utf8')
  expect(ownSeal(folder).open('ap_1', box)).toMatchObject({ ok: true })
  expect(readFileSync(path, 'utf8')).toBe(kept)
  chmodSync(path, 0o644)
  expect(() => ownSeal(folder)).toThrow(expect.objectContaining({ code: 'not_permitted' }) as Error)
})

test('a secret that is too short to be one is refused', () => {
  expect(() => sealOf('hunter2')).toThrow(expect.objectContaining({ code: 'config_invalid' }) as Error)
})
