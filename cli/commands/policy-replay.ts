// `gatehouse policy replay`: what a draft of the policies would have decided otherwise, of everything that was recorded. Reads the
// recordings' files of this gateway; nothing is executed. The exit code is 1 when something changes, or nothing could be judged.
import { InvalidArgumentError, type Command } from 'commander'
import { join, resolve } from 'node:path'
import { parseDuration } from '../../shared/policy/duration.ts'
import { readConfig } from '../../gateway/config.ts'
import { Replay, type Change, type Replayed } from '../../gateway/pipeline/policy-replay.ts'
import { recordedCommands } from '../../gateway/pipeline/recorded-commands.ts'
import { loadPolicies } from '../../gateway/policy/load.ts'
import type { PolicySnapshot } from '../../gateway/policy/snapshot.ts'
import { factsOfRecorded } from '../../gateway/protocols/kubernetes/run-text.ts'
import { problemsError } from '../../gateway/yaml-file.ts'
import { print, printJson, visible } from '../output.ts'
import { openTrials } from '../policy-trials.ts'

interface ReplayOptions {
  readonly config: string
  readonly draft?: string
  readonly since?: number
  readonly connection?: string
  readonly live?: boolean
  readonly json?: boolean
}

interface Report {
  readonly judged: number
  readonly changes: readonly (Replayed & { readonly times: number })[]
  readonly unjudged: readonly { readonly why: string; readonly times: number }[]
  readonly notes: readonly string[]
}

export function registerReplay(command: Command): void {
  command.command('replay')
    .description('judge recorded commands anew: what a draft newly allows, denies, holds and masks; nothing is executed')
    .requiredOption('--config <file>', 'path of gateway.yaml; its policies are those in force')
    .option('--draft <folder>', 'policies to compare with those in force; left out: those in force with what was decided then')
    .option('--since <when>', 'only commands since then: a duration such as 7d, or a time such as 2026-01-31T00:00:00Z', parseSince)
    .option('--connection <name>', 'only of this connection')
    .option('--live', 'ask the connections what names mean now; else names are taken as written')
    .option('--json', 'print { judged, changes, unjudged, notes }')
    .action(async (options: ReplayOptions) => {
      const report = await replay(options)
      if (options.json === true) printJson(report)
      else print(text(report))
      if (report.changes.length > 0 || (report.judged === 0 && report.unjudged.length > 0)) process.exitCode = 1
    })
}

function parseSince(written: string): number {
  const ms = parseDuration(written)
  const at = ms === null ? (/(Z|[+-]\d\d:\d\d)$/.test(written) ? Date.parse(written) : Number.NaN) : Date.now() - ms
  if (Number.isNaN(at)) throw new InvalidArgumentError('expected a duration such as 7d, or a time with its zone such as 2026-01-31T00:00:00Z')
  return at
}

async function replay({ config, draft, since = 0, connection, live }: ReplayOptions): Promise<Report> {
  const read = readConfig(config)
  if (!read.ok) throw problemsError(read.problems)
  const current = await policiesOf(resolve(read.folder, read.written.policies))
  const drafted = draft === undefined ? null : await policiesOf(resolve(draft))
  const trials = openTrials({ config, isOffline: live !== true })
  const notes = new Set<string>()
  try {
    const judge = new Replay({
      current, draft: drafted, connections: trials.connections, analyze: trials.analyze, lineages: trials.lineages, requestOf: factsOfRecorded,
      catalogOf: async (one) => {
        const { catalog, note } = await trials.at(one)
        if (note !== null) notes.add(`connection ${one.name}: ${note}; names are taken as written, and views and functions are not seen through`)
        return catalog
      },
    })
    const counts = { judged: 0, changes: new Map<string, { readonly one: Replayed; times: number }>(), unjudged: new Map<string, number>() }
    for await (const command of recordedCommands(join(resolve(read.folder, read.written.data), 'recordings'))) {
      if (connection !== undefined && command.connection !== connection) continue
      // Judged all the same: an earlier SET search_path says how later names are read.
      const outcome = await judge.judge(command)
      if (command.at < since) continue
      if (outcome.kind === 'unjudged') {
        counts.unjudged.set(outcome.why, (counts.unjudged.get(outcome.why) ?? 0) + 1)
        continue
      }
      counts.judged++
      for (const one of outcome.kind === 'changed' ? outcome.changes : []) {
        const key = JSON.stringify([one.change, one.connection, one.principal, one.text, one.after.reason])
        counts.changes.set(key, { one, times: (counts.changes.get(key)?.times ?? 0) + 1 })
      }
    }
    return {
      judged: counts.judged, changes: [...counts.changes.values()].map(({ one, times }) => ({ ...one, times })),
      unjudged: [...counts.unjudged].map(([why, times]) => ({ why, times })), notes: [...notes],
    }
  } finally {
    await trials.dispose()
  }
}

async function policiesOf(folder: string): Promise<PolicySnapshot> {
  const load = await loadPolicies(folder)
  if (!load.ok) throw problemsError(load.problems)
  return load.snapshot
}

const order: readonly Change[] = ['newly allowed', 'newly denied', 'newly held', 'newly masked']

function text({ judged, changes, unjudged, notes }: Report): string {
  const sum = (list: readonly { readonly times: number }[]) => list.reduce((total, { times }) => total + times, 0)
  const lines = [
    ...notes.map((note) => `note: ${note}`),
    ...order.flatMap((change) => changes.filter((one) => one.change === change).flatMap((one) => [
      `${change} ×${one.times}: ${one.principal} on ${one.connection}: ${one.text}`,
      change === 'newly masked' ? `  ${one.masked.join(', ')}` : `  ${one.before.effect} → ${one.after.effect}: ${one.after.reason}`,
    ])),
    ...unjudged.map(({ why, times }) => `not judged ×${times}: ${why}`),
    `${judged} judged, ${sum(changes)} changed, ${sum(unjudged)} not judged`,
  ]
  return lines.map((line) => `${visible(line)}\n`).join('')
}
