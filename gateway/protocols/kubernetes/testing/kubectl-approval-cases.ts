// Cases that humans decide: approved, denied, expired, left, asked twice; and a mass delete.
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { until, type Case } from './kubectl-case.ts'
import type { Ground } from './kubectl-ground.ts'

const deletes = (ground: Ground, name: string) => ground.reached()?.filter(({ method, target }) => method === 'DELETE' && target.includes(`/${name}`)).length ?? null
const deleting = (ground: Ground, name: string) => ground.start(`delete configmap ${name}`)
const openedFor = (ground: Ground, name: string) => ground.world.opened(`DELETE /api/v1/namespaces/${ground.namespace}/configmaps/${name}`)

export const approvalCases: readonly Case[] = [
  {
    name: 'approved: kubectl waits, and goes on', isShort: true, recorded: ({ namespace }) => [`DELETE /api/v1/namespaces/${namespace}/configmaps/doomed`], reached: [/^DELETE \S+\/doomed/],
    steps: [async (ground) => {
      const running = await deleting(ground, 'doomed')
      const { id } = await openedFor(ground, 'doomed')
      expect([deletes(ground, 'doomed') ?? 0, running.stdout]).toEqual([0, ''])
      await ground.world.decide(id, 'approve')
      expect(await running.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^configmap "doomed" deleted/) as string })
      expect(deletes(ground, 'doomed') ?? 1).toBe(1)
    }],
  },
  {
    name: 'denied by a human, with the reason', isShort: true, notReached: [/^DELETE/], recorded: () => ['not before the sale'],
    steps: [async (ground) => {
      const running = await deleting(ground, 'spared')
      await ground.world.decide((await openedFor(ground, 'spared')).id, 'deny', 'not before the sale')
      expect(await running.ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^Error from server \(Forbidden\): .*denied.*not before the sale/) as string })
    }],
  },
  {
    name: 'expired: nobody decided in time', isShort: true, notReached: [/^DELETE/],
    steps: [{ line: 'delete configmap brief', code: 1, err: /^Error from server \(Forbidden\): .*expired/ }],
  },
  {
    name: 'left while it waits: withdrawn', notReached: [/^DELETE/],
    steps: [async (ground) => {
      const running = await deleting(ground, 'left')
      const { id } = await openedFor(ground, 'left')
      running.child.kill('SIGINT')
      expect((await running.ended).code).not.toBe(0)
      await until(() => ground.world.stateOf(id), (value) => expect(value).toBe('withdrawn'))
    }],
  },
  {
    name: 'the same asked twice is one approval, and one run', reached: [/^DELETE \S+\/twice/],
    steps: [async (ground) => {
      const both = [await deleting(ground, 'twice'), await deleting(ground, 'twice')]
      const { id } = await openedFor(ground, 'twice')
      await until(async () => ((await ground.world.call('GET', `/v1/approvals/${id}`)).json['held'] as { isLive: boolean }[]).filter((one) => one.isLive).length, (value) => expect(value).toBe(2))
      await ground.world.decide(id, 'approve')
      // The other one finds nothing to delete, or an approval that is used up: never a second run.
      const outcomes = (await Promise.all(both.map((one) => one.ended))).toSorted((a, b) => a.code - b.code)
      expect(outcomes.map(({ code }) => code), JSON.stringify(outcomes)).toEqual([0, 1])
      expect(deletes(ground, 'twice') ?? 1).toBe(1)
    }],
  },
  {
    name: 'a held apply: its approver sees the diff', reached: [/^PATCH \S+\/held-one\?(?!.*dryRun)/],
    steps: [async (ground) => {
      const running = await ground.start(`patch cm held-one -p '{"data":{"colour":"red"}}'`)
      const { id } = await ground.world.opened('PATCH', `${ground.namespace}/configmaps/held-one`)
      const { exact } = (await ground.world.call('GET', `/v1/approvals/${id}`)).json as { exact: { diff: string } }
      expect(exact.diff).toMatch(/-  colour: blue\n\+  colour: red/)
      await ground.world.decide(id, 'approve')
      expect(await running.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('patched') as string })
    }],
  },
  {
    name: 'delete --all: from the third on it waits', recorded: () => ['mass-delete'],
    steps: [async (ground) => {
      const running = await ground.start(`delete configmap --all -n ${ground.many}`, { who: 'cleo' })
      const first = await ground.world.opened('DELETE', `${ground.many}/configmaps/`)
      expect((await ground.admin(`get cm -n ${ground.many} -l '!nothing' -o name`)).match(/configmap\/[a-d]$/gm)?.length).toBeGreaterThan(1)
      await ground.world.decide(first.id, 'approve')
      const over = running.ended.then(() => true)
      while (!await Promise.race([over, denyOpen(ground)])) await pause(100)
      const { code, stdout, stderr } = await running.ended
      expect([code, stdout.match(/deleted/g)?.length], stderr).toEqual([1, 3])
      expect(stderr).toContain('enough')
    }],
  },
]

async function denyOpen({ world, many }: Ground): Promise<false> {
  for (const { id, subject } of await world.open()) if (subject.kind === 'command' && subject.recorded.includes(many)) await world.decide(id, 'deny', 'enough')
  return false
}
