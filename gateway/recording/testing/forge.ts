// What a clever hand does to a batch: takes a session out and makes every length and checksum right again.
import { batchDigest, batchHeadBytes, hashBytes, writeBatchHead, type Batch } from '../format.ts'

/** `hashAnew`: the batch's own hash is made to fit too; only what stands after it can show the forgery. */
export function encodeWithout(batch: Batch, session: string, options: { readonly hashAnew?: boolean } = {}): Buffer {
  const kept = batch.sections.filter((section) => section.session !== session)
  const body = Buffer.concat(kept.map(({ bytes }) => bytes))
  const bytes = Buffer.alloc(batchHeadBytes + body.length + hashBytes)
  writeBatchHead(bytes, { length: bytes.length, sections: kept.length, number: batch.number, prev: batch.prev })
  body.copy(bytes, batchHeadBytes)
  const digest = options.hashAnew ? batchDigest(bytes, kept.map((section) => section.digest)) : batch.digest
  bytes.write(digest, bytes.length - hashBytes, 'latin1')
  return bytes
}
