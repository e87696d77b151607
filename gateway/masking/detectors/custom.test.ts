import { describe, expect, test } from 'vitest'
import type { CustomDetector } from '../../../shared/policy/detector.ts'
import { createScanner } from '../scanner.ts'
import { ownDetector } from './custom.ts'
import { membersOf } from './detector.ts'

const own = (pattern: string): CustomDetector => ({ name: 'own', pattern, examples: [] })
const scan = (pattern: string, text: string | Buffer): string | null => {
  const bytes = Buffer.from(text)
  return createScanner([own(pattern)]).scan(bytes, 0, bytes.length)?.toString('utf8') ?? null
}

describe('a pattern of a policy', () => {
  test.each([
    ['EMP-[0-9]{6}', 'badge EMP-123456.', 'badge [masked:own].'],
    ['EMP-[0-9]{6}', 'badge EMP-12345', null],
    ['\\bEMP-[0-9]{6}\\b', 'xEMP-123456 EMP-1234567 EMP-123456', 'xEMP-123456 EMP-1234567 [masked:own]'],
    ['^id: .*$', 'id: 7\nid: 8', null],
    ['(?m)^id: .*$', 'no\nid: 7\nid: 8', 'no\n[masked:own]\n[masked:own]'],
    ['(?i)müller', 'Frau MÜLLER', 'Frau [masked:own]'],
    ['name: .{5};', 'name: Jürgé;', '[masked:own]'],
    ['[äöü]+', 'xäöüx', 'x[masked:own]x'],
    ['(?i)kunde', '\u212aunde', '[masked:own]'],
    ['x.', 'x密', '[masked:own]'],
    ['[0-9]{4}', '{"n": 12345.5, "s": "1234"}', '{"n": "[masked:own]", "s": "[masked:own]"}'],
    ['"secret":"[^"]*"', '{"secret":"a","n":1}', '"[masked]"'],
    ['tru', '{"a":true}', '"[masked]"'],
  ])('%s on %j', (pattern, text, expected) => {
    expect(scan(pattern, text)).toBe(expected)
  })

  test('never cuts a character in two, in whatever bytes', () => {
    for (const text of ['a€b', '€€€', 'é', 'aé']) {
      const masked = Buffer.from(scan('[^a]', text) ?? text)
      expect(masked.toString('utf8')).not.toContain('\ufffd')
    }
    expect(scan('a.', Buffer.from([0x61, 0xff, 0x62]))).toBe('[masked:own]b')
  })

  test('that does not compile is refused, should it get here', () => {
    expect(() => createScanner([own('(')])).toThrow(/the pattern of detector own is not a pattern RE2 can run/)
  })
})

describe('the trigger', () => {
  const pivotOf = (pattern: string): string => {
    const [trigger] = ownDetector(own(pattern)).triggers
    return trigger?.kind === 'bytes' ? String.fromCharCode(...membersOf(trigger.sets[trigger.pivot]!)) : ''
  }
  test.each([['[a-z]+@corp', '@'], ['EMP-[0-9]{6}', 'E'], ['(?:AAA|BBB)-[0-9]+', 'AB'], ['(?i)kunde', 'Uu'], ['[a-z]*[0-9]*#x', '#']])('of %s is a byte that every match holds: %s', (pattern, pivot) => {
    expect(pivotOf(pattern).startsWith(pivot.slice(0, 2))).toBe(true)
  })
})

test('findings so many, each with a look at all that follows, mask the rest of the value unread', () => {
  // `a` alone matches, but only when no b is behind it: 200 KB times 200,000 looks.
  const masked = scan('a(?:[^b]*b)?', 'a'.repeat(200_000))!
  expect(masked.startsWith('[masked:own][masked:own]')).toBe(true)
  expect(masked).not.toContain('a'.repeat(2))
  expect(masked.length).toBeLessThan(20_000)
})
