import { describe, expect, test } from 'vitest'
import { probesOfUnknownArray, probeWindowMs } from '../limits.ts'
import { countProbes, createProbeBudget } from './probe-budget.ts'

function budgetOf(perHourMax: number) {
  const clock = { now: 1_000 }
  return { clock, budget: createProbeBudget(() => clock.now, perHourMax) }
}

describe('the budget', () => {
  test('is used up, refuses by name, and is whole again after its window', () => {
    const { clock, budget } = budgetOf(10)
    expect([budget.take('ana', 'shop', 6), budget.take('ana', 'shop', 4)]).toEqual([null, null])
    clock.now += 10 * 60_000
    expect(budget.take('ana', 'shop', 1)).toEqual({
      kind: 'limit', message: 'this command compares masked columns with 1 values; 0 of the 10 an hour (probesPerHourMax) are left to you on this connection',
      hint: 'In 50 min there are 10 again. For more ask for an exception from the mask.',
    })
    clock.now += probeWindowMs - 10 * 60_000 - 1
    expect(budget.take('ana', 'shop', 1)).not.toBeNull()
    clock.now += 1
    expect(budget.take('ana', 'shop', 10)).toBeNull()
  })

  test('takes nothing for what it refuses, and says when a command can never pass', () => {
    const { budget } = budgetOf(10)
    expect(budget.take('ana', 'shop', 11)?.hint).toContain('fewer values')
    expect(budget.take('ana', 'shop', 8)).toBeNull()
    expect(budget.take('ana', 'shop', 3)).toMatchObject({ kind: 'limit', message: expect.stringContaining('2 of the 10') })
    expect(budget.take('ana', 'shop', 2)).toBeNull()
  })

  test('is one for each principal on each connection', () => {
    const { budget } = budgetOf(1)
    expect([budget.take('ana', 'shop', 1), budget.take('eli', 'shop', 1), budget.take('ana', 'crm', 1)]).toEqual([null, null, null])
    expect(budget.take('ana', 'shop', 1)).not.toBeNull()
    // Names that would be one if they were glued together.
    expect([budget.take('a', 'b"c', 1), budget.take('a","b', 'c', 1)]).toEqual([null, null])
  })

  test('asking nothing takes nothing', () => {
    const { budget } = budgetOf(0)
    expect(budget.take('ana', 'shop', 0)).toBeNull()
  })
})

/** As parameters of binary formats are recorded. */
const binary = (...words: readonly number[]): string => `\\x${words.map((word) => word.toString(16).padStart(8, '0')).join('')}`

describe('an execution counts', () => {
  test.each<[string, readonly (string | Buffer | null)[], number]>([
    ['its constants, where there are no arrays', [], 2],
    ['the elements of an array', ['{a,b,c}'], 5],
    ['commas inside quotes too', ['{"a,b"}'], 4],
    ['an empty array as one', ['{}'], 3],
    ['NULL as one', [null], 3],
    ['an array that is not seen as more than there are', [undefined as never], Infinity],
    ['the elements of a binary array', [binary(1, 0, 25, 7, 1)], 9],
    ['of one that comes as bytes', [Buffer.from(binary(1, 0, 25, 7, 1).slice(2), 'hex')], 9],
    ['those of all dimensions', [binary(2, 0, 25, 3, 1, 4, 1)], 14],
    ['an empty binary array as one', [binary(0, 0, 25)], 3],
    ['what is no array as many', ['\\x00'], 2 + probesOfUnknownArray],
    ['one that is cut in the record as the most it can hold', ['{a,b… (10000 bytes)'], 5_002],
  ])('%s', (_, parameters, expected) => {
    expect(countProbes({ constants: 2, arrays: parameters.length === 0 ? [] : [1] }, parameters)).toBe(expected)
  })
})
