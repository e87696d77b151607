// The table of kubectl's cases as tests: each version on a ground of its own, what it heard and what is recorded searched in the end.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Kubectl } from '../../../testing/kubectl.ts'
import { runCase, type Case } from './kubectl-case.ts'
import { approvalCases } from './kubectl-approval-cases.ts'
import { startGround, type Ground, type Way } from './kubectl-ground.ts'
import { objectCases } from './kubectl-object-cases.ts'
import { streamCases } from './kubectl-stream-cases.ts'
import type { KubectlWorld } from './kubectl-world.ts'

export const allCases: readonly Case[] = [...objectCases, ...streamCases, ...approvalCases]
export const shortCases: readonly Case[] = allCases.filter(({ isShort }) => isShort === true)

export function describeKubectl(kubectl: Kubectl, way: Way, { world, cases }: { readonly world: () => KubectlWorld; readonly cases: readonly Case[] }): void {
  // Versions beside each other, for much of it is waiting; the cases of one in their order.
  describe.concurrent(`kubectl ${kubectl.version} through ${way.name}`, () => {
    let ground: Ground
    const done: Case[] = []
    beforeAll(async () => { ground = await startGround(world(), way, kubectl) })
    afterAll(() => ground?.dispose())

    test.for(cases)('$name', { retry: 0, timeout: 90_000, concurrent: false }, async (one) => {
      await runCase(one, ground)
      done.push(one)
    })

    test('nothing that is masked was heard or recorded, and the record holds what was done', { concurrent: false }, async () => {
      const { secret, config, key } = ground.sentinels
      const heard = ground.heard()
      for (const value of [secret, config, key]) for (const spelling of spellings(value)) expect(heard).not.toContain(spelling)
      const record = await world().record()
      for (const value of [secret, config, key]) for (const spelling of spellings(value)) expect(around(record, spelling)).toBe(null)
      for (const one of done) for (const part of one.recorded?.(ground) ?? []) expect(record.includes(part), `${one.name}: ${part} stands in the record`).toBe(true)
    })
  })
}

const spellings = (value: string): readonly string[] => [value, Buffer.from(value).toString('base64').replace(/=+$/, ''), Buffer.from(value).toString('hex')]

/** Null: it is nowhere. */
function around(text: string, part: string): string | null {
  const at = text.indexOf(part)
  return at === -1 ? null : text.slice(Math.max(0, at - 200), at + part.length + 50)
}
