// One X.509 v3 certificate (RFC 5280), signed with ECDSA P-256 and SHA-256. Node reads certificates but does not issue them;
// the ASN.1 is asn1-x509's, keys and signatures are node:crypto's. docs/adr/0004-own-ca.md says why.
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier, AttributeTypeAndValue, AttributeValue, AuthorityKeyIdentifier, BasicConstraints, Certificate, ExtendedKeyUsage,
  Extension, Extensions, GeneralName, id_ce_authorityKeyIdentifier, id_ce_basicConstraints, id_ce_extKeyUsage, id_ce_keyUsage,
  id_ce_subjectAltName, id_ce_subjectKeyIdentifier, id_kp_serverAuth, KeyIdentifier, KeyUsage, KeyUsageFlags, Name,
  RelativeDistinguishedName, SubjectAlternativeName, SubjectKeyIdentifier, SubjectPublicKeyInfo, TBSCertificate, Validity, Version,
} from '@peculiar/asn1-x509'

const ecdsaWithSha256 = '1.2.840.10045.4.3.2'
const commonName = '2.5.4.3'
const dayMs = 86_400_000

export interface KeyPair { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
export interface Issued { readonly cert: string; readonly key: string }

/** Who signs: for the CA itself, its own name and keys. */
export interface Issuer { readonly name: string; readonly keys: KeyPair }

export function newKeys(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** A CA that may sign leaves and no further CA. */
export function issueCa(name: string, keys: KeyPair, options: { readonly days: number; readonly now: number }): Issued {
  const extensions = [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign), true),
  ]
  return issue({ name, keys }, { name, keys, extensions, ...options })
}

/** A server's certificate for these DNS names and IP addresses. */
export function issueLeaf(issuer: Issuer, names: { readonly dns: readonly string[]; readonly ip: readonly string[] }, options: { readonly days: number; readonly now: number }): Issued {
  const alternatives = [...names.dns.map((dNSName) => new GeneralName({ dNSName })), ...names.ip.map((iPAddress) => new GeneralName({ iPAddress }))]
  const extensions = [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
    extension(id_ce_subjectAltName, new SubjectAlternativeName(alternatives)),
  ]
  return issue(issuer, { name: names.dns[0] ?? 'gatehouse', keys: newKeys(), extensions, ...options })
}

interface Subject {
  readonly name: string
  readonly keys: KeyPair
  readonly extensions: readonly Extension[]
  readonly days: number
  readonly now: number
}

function issue(issuer: Issuer, { name, keys, extensions, days, now }: Subject): Issued {
  const signature = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 })
  const body = new TBSCertificate({
    version: Version.v3, serialNumber: serial(), signature, issuer: nameOf(issuer.name), subject: nameOf(name),
    // An hour back: the clocks of the machine's own clients may lag.
    validity: new Validity({ notBefore: new Date(now - dayMs / 24), notAfter: new Date(now + days * dayMs) }),
    subjectPublicKeyInfo: AsnConvert.parse(spki(keys), SubjectPublicKeyInfo),
    extensions: new Extensions([
      ...extensions,
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyId(keys))),
      extension(id_ce_authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyId(issuer.keys)) })),
    ]),
  })
  const signed = sign('sha256', Buffer.from(AsnConvert.serialize(body)), issuer.keys.privateKey)
  const certificate = new Certificate({ tbsCertificate: body, signatureAlgorithm: signature, signatureValue: arrayBuffer(signed) })
  return { cert: pem(Buffer.from(AsnConvert.serialize(certificate))), key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
}

function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })
}

function nameOf(name: string): Name {
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value: new AttributeValue({ utf8String: name }) })])])
}

/** RFC 5280 4.1.2.2: positive, at most 20 bytes, unpredictable. */
function serial(): ArrayBuffer {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return arrayBuffer(bytes)
}

function spki({ publicKey }: KeyPair): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' })
}

function keyId(keys: KeyPair): ArrayBuffer {
  return arrayBuffer(createHash('sha1').update(spki(keys)).digest())
}

function arrayBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

function pem(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`
}
