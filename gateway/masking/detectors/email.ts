// Email addresses as people write them (RFC 5322 dot-atom, RFC 6531 for what is not ASCII); quoted local parts and address literals are not found.
import { byteSet, type Detector, literal, whole } from './detector.ts'

export const email: Detector = {
  name: 'email',
  triggers: [literal('@', 0)],
  token: byteSet("A-Za-z0-9._%+'@\x80-\xff-"),
  pattern: "[A-Za-z0-9._%+'\\x80-\\xff-]+@(?:[A-Za-z0-9\\x80-\\xff-]+\\.)+[A-Za-z\\x80-\\xff][A-Za-z0-9\\x80-\\xff-]+",
  accept: whole,
}
