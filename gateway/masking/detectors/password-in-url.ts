// The password of a URL's userinfo (RFC 3986 §3.2.1), as in connection strings. Only the password is masked: user and host help whoever reads.
import { byteSet, type Detector, literal, type Span } from './detector.ts'

const colon = 0x3a
const at = 0x40
const slash = 0x2f
const notInUrls = byteSet('\x00-\x20"\'<>\\`')

export const passwordInUrl: Detector = {
  name: 'password-in-url',
  triggers: [literal('://', 0)],
  token: notInUrls.map((member) => 1 - member),
  // Greedy to the last @ before path, query or fragment: passwords with an @ of their own are found whole.
  pattern: '[A-Za-z][A-Za-z0-9+.-]*://[^\\x00-\\x20"\'<>\\\\`/?#:@]*:[^\\x00-\\x20"\'<>\\\\`/?#]+@',
  accept: (bytes, match) => [passwordOf(bytes, match)],
}

/** Between the colon after the user and the final @. */
function passwordOf(bytes: Buffer, match: Span): Span {
  const authority = bytes.indexOf(slash, match.from) + 2
  return { from: bytes.indexOf(colon, authority) + 1, to: bytes.lastIndexOf(at, match.to - 1) }
}
