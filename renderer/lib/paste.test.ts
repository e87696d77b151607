import { expect, test } from 'vitest'
import { needsAsking, pasteOf } from './paste.ts'

test('one line without an end goes in at once; a line end is asked about', () => {
  expect(needsAsking(pasteOf('kubectl get pods'))).toBe(false)
  expect(needsAsking(pasteOf('a\tb'))).toBe(false)
  for (const text of ['kubectl get pods\n', 'a\nb', 'a\r\nb', 'a\rb']) expect(needsAsking(pasteOf(text))).toBe(true)
  expect(pasteOf('a\r\nb\r\n').lines).toBe(2)
})

test('what no keyboard types is taken out, so that a paste cannot end its own brackets and run', () => {
  const paste = pasteOf('echo safe\u001b[201~\u009b201~; rm -rf /\u0003\u0000')
  expect(paste.text).toBe('echo safe[201~201~; rm -rf /')
  expect(paste.removed).toBe(4)
  expect(needsAsking(paste)).toBe(true)
})
