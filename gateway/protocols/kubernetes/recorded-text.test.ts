import { expect, test } from 'vitest'
import { createScanner } from '../../masking/scanner.ts'
import { cleanRequest } from './recorded-text.ts'

const key = 'AKIAIOSFODNN7EXAMPLE'
const scanner = createScanner(['aws-access-key'])

test.each([
  ['a value behind an encoded space', `POST /api/v1/namespaces/shop/pods/web/exec?command=echo%20${key}&command=-n&tty=false`, `POST /api/v1/namespaces/shop/pods/web/exec?command=echo%20%5Bmasked%3Aaws-access-key%5D&command=-n&tty=false`],
  ['a value alone', `GET /api/v1/pods?labelSelector=key%3D${key}`, 'GET /api/v1/pods?labelSelector=key%3D%5Bmasked%3Aaws-access-key%5D'],
  ['what is said below the line', `POST /exec?a=b\n\n$ echo ${key}`, 'POST /exec?a=b\n\n$ echo [masked:aws-access-key]'],
  ['a name in the path', `GET /api/v1/secrets/${key}`, 'GET /api/v1/secrets/%5Bmasked%3Aaws-access-key%5D'],
  ['a word in a proxied path', `GET /api/v1/namespaces/a/services/b/proxy/c%20${key}/d`, 'GET /api/v1/namespaces/a/services/b/proxy/c%20%5Bmasked%3Aaws-access-key%5D/d'],
])('%s is masked', (_, text, recorded) => expect(cleanRequest(scanner, text)).toBe(recorded))

test('what holds nothing stays as it is, to the letter', () => {
  const text = 'PATCH /api/v1/namespaces/shop/pods/a%3Ab?fieldManager=kubectl%20edit&force=&x=%C3%BC\n\n$ ls'
  expect(cleanRequest(scanner, text)).toBe(text)
})
