// A certificate for one loopback listener: it speaks for 127.0.0.1 and localhost, is its own authority, and can sign no other, so
// that whoever trusts it trusts this listener and nothing else. The key never leaves memory. Like gateway/tls, by asn1-x509.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier, AttributeTypeAndValue, AttributeValue, BasicConstraints, Certificate, ExtendedKeyUsage, Extension, Extensions,
  GeneralName, id_ce_basicConstraints, id_ce_extKeyUsage, id_ce_keyUsage, id_ce_subjectAltName, id_kp_serverAuth, KeyUsage,
  KeyUsageFlags, Name, RelativeDistinguishedName, SubjectAlternativeName, SubjectPublicKeyInfo, TBSCertificate, Validity, Version,
} from '@peculiar/asn1-x509'
import { ownCertificateDays } from '../limits.ts'

const ecdsaWithSha256 = '1.2.840.10045.4.3.2'
const commonName = '2.5.4.3'
const hourMs = 3_600_000

export interface OwnCertificate { readonly certPem: string; readonly keyPem: string }

export function makeOwnCertificate(now = Date.now()): OwnCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signature = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 })
  const name = nameOf('Gatehouse loopback listener')
  const body = new TBSCertificate({
    version: Version.v3, serialNumber: serial(), signature, issuer: name, subject: name,
    // An hour back: clocks are set while we run.
    validity: new Validity({ notBefore: new Date(now - hourMs), notAfter: new Date(now + ownCertificateDays * 24 * hourMs) }),
    subjectPublicKeyInfo: AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo),
    extensions: new Extensions([
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_subjectAltName, new SubjectAlternativeName([new GeneralName({ dNSName: 'localhost' }), new GeneralName({ iPAddress: '127.0.0.1' })])),
    ]),
  })
  const signed = sign('sha256', Buffer.from(AsnConvert.serialize(body)), privateKey)
  const certificate = new Certificate({ tbsCertificate: body, signatureAlgorithm: signature, signatureValue: arrayBuffer(signed) })
  return { certPem: pem(Buffer.from(AsnConvert.serialize(certificate))), keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
}

const extension = (extnID: string, value: object, critical = false): Extension => new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })
const nameOf = (text: string): Name => new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value: new AttributeValue({ utf8String: text }) })])])
const arrayBuffer = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer
const pem = (der: Buffer): string => `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`

/** RFC 5280 4.1.2.2: positive, at most 20 bytes, unpredictable. */
function serial(): ArrayBuffer {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return arrayBuffer(bytes)
}
