// A session's recording as JSON lines that a third party can verify without Gatehouse:
//   {"type":"recording","version":1,"session":…,"format":…}            first
//   {"type":"section","segment":…,"raw":BASE64,"hash":HEX,"batch":{"head":BASE64,"sections":[HEX…],"hash":HEX}}
//   {"type":"frame","seq":…,"at":…,"direction":…,"kind":…,"data":…,"prev":HEX}   what that section holds, readable
//   {"type":"end","report":…}                                          last; what `verifySession` says
// To verify: SHA-256(raw) is `hash`; the 32 bytes after the session id in `raw` are the `hash` of the section before (zeros in the first);
// `hash` is among batch.sections, and SHA-256(head, sections…) is batch.hash, which is what the journal's own chain goes through.
// The frames are decoded from `raw` as the head of format.ts says.
import { digestHex, framesOf, type Batch } from './format.ts'
import { verifySession } from './verify.ts'
import { firstSegmentFor, walkJournal } from './walk.ts'

const exportVersion = 1

/** Lines without their newline. Damage does not end it: the last line says what does not verify. */
export async function* exportSession(dir: string, session: string): AsyncGenerator<string> {
  yield JSON.stringify({ type: 'recording', version: exportVersion, session, format: 'sha256(raw) = hash; see gateway/recording/export.ts' })
  for await (const event of walkJournal(dir, await firstSegmentFor(dir, session))) {
    if (event.kind === 'batch') yield* sectionLines(event.batch, event.segment, session)
  }
  yield JSON.stringify({ type: 'end', report: await verifySession(dir, session) })
}

function* sectionLines(batch: Batch, segment: number, session: string): Generator<string> {
  for (const section of batch.sections) {
    if (section.session !== session) continue
    yield JSON.stringify({
      type: 'section', segment, raw: section.bytes.toString('base64'), hash: digestHex(section.digest),
      batch: { head: batch.head.toString('base64'), sections: batch.sections.map(({ digest }) => digestHex(digest)), hash: digestHex(batch.digest) },
    })
    for (const frame of framesOf(section)) yield JSON.stringify({ type: 'frame', ...frame })
  }
}
