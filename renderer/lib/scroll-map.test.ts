import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { revealRow, scrollMap, scrolledTo, settled, trackMax, trackOf, type ScrollPlace } from './scroll-map.ts'

const rowHeight = 26
const small = scrollMap(1000, rowHeight, 500)
const million = scrollMap(1_000_000, rowHeight, 500)
const top: ScrollPlace = { track: 0, content: 0 }

test('few rows: the track is the content', () => {
  expect(small.track).toBe(small.content)
  expect(scrolledTo(small, top, 1234)).toEqual({ track: 1234, content: 1234 })
  expect(settled(small, { track: 7, content: 7 })).toBeNull()
})

test('a million rows never ask for an element taller than browsers allow', () => {
  expect(million.track).toBeLessThanOrEqual(trackMax)
  expect(scrollMap(2_000_000_000, rowHeight, 500).track).toBeLessThanOrEqual(trackMax)
})

test('the ends of the track are the ends of the content', () => {
  const end = million.track - million.viewport
  expect(scrolledTo(million, { track: end - 40, content: 1000 }, end).content).toBe(million.content - million.viewport)
  expect(scrolledTo(million, { track: 40, content: 1000 }, 0).content).toBe(0)
})

test('a turn of the wheel moves by its own pixels, not by the ratio', () => {
  const from = { track: 5_000_000, content: trackOf({ ...million, content: million.track, track: million.content }, 5_000_000) }
  for (const turn of [100, -120, 900, -3000]) expect(scrolledTo(million, from, from.track + turn).content).toBe(from.content + turn)
})

test('a drag of the bar goes in proportion', () => {
  const half = Math.round((million.track - million.viewport) / 2)
  expect(scrolledTo(million, top, half).content).toBeCloseTo((million.content - million.viewport) / 2, -3)
})

test('at rest the bar is put back to where the content is, and the content does not move', () => {
  let place: ScrollPlace = { track: trackOf(million, 10_000_000), content: 10_000_000 }
  for (let turn = 0; turn < 200; turn++) place = scrolledTo(million, place, place.track + 900)
  const right = settled(million, place)
  expect(right).toEqual({ track: trackOf(million, place.content), content: place.content })
  expect(scrolledTo(million, right!, right!.track)).toEqual(right)
})

test('every place has a track within range, and going there by the bar comes near it', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 50_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (rows, share) => {
    const map = scrollMap(rows, rowHeight, 500)
    const content = Math.floor(Math.max(0, map.content - map.viewport) * share)
    const track = trackOf(map, content)
    expect(track).toBeGreaterThanOrEqual(0)
    expect(track).toBeLessThanOrEqual(Math.max(0, map.track - map.viewport))
    const ratio = Math.max(1, map.content / map.track)
    const far = { track: track > 4000 ? 0 : map.track, content: 0 }
    expect(Math.abs(scrolledTo(map, far, track).content - content)).toBeLessThanOrEqual(Math.max(5000, ratio * 2))
  }))
})

test('the last row can be reached and seen whole', () => {
  const content = revealRow(million, 0, 999_999, rowHeight)
  expect(content).toBe(million.content - million.viewport)
})

test('a row in view stays where it is; one above comes to the top', () => {
  expect(revealRow(million, 5200, 201, rowHeight)).toBe(5200)
  expect(revealRow(million, 5200, 3, rowHeight)).toBe(78)
})
