import { beforeEach, expect, test } from 'vitest'
import { memoryStorage } from '../testing/memory-storage.ts'
import { scopeKey, tabs, useTabs } from './tabs.ts'

const ana = scopeKey({ gateway: 'https://g', principal: 'corp:ana', connection: 'shop' })
const bob = scopeKey({ gateway: 'https://g', principal: 'corp:bob', connection: 'shop' })
const set = (key = ana) => useTabs.getState().sets[key]!
/** As after a reload: what is in memory is gone, what is stored is not. */
const reload = () => useTabs.setState({ sets: {} })

beforeEach(() => {
  globalThis.localStorage = memoryStorage()
  reload()
})

test('a connection begins with one empty tab', () => {
  tabs.load(ana)
  expect(set().tabs).toMatchObject([{ title: 'Query 1', text: '' }])
})

test('texts, titles and the active tab survive a reload', () => {
  tabs.load(ana)
  tabs.write(ana, set().active, 'select 1')
  const second = tabs.add(ana, { text: 'select 2' })
  tabs.rename(ana, second, 'orders')
  const before = set()
  reload()
  tabs.load(ana)
  expect(set()).toEqual(before)
})

test('another person on this computer does not find them', () => {
  tabs.load(ana)
  tabs.write(ana, set().active, "select * from customers where email = 'x'")
  tabs.load(bob)
  expect(set(bob).tabs).toMatchObject([{ text: '' }])
})

test('closing shows the neighbour; closing the last leaves an empty one', () => {
  tabs.load(ana)
  const first = set().active
  const second = tabs.add(ana)
  tabs.close(ana, second)
  expect(set().active).toBe(first)
  tabs.write(ana, first, 'select 1')
  tabs.close(ana, first)
  expect(set().tabs).toMatchObject([{ title: 'Query 1', text: '' }])
})

test('new tabs take the first free number', () => {
  tabs.load(ana)
  tabs.add(ana)
  const [first] = set().tabs
  tabs.close(ana, first!.id)
  tabs.add(ana)
  expect(set().tabs.map(({ title }) => title)).toEqual(['Query 2', 'Query 1'])
})

test.each(['{', 'null', '{"tabs":[]}', '{"tabs":[{"id":1}]}', '[]'])('what is stored and damaged (%s) is not followed', (stored) => {
  localStorage.setItem(ana, stored)
  tabs.load(ana)
  expect(set().tabs).toHaveLength(1)
})
