// One case of real kubectl, and what must hold of it: what it says, how it ends, what reached the cluster, what is recorded.
import { expect, vi } from 'vitest'
import type { KubectlOutcome } from '../../../testing/kubectl.ts'
import type { Ground, Who } from './kubectl-ground.ts'

export interface Step {
  readonly line: string
  readonly who?: Who
  /** The first minor version that has it; older ones leave it out. */
  readonly since?: number
  readonly input?: string
  /** Written into the home first. */
  readonly files?: Readonly<Record<string, string>>
  /** A sed program for the file of `kubectl edit`; once, for kubectl opens it again when it was refused. */
  readonly editor?: string
  /** 0; `some`: any failure */
  readonly code?: number | 'some'
  readonly out?: RegExp
  readonly notOut?: RegExp
  /** Left out: it says nothing there. */
  readonly err?: RegExp
}

export interface Case {
  readonly name: string
  readonly steps: readonly (Step | ((ground: Ground) => Promise<void>))[]
  /** Lines such as `PATCH /api/v1/…` that reached the cluster meanwhile, and that did not. */
  readonly reached?: readonly RegExp[]
  readonly notReached?: readonly RegExp[]
  /** In the record, when all is done. */
  readonly recorded?: (ground: Ground) => readonly string[]
  /** With every version. */
  readonly isShort?: true
}

export async function runCase({ steps, reached = [], notReached = [] }: Case, ground: Ground): Promise<void> {
  ground.forget()
  for (const step of steps) {
    if (typeof step === 'function') await step(ground)
    else if ((step.since ?? 0) <= ground.kubectl.minor) await runStep(step, ground)
  }
  const lines = ground.reached()?.map(({ method, target }) => `${method} ${target}`)
  if (lines === undefined) return
  for (const pattern of reached) expect(lines.filter((line) => pattern.test(line)), `reached the cluster: ${pattern}\n${lines.join('\n')}`).not.toEqual([])
  for (const pattern of notReached) expect(lines.filter((line) => pattern.test(line)), `must not reach the cluster: ${pattern}`).toEqual([])
}

async function runStep(step: Step, ground: Ground): Promise<void> {
  const { line, who = 'eli', input, files = {}, editor } = step
  for (const [name, text] of Object.entries(files)) await ground.write(name, text.replaceAll('{ns}', ground.namespace), who)
  if (editor !== undefined) await ground.write('editor.sh', `[ -e "$1.once" ] && exit 0\n: > "$1.once"\nsed -i -f '${await ground.folder(who)}/editor.sed' "$1"\n`, who)
  if (editor !== undefined) await ground.write('editor.sed', `${editor}\n`, who)
  const env = editor === undefined ? {} : { KUBE_EDITOR: `sh ${await ground.folder(who)}/editor.sh` }
  const outcome = await ground.run(line.replaceAll('{ns}', ground.namespace), { who, env, ...(input !== undefined && { input }) })
  holds(outcome, step)
}

/** `err` left out: nothing but warnings that are kubectl's own. */
export function holds(outcome: KubectlOutcome, { line, code = 0, out, notOut, err }: Step): void {
  const told = `kubectl ${line}\n${outcome.stdout}\n${outcome.stderr}`
  if (code === 'some') expect(outcome.code, told).toBeGreaterThan(0)
  else expect(outcome.code, told).toBe(code)
  if (out !== undefined) expect(outcome.stdout, told).toMatch(out)
  if (notOut !== undefined) expect(outcome.stdout, told).not.toMatch(notOut)
  if (err !== undefined) expect(outcome.stderr, told).toMatch(err)
  else expect(outcome.stderr, told).toBe('')
}

/** Until what it gives is as it must be. (expect.poll belongs to one test at a time, and versions run beside each other.) */
export function until(get: () => unknown, holds: (value: unknown) => void): Promise<void> {
  return vi.waitFor(async () => holds(await get()), { timeout: 20_000, interval: 50 })
}
