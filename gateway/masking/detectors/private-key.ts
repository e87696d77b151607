// PEM private keys (RFC 7468, OpenSSH, OpenPGP): from the first line to the last, or to the end of a value that was cut off.
import { type Detector, literal, whole } from './detector.ts'

const label = '(?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----'

export const privateKey: Detector = {
  name: 'private-key',
  triggers: [literal('--BEGIN ', 2)],
  token: new Uint8Array(256).fill(1),
  pattern: `-----BEGIN ${label}(?:(?s:.*?)-----END ${label}|(?s:.*))`,
  accept: whole,
}
