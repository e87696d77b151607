import { expect, test } from 'vitest'
import { moveCell } from './grid-keys.ts'

const size = { rows: 1_000_000, columns: 8, page: 20 }
const middle = { row: 500, column: 3 }

test.each([
  ['ArrowUp', false, { row: 499, column: 3 }], ['ArrowDown', false, { row: 501, column: 3 }], ['ArrowLeft', false, { row: 500, column: 2 }], ['ArrowRight', false, { row: 500, column: 4 }],
  ['ArrowUp', true, { row: 0, column: 3 }], ['ArrowDown', true, { row: 999_999, column: 3 }], ['Home', false, { row: 500, column: 0 }], ['End', true, { row: 999_999, column: 7 }],
  ['PageUp', false, { row: 480, column: 3 }], ['PageDown', false, { row: 520, column: 3 }],
] as const)('%s (mod: %s)', (key, isMod, to) => expect(moveCell(middle, key, isMod, size)).toEqual(to))

test('stays inside, also in an empty result', () => {
  expect(moveCell({ row: 0, column: 0 }, 'ArrowUp', false, size)).toEqual({ row: 0, column: 0 })
  expect(moveCell({ row: 999_999, column: 7 }, 'PageDown', false, size)).toEqual({ row: 999_999, column: 7 })
  expect(moveCell({ row: 0, column: 0 }, 'End', true, { rows: 0, columns: 1, page: 5 })).toEqual({ row: 0, column: 0 })
})

test('other keys are not its own', () => expect(moveCell(middle, 'a', false, size)).toBeNull())
