import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { connectionOf, nameOf, paths, segment } from './routes.ts'

test('any name comes back as it was, through a router that decodes percents', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => {
    expect(segment(name)).not.toMatch(/[%/#?]/)
    expect(nameOf(decodeURI(segment(name)))).toBe(name)
  }))
})

test('paths name their connection', () => {
  for (const name of ['shop', 'a/b 100%', '~x~', 'é']) {
    expect(connectionOf(paths.sql(name))).toBe(name)
    expect(connectionOf(paths.sessionsOf(name))).toBe(name)
  }
  expect(connectionOf(paths.session('se_1'))).toBeNull()
  expect(connectionOf('/connections')).toBeNull()
})

test('a segment that is no encoding is taken as it is', () => expect(nameOf('~zz')).toBe('~zz'))
