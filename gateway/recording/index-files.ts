// Indexes of segments as files: written when a segment is closed, read by who pages a session, made again by a scan where one is missing.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { scanSegment } from './scan.ts'
import { indexPath, segmentPath } from './segment-files.ts'
import { SegmentIndex } from './segment-index.ts'

export async function writeIndex(dir: string, segment: number, bytes: Buffer): Promise<void> {
  const path = indexPath(dir, segment)
  await writeFile(`${path}.new`, bytes, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

export async function indexSegment(dir: string, segment: number) {
  const index = new SegmentIndex()
  for await (const event of scanSegment(segmentPath(dir, segment))) {
    if (event.kind === 'end') return { index, end: event }
    if (event.kind === 'batch') index.addBatch(event.batch, event.offset)
  }
  throw new RangeError('a scan has an end')
}

/** The index beside a segment; null when there is none, or it is of other bytes than the segment's. */
export async function loadIndex(dir: string, segment: number, segmentBytes: number): Promise<SegmentIndex | null> {
  const bytes = await readFile(indexPath(dir, segment)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return bytes === null ? null : SegmentIndex.decode(bytes, segmentBytes)
}
