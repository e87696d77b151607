// tls-server-end-point (RFC 5929 §4): a hash of the server's certificate, by which SCRAM-SHA-256-PLUS proves that nobody sits
// between the two ends of TLS. The hash is that of the certificate's own signature, so one field of its DER has to be read.
import { createHash } from 'node:crypto'

/** Signature algorithm OID (hex of its DER content) → hash; MD5 and SHA-1 are replaced by SHA-256 (RFC 5929 §4.1). */
const hashes: Readonly<Record<string, 'sha256' | 'sha384' | 'sha512' | 'sha224'>> = {
  '2a864886f70d010104': 'sha256', // md5WithRSAEncryption
  '2a864886f70d010105': 'sha256', // sha1WithRSAEncryption
  '2a864886f70d01010e': 'sha224', // sha224WithRSAEncryption
  '2a864886f70d01010b': 'sha256', // sha256WithRSAEncryption
  '2a864886f70d01010c': 'sha384', // sha384WithRSAEncryption
  '2a864886f70d01010d': 'sha512', // sha512WithRSAEncryption
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040301': 'sha224', // ecdsa-with-SHA224
  '2a8648ce3d040302': 'sha256', // ecdsa-with-SHA256
  '2a8648ce3d040303': 'sha384', // ecdsa-with-SHA384
  '2a8648ce3d040304': 'sha512', // ecdsa-with-SHA512
}

/** Null where no hash is defined (Ed25519) or none is read here (RSASSA-PSS keeps it in its parameters). */
export function tlsServerEndPoint(certificate: Buffer): Buffer | null {
  const oid = signatureAlgorithm(certificate)
  const hash = oid === null ? undefined : hashes[oid]
  return hash === undefined ? null : createHash(hash).update(certificate).digest()
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, … }, signature } (RFC 5280 §4.1). */
function signatureAlgorithm(certificate: Buffer): string | null {
  const whole = element(certificate, 0, 0x30)
  const body = whole && element(certificate, whole.start, 0x30)
  const algorithm = body && element(certificate, body.end, 0x30)
  const oid = algorithm && element(certificate, algorithm.start, 0x06)
  return oid ? certificate.toString('hex', oid.start, oid.end) : null
}

/** The content of the DER element at `at`, if it has that tag and lies inside the bytes. */
function element(bytes: Buffer, at: number, tag: number): { readonly start: number; readonly end: number } | null {
  const first = bytes[at + 1]
  if (bytes[at] !== tag || first === undefined) return null
  if (first < 0x80) return within(bytes, at + 2, first)
  const count = first - 0x80
  if (count < 1 || count > 3 || at + 2 + count > bytes.length) return null
  return within(bytes, at + 2 + count, bytes.readUIntBE(at + 2, count))
}

function within(bytes: Buffer, start: number, length: number) {
  return start + length <= bytes.length ? { start, end: start + length } : null
}
