// What a masked value becomes: bytes that its type and format allow, so that no driver fails on them. Types without such a form
// become NULL. https://www.postgresql.org/docs/18/protocol-overview.html#PROTOCOL-FORMAT-CODES, src/include/catalog/pg_type.dat

export const maskedText = '[masked]'

interface Redaction { readonly text: Buffer; readonly binary: Buffer }

const plain: Redaction = { text: Buffer.from(maskedText), binary: Buffer.from(maskedText) }
const json: Redaction = { text: Buffer.from(`"${maskedText}"`), binary: Buffer.from(`"${maskedText}"`) }
/** jsonb_send puts a version before the text: 1. */
const jsonb: Redaction = { text: json.text, binary: Buffer.concat([Buffer.of(1), json.binary]) }

/** array_send: dimensions, has-null flag, element type, length and lower bound of the dimension, then length and value of each element. */
function array(elementOid: number, element: Redaction): Redaction {
  const binary = Buffer.alloc(24 + element.binary.length)
  const words = [1, 0, elementOid, 1, 1, element.binary.length]
  for (const [index, word] of words.entries()) binary.writeInt32BE(word, 4 * index)
  element.binary.copy(binary, 24)
  const text = element.text.toString()
  return { text: Buffer.from(text.includes('"') ? `{"${text.replaceAll('"', '\\"')}"}` : `{${text}}`), binary }
}

/** By type oid. */
const redactions = {
  25: plain, // text
  1043: plain, // varchar
  1042: plain, // bpchar
  19: plain, // name
  705: plain, // unknown
  142: plain, // xml: character data is valid content
  114: json,
  3802: jsonb,
  1009: array(25, plain), // text[]
  1015: array(1043, plain), // varchar[]
  1014: array(1042, plain), // bpchar[]
  1003: array(19, plain), // name[]
  143: array(142, plain), // xml[]
  199: array(114, json), // json[]
  3807: array(3802, jsonb), // jsonb[]
} satisfies Readonly<Record<number, Redaction>>

const byOid: ReadonlyMap<number, Redaction> = new Map(Object.entries(redactions).map(([oid, redaction]) => [Number(oid), redaction]))

/** Null: the value becomes NULL (numbers, dates, booleans, uuid, enums, extension types: they have no form that says `masked`). */
export function redactionOf(typeOid: number, format: number): Buffer | null {
  const redaction = byOid.get(typeOid)
  if (redaction === undefined) return null
  return format === 0 ? redaction.text : redaction.binary
}

/** Numbers, dates, networks, geometry, bytea, names of objects, and their arrays and ranges: nothing a detector knows stands in them as text. */
const closedTypes = new Set([
  16, 17, 18, 20, 21, 22, 23, 24, 26, 27, 28, 29, 30, 600, 601, 602, 603, 604, 628, 650, 700, 701, 718, 774, 790, 829, 869,
  1082, 1083, 1114, 1184, 1186, 1266, 1560, 1562, 1700, 2202, 2203, 2204, 2205, 2206, 2278, 2950, 2970, 3220, 4089, 4096, 4191, 5038, 5069,
  3904, 3906, 3908, 3910, 3912, 3926, 4451, 4532, 4533, 4534, 4535, 4536,
  651, 775, 791, 1000, 1001, 1002, 1005, 1006, 1007, 1010, 1011, 1012, 1013, 1016, 1021, 1022, 1028, 1040, 1041, 1115, 1182, 1183, 1185, 1187, 1231,
  1270, 1561, 1563, 2951, 3221, 3905, 3907, 3909, 3911, 3913, 3927,
])

export type ScanForm =
  /** Nothing to look for. */
  | { readonly kind: 'none' }
  /** A finding can be cut out of the bytes and a marker put in its place. */
  | { readonly kind: 'text' }
  /** The bytes have lengths inside (arrays, rows, unknown types in binary): with a finding the whole value becomes this. */
  | { readonly kind: 'whole'; readonly bytes: Buffer | null }

/** How detectors may look at values of a type: numbers, dates and bytea are not looked at, in either format. */
export function scanFormOf(typeOid: number, format: number): ScanForm {
  if (closedTypes.has(typeOid)) return { kind: 'none' }
  if (format === 0 || rawInBinary.has(typeOid)) return { kind: 'text' }
  return { kind: 'whole', bytes: redactionOf(typeOid, format) }
}

/** Types whose binary form is their text; jsonb has one version byte before it. */
const rawInBinary = new Set([25, 1043, 1042, 19, 705, 142, 114, 3802])
