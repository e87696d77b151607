// How PostgreSQL prepares a SCRAM password: SASLprep (RFC 4013) where it applies, the bytes as they are where it does not.
// Done here: mapping, NFKC, prohibited characters. Not done: the bidi rule and the table of characters unassigned in Unicode 3.2;
// a password that breaks those and that NFKC also changes is prepared differently by the server, and the sign-in fails.

/** RFC 3454 C.1.2: spaces other than U+0020 become it. */
const otherSpaces = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu
/** RFC 3454 B.1: mapped to nothing. */
const mappedToNothing = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200b-\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/gu
/** RFC 3454 C.2–C.9: control, private use, non-character, surrogate, inappropriate, tagging. */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const prohibited = /[\u0000-\u001f\u007f-\u009f\u06dd\u070f\u180e\u2028\u2029\u2061-\u2063\u206a-\u206f\ufff9-\uffff\ue000-\uf8ff\ufdd0-\ufdef\u200e\u200f\u202a-\u202e\u2ff0-\u2ffb\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}\u{f0000}-\u{10ffff}]|\u0340|\u0341|\p{Cs}|[\u{1fffe}\u{1ffff}\u{2fffe}\u{2ffff}\u{3fffe}\u{3ffff}]/u

/** The bytes PBKDF2 works on. ASCII, the usual case, is never touched. */
export function preparePassword(password: string): Buffer {
  // oxlint-disable-next-line no-control-regex -- the whole of ASCII
  if (/^[\u0000-\u007f]*$/.test(password)) return Buffer.from(password, 'latin1')
  const prepared = password.replace(otherSpaces, ' ').replace(mappedToNothing, '').normalize('NFKC')
  return Buffer.from(prepared === '' || prohibited.test(prepared) ? password : prepared, 'utf8')
}
