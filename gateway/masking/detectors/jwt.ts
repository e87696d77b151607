// JSON Web Tokens in compact form (RFC 7515 §3.1, RFC 7516 §3.1): three or five base64url parts, the first a JSON object. The header
// is not decoded: `x.` before a token would then make the detector look at the wrong one.
import { byteSet, type Detector, literal, whole } from './detector.ts'

export const jwt: Detector = {
  name: 'jwt',
  // base64url of `{"`.
  triggers: [literal('eyJ', 2)],
  token: byteSet('A-Za-z0-9_.-'),
  pattern: 'eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*(?:\\.[A-Za-z0-9_-]*){0,2}',
  accept: whole,
}
