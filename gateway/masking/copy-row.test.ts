import { expect, test } from 'vitest'
import { scanCopyRow } from './copy-row.ts'
import { createScanner } from './scanner.ts'

const scanner = createScanner(['email', 'private-key', 'credit-card'])
const cutOff = ['-----BEGIN ', 'PRIVATE KEY-----\\nMIIE'].join('')

test.each([
  ['1\tann@example.com\tx\n', '1\t[masked:email]\tx\n'],
  ['ann@example.com\tbob@example.com\n', '[masked:email]\t[masked:email]\n'],
  [`1\t${cutOff}\t42\n`, '1\t[masked:private-key]\t42\n'],
  [`1,"${cutOff}\n`, '1,"[masked:private-key]\n'],
  ['4111\t1111\t1111\t1111\n', null],
  ['\t\t\n', null], ['\n', null], ['', null], ['1\t\\N\n', null],
  ['no newline ann@example.com', 'no newline [masked:email]'],
])('%j becomes %j', (row, expected) => {
  const bytes = Buffer.from(`before\t${row}after\t`)
  expect(scanCopyRow(scanner, bytes, 7, 7 + row.length)?.toString() ?? null).toBe(expected)
})
