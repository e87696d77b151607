// The detectors of a mask set as scanners: what the client must not see, and what the recording must not hold (for everybody).
import { createScanner, type Scanner } from '../masking/scanner.ts'
import type { MaskSet } from '../policy/snapshot.ts'

export interface Scanners {
  readonly clientScanner: Scanner | null
  readonly recordScanner: Scanner | null
}

export function scannersOf({ detect }: Pick<MaskSet, 'detect'>): Scanners {
  const detectors = (rules: typeof detect) => [...new Set(rules.flatMap((rule) => rule.detectors))]
  const forClient = detectors(detect.filter((rule) => !rule.isExempt))
  const forRecord = detectors(detect)
  const recordScanner = forRecord.length > 0 ? createScanner(forRecord) : null
  // One object where both see the same, so that "same" can be asked by identity.
  if (forClient.length === forRecord.length) return { clientScanner: recordScanner, recordScanner }
  return { clientScanner: forClient.length > 0 ? createScanner(forClient) : null, recordScanner }
}
