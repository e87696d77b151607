import { expect, test } from 'vitest'
import { Names } from './names.ts'

test('inside the batch that defines it, a name has its newest meaning', () => {
  const names = new Names<string>(10)
  names.expect('a', 'old', 1)
  names.expect('a', 'new', 1)
  expect(names.find('a', 1)).toEqual({ kind: 'known', value: 'new' })
})

test('from a later batch nothing is certain until the server has answered', () => {
  const names = new Names<string>(10)
  const known = names.expect('a', 'dangerous', 1)
  names.settle(known, true)
  // The Parse of a harmless statement under the same name may be skipped by the server, after an error we have not seen yet.
  const harmless = names.expect('a', 'harmless', 2)
  expect(names.find('a', 3)).toEqual({ kind: 'open' })
  names.settle(harmless, false)
  expect(names.find('a', 3)).toEqual({ kind: 'known', value: 'dangerous' })
})

test('a failed definition leaves nothing, a dropped name is unknown', () => {
  const names = new Names<string>(10)
  names.settle(names.expect('a', 'x', 1), false)
  expect(names.find('a', 2)).toEqual({ kind: 'unknown' })
  names.settle(names.expect('b', 'y', 2), true)
  names.drop('*')
  expect(names.find('b', 3)).toEqual({ kind: 'unknown' })
})
