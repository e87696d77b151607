// Keys of cloud providers that can be known by their form, or by the word beside them.
import { byteSet, type Detector, literal, type Span, whole, wholeIfAlone } from './detector.ts'

/** Access key ids: long-lived (AKIA) and temporary (ASIA), 20 characters. */
export const awsAccessKey: Detector = {
  name: 'aws-access-key',
  triggers: [literal('AKIA', 2), literal('ASIA', 2)],
  token: byteSet('A-Z0-9'),
  pattern: '(?:AKIA|ASIA)[A-Z0-9]{16}',
  accept: wholeIfAlone,
}

const secretCharacters = 40
const secretByte = byteSet('A-Za-z0-9/+=')

/** The secret has no form of its own: 40 characters of base64 behind `aws_secret_access_key`, `SecretAccessKey`, `secret-key`…; only they are masked. */
export const awsSecretKey: Detector = {
  name: 'aws-secret-key',
  triggers: [{ kind: 'bytes', sets: ['tTsS_ -', 'kK', 'eE', 'yY', ' \t"\'\\=:>'].map(byteSet), pivot: 1 }],
  token: byteSet('A-Za-z0-9/+=_ \t"\'\\:>-'),
  pattern: `(?i:secret[_ -]?(?:access[_ -]?)?key)[ \\t"'\\\\=:>]{1,8}[A-Za-z0-9/+]{${secretCharacters}}`,
  accept: (bytes, { to }, { end }) => {
    const secret = { from: to - secretCharacters, to }
    const isLonger = to < end && secretByte[bytes[to]!] === 1
    // What has no capital, no small letter or no digit is a hash or a word.
    return !isLonger && ['[A-Z]', '[a-z]', '[0-9]'].every((kind) => new RegExp(kind).test(bytes.toString('latin1', secret.from, to))) ? [secret] : []
  },
}

export const googleApiKey: Detector = {
  name: 'google-api-key',
  triggers: [literal('AIza', 2)],
  token: byteSet('A-Za-z0-9_-'),
  pattern: 'AIza[A-Za-z0-9_-]{35,}',
  // In the middle of base64 these four letters stand by chance.
  accept: wholeIfAlone,
}

/** OAuth client secrets and access tokens. */
export const googleOauthSecret: Detector = {
  name: 'google-oauth-secret',
  triggers: [literal('GOCSPX-', 5), literal('ya29.', 4)],
  token: byteSet('A-Za-z0-9_.-'),
  pattern: '(?:GOCSPX-[A-Za-z0-9_-]{28}|ya29\\.[A-Za-z0-9_.-]{20,})',
  accept: whole,
}

/** Service accounts, by their addresses; the private key beside one in a key file is found by private-key. */
export const gcpServiceAccount: Detector = {
  name: 'gcp-service-account',
  triggers: [literal('.gserviceaccount.', 5)],
  token: byteSet('A-Za-z0-9_.@-'),
  pattern: '[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+\\.gserviceaccount\\.com',
  accept: whole,
}

/** Entra client secrets, keys in connection strings (storage, Service Bus, Cosmos DB), signatures of SAS URLs; of the latter two only the value. */
export const azureSecret: Detector = {
  name: 'azure-secret',
  triggers: [literal('8Q~', 2), literal('Key=', 3), literal('sig=', 3)],
  token: byteSet('A-Za-z0-9+/=_~.%-'),
  pattern: '(?:[A-Za-z0-9_~.]{3}8Q~[A-Za-z0-9_~.-]{31,34}|(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{43,86}={1,2}|sig=(?:[A-Za-z0-9+/]|%[0-9A-Fa-f]{2}){43}(?:=|%3[Dd]))',
  accept: (bytes, match) => [valueOf(bytes, match)],
}

const equals = 0x3d

function valueOf(bytes: Buffer, { from, to }: Span): Span {
  const sign = bytes.subarray(from, to).indexOf(equals)
  return { from: sign === -1 ? from : from + sign + 1, to }
}
