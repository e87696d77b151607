import { expect, test } from 'vitest'
import { createRoom } from './room.ts'

test('a principal has a share, all of them together the room, and what is given back can be taken again', () => {
  const room = createRoom(100, 60)
  expect(room.take('eli', 60)).toBe(true)
  expect(room.take('eli', 1)).toBe(false)
  expect(room.take('pia', 41)).toBe(false)
  expect(room.take('pia', 40)).toBe(true)
  room.give('eli', 20)
  expect(room.take('otto', 21)).toBe(false)
  expect(room.take('otto', 20)).toBe(true)
  room.give('eli', 40)
  room.give('pia', 40)
  room.give('otto', 20)
  expect(room.take('eli', 60)).toBe(true)
})
