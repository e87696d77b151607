// A process of its own that records until it is killed or the disk says no. It acknowledges a frame only after its flush.
import { openJournal } from '../journal.ts'

const [dir, until, session = 's'] = process.argv.slice(2) as [string, string, string?]
const journal = await openJournal({ dir })
const recorder = journal.recorder(session)
let acknowledged = 0
journal.onFailure((error) => {
  process.stdout.write(`failed: ${(error as { code?: string }).code} after ${acknowledged}: ${error.message}\n`, () => process.exit(0))
})

function record(seq: number): void {
  try {
    recorder.json('in', 'command', { seq, text: 'x'.repeat(seq % 700) })
  } catch {
    return // The listener above says it.
  }
  journal.afterFlush(() => {
    acknowledged = seq
    if (until === 'until-killed' && seq % 50 === 0) process.send?.(seq)
    record(seq + 1)
  }, () => process.exitCode = 1)
}
record(0)
