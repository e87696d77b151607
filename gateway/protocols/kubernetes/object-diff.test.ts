// What approvers see of a change, and that a large one holds up nobody else's loop.
import { expect, test } from 'vitest'
import { objectDiff } from './object-diff.ts'

const config = (data: object) => ({ kind: 'ConfigMap', metadata: { name: 'a', uid: 'u', resourceVersion: '1', managedFields: [{}] }, data, status: { x: 1 } })

test('shows what changes and three lines around it, and nothing that the server writes by itself', async () => {
  const data = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${String(at).padStart(2, '0')}`, at]))
  const diff = await objectDiff('configmaps/a', { before: config(data), after: config({ ...data, k10: 99 }) })
  expect(diff.split('\n')).toEqual([
    '--- configmaps/a (live)', '+++ configmaps/a (after)', '@@ -9,7 +9,7 @@', '   k07: 7', '   k08: 8', '   k09: 9', '-  k10: 10', '+  k10: 99', '   k11: 11', '   k12: 12', '   k13: 13', '',
  ])
})

test('what is made has nothing before it, what is deleted nothing after', async () => {
  expect(await objectDiff('configmaps/a', { before: null, after: config({ a: 1 }) })).toContain('+  a: 1')
  expect(await objectDiff('configmaps/a', { before: config({ a: 1 }), after: null })).toContain('-  a: 1')
})

test('every line of a large object changed: the loop goes on, and all that goes and comes is shown', async () => {
  const side = (word: string) => config({ text: Array.from({ length: 6_000 }, (_, at) => `${word} ${at}`).join('\n') })
  let [last, longest] = [performance.now(), 0]
  const ticking = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  const diff = await objectDiff('configmaps/a', { before: side('old'), after: side('new') })
  clearInterval(ticking)
  expect(longest).toBeLessThan(300)
  expect(diff).toMatch(/^--- configmaps\/a \(live\)\n\+\+\+ configmaps\/a \(after\)\n@@ /)
  expect(diff).toContain('-    old 0\n')
  expect(diff).toContain('more characters (kubernetesDiffCharactersMax)')
})
