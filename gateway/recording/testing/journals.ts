// What the tests of this folder share: folders that go away, and a journal with a few sessions in it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal, type JournalOptions, type OpenJournal } from '../journal.ts'

export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'gatehouse-journal-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** The action runs, or the error. */
export const flushed = (journal: OpenJournal) => new Promise<void>((resolve, reject) => { journal.afterFlush(resolve, reject) })

/** Three sessions whose frames interleave over several turns; `a` and `b` are closed, `c` is left open. The journal is ended. */
export async function writeSample(dir: string, options: Partial<JournalOptions> = {}): Promise<void> {
  const journal = await openJournal({ dir, gateway: 'test', ...options })
  const [a, b, c] = ['a', 'b', 'c'].map((name) => journal.recorder(name)) as [ReturnType<OpenJournal['recorder']>, ReturnType<OpenJournal['recorder']>, ReturnType<OpenJournal['recorder']>]
  for (let turn = 0; turn < 3; turn++) {
    a.json('in', 'command', { command: `a${turn}`, text: 'select 1' })
    b.json('in', 'command', { command: `b${turn}`, text: 'select “ü” 🐘' })
    a.bytes('out', 'output', [Buffer.of(turn, 0, 255), Buffer.from('row')])
    c.json('control', 'verdict', { effect: 'allow' })
    await flushed(journal)
  }
  a.close('done')
  b.close('done')
  await flushed(journal)
  await journal.dispose()
}
