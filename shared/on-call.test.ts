import { expect, test } from 'vitest'
import { isWithinHours, mayNotify } from './on-call.ts'

// 20 November 2026 is a Friday (5). Months of Date begin at 0.
const friday = (hour: number, minute = 0) => new Date(2026, 10, 20, hour, minute)
const saturday = (hour: number) => new Date(2026, 10, 21, hour)

test('by day: from its first minute to before its last', () => {
  const hours = { days: [1, 2, 3, 4, 5], from: '09:00', to: '17:30' }
  expect([friday(8, 59), friday(9), friday(17, 29), friday(17, 30), saturday(12)].map((now) => isWithinHours(hours, now))).toEqual([false, true, true, false, false])
})

test('over midnight: the span belongs to the day it begins on', () => {
  const hours = { days: [5], from: '22:00', to: '06:00' }
  expect([friday(5), friday(21), friday(23), saturday(5), saturday(6), saturday(23)].map((now) => isWithinHours(hours, now))).toEqual([false, false, true, true, false, false])
})

test('equal times are a whole day', () => expect(isWithinHours({ days: [5], from: '08:00', to: '08:00' }, friday(9))).toBe(true))

test('switched off is off at any hour', () => {
  expect(mayNotify({ isOn: false, hasSound: true, hours: null }, friday(12))).toBe(false)
  expect(mayNotify({ isOn: true, hasSound: true, hours: null }, friday(3))).toBe(true)
  expect(mayNotify({ isOn: true, hasSound: true, hours: { days: [], from: '00:00', to: '00:00' } }, friday(3))).toBe(false)
})
