import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kubernetesBodyBytesMax, kubernetesYamlCharactersMax } from '../../limits-kubernetes.ts'
import { readBody } from './body.ts'

type Verb = Parameters<typeof readBody>[0]
const read = (verb: Verb, contentType: string | null, body: string | Buffer) => readBody(verb, contentType, Buffer.from(body))

function accepted(verb: Verb, contentType: string | null, body: string | Buffer) {
  const result = read(verb, contentType, body)
  if (result.kind === 'refused') throw new Error(result.message)
  return { kind: result.body.kind, value: result.body.value, contentType: result.forwarded.contentType, sent: result.forwarded.bytes.toString() }
}

describe('what is read, and what goes upstream in its place', () => {
  test('an object in JSON, with and without a content type', () => {
    const expected = { kind: 'object', value: { kind: 'Pod', metadata: { name: 'a' } }, contentType: 'application/json', sent: '{"kind":"Pod","metadata":{"name":"a"}}' }
    expect(accepted('object', null, '{"kind": "Pod",\n "metadata": {"n\\u0061me": "a"}}')).toEqual(expected)
    expect(accepted('object', 'application/json; charset=UTF-8', '{"kind": "Pod", "metadata": {"name": "a"}}')).toEqual(expected)
    expect(accepted('object', 'Application/YAML', 'kind: Pod\nmetadata:\n  name: a\n')).toEqual(expected)
  })
  test('each kind of patch under its own name, always as JSON', () => {
    expect(accepted('patch', 'application/merge-patch+json', '{"data":{"a":null}}')).toMatchObject({ kind: 'merge', contentType: 'application/merge-patch+json' })
    expect(accepted('patch', 'application/strategic-merge-patch+json', '{"spec":{}}')).toMatchObject({ kind: 'merge', contentType: 'application/strategic-merge-patch+json' })
    expect(accepted('patch', 'application/json-patch+json', '[{"op":"copy","from":"/a","path":"/b~1c"}]')).toMatchObject({ kind: 'json-patch', sent: '[{"op":"copy","from":"/a","path":"/b~1c"}]' })
    expect(accepted('patch', 'application/apply-patch+yaml', 'kind: X\ndata: {a: "yes", b: 1}\n')).toMatchObject({ kind: 'apply', contentType: 'application/apply-patch+yaml', sent: '{"kind":"X","data":{"a":"yes","b":1}}' })
    expect(accepted('patch', 'application/apply-patch+yaml', '{"kind":"X","data":{"a":"\\/"}}')).toMatchObject({ kind: 'apply', sent: '{"kind":"X","data":{"a":"/"}}' })
  })
  test('options of a delete', () => {
    expect(accepted('options', 'application/json', '{"propagationPolicy":"Background"}')).toMatchObject({ kind: 'options', value: { propagationPolicy: 'Background' } })
  })
  test('keys of YAML are text', () => {
    expect(accepted('object', 'application/yaml', '1: a\nnull: 0x1F\n').value).toEqual({ 1: 'a', null: 31 })
  })
  test('a block of text, a quoted date and keys of any case inside data pass', () => {
    expect(accepted('object', 'application/yaml', 'data:\n  Key: |\n    % not a directive\n    &a *b !c\n  key: "2001-01-01"\n').value).toEqual({ data: { Key: '% not a directive\n&a *b !c\n', key: '2001-01-01' } })
  })
})

describe('refused', () => {
  const cases: readonly (readonly [verb: Verb, contentType: string | null, body: string | Buffer, says: string, reason?: string])[] = [
    ['object', 'application/cbor', '\xd9\xd9\xf7', 'content type', 'UnsupportedMediaType'],
    ['object', 'application/apply-patch+yaml', '{}', 'content type', 'UnsupportedMediaType'],
    ['object', 'application/merge-patch+json', '{}', 'content type', 'UnsupportedMediaType'],
    ['object', 'text/plain', '{}', 'content type', 'UnsupportedMediaType'],
    ['object', '', '{}', 'content type', 'UnsupportedMediaType'],
    ['object', 'constructor', '{}', 'content type', 'UnsupportedMediaType'],
    ['object', 'application/json, application/yaml', '{}', 'content type', 'UnsupportedMediaType'],
    ['object', 'application/json; charset=utf-16', '{}', 'content type', 'UnsupportedMediaType'],
    ['object', 'application/json; charset=utf-8; boundary=x', '{}', 'content type', 'UnsupportedMediaType'],
    ['patch', 'application/json', '{}', 'content type', 'UnsupportedMediaType'],
    ['patch', null, '{}', 'content type', 'UnsupportedMediaType'],
    ['patch', 'application/apply-patch+cbor', '{}', 'content type', 'UnsupportedMediaType'],
    ['object', null, Buffer.from([0x7b, 0xff, 0x7d]), 'not UTF-8'],
    ['object', null, '\uFEFF{}', 'byte order mark'],
    ['object', null, Buffer.from('{"a":1}', 'utf16le'), 'valid JSON'],
    ['object', null, '{"metadata":{"name":"a"},"metadata":{"name":"b"}}', 'key "metadata" twice'],
    ['object', null, '{"metadata":{"name":"a","n\\u0061me":"b"}}', 'key "name" twice'],
    ['object', null, '{"a":[{"b":{"c":1,"d":2,"c":3}}]}', 'key "c" twice'],
    ['object', null, '{"a\\u001b[2J":1,"a\\u001b[2J":2}', 'twice'],
    ['object', null, '{"Metadata":{"name":"b"}}', 'metadata but for'],
    ['object', null, '{"metadata":{"name":"a","Name":"b"}}', 'name but for'],
    ['object', null, '{"metadata":{"label\u017F":{}}}', 'labels but for'],
    ['object', null, '{"\u212Aind":"List"}', 'kind but for'],
    ['options', null, '{"dryrun":["All"]}', 'dryRun but for'],
    ['object', null, '{"a":"\\ud800"}', 'surrogate'],
    ['object', null, '{"a":{"\\udc00":1}}', 'surrogate'],
    ['object', null, '{"__proto__":{"a":1}}', '__proto__'],
    ['object', null, '{"a":9007199254740993}', 'exactly'],
    ['object', null, '{"a":1e400}', 'exactly'],
    ['object', null, `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`, 'nested deeper'],
    ['object', null, '['.repeat(1_000_000), 'nested deeper'],
    ['object', null, '{"a":1} {"b":2}', 'valid JSON'], ['object', null, '{"a":1,}', 'valid JSON'], ['object', null, '{a:1}', 'valid JSON'], ['object', null, '{"a":NaN}', 'valid JSON'],
    ['object', null, '"', 'valid JSON'], ['object', null, '{"a', 'valid JSON'], ['object', null, '// x\n{}', 'valid JSON'],
    ['object', null, '[]', 'not an object'], ['object', null, 'null', 'not an object'], ['object', null, '"x"', 'not an object'],
    ['object', null, '{"kind":"SecretList","items":[]}', 'list of objects'],
    ['patch', 'application/json-patch+json', '{}', 'not a JSON patch'],
    ['patch', 'application/json-patch+json', '[{"op":"add"}]', 'not a JSON patch'],
    ['patch', 'application/json-patch+json', '[{"op":"Add","path":"/a"}]', 'not a JSON patch'],
    ['patch', 'application/json-patch+json', '[{"op":"add","path":"a"}]', 'not a JSON patch'],
    ['patch', 'application/json-patch+json', '[{"op":"add","path":"/a~2"}]', 'not a JSON patch'],
    ['patch', 'application/json-patch+json', '[{"op":"copy","path":"/a"}]', 'not a JSON patch'],
    ['patch', 'application/json-patch+json', '[{"op":"test","path":"/a","Path":"/b"}]', 'not a JSON patch'],
    ['object', null, Buffer.alloc(kubernetesBodyBytesMax + 1, 0x20), 'larger than', 'RequestEntityTooLarge'],
    ['object', 'application/yaml', 'a: &x 1\nb: *x\n', 'anchors'], ['object', 'application/yaml', 'a: &x 1\n', 'anchors'],
    ['object', 'application/yaml', 'a: !!str 1\n', 'anchors'], ['object', 'application/yaml', 'a: !custom 1\n', 'anchors'], ['object', 'application/yaml', 'a: !!binary aGk=\n', 'anchors'],
    ['object', 'application/yaml', '<<: {a: 1}\nb: 2\n', 'anchors'], ['object', 'application/yaml', '%YAML 1.1\n---\na: 1\n', 'directives'],
    ['object', 'application/yaml', 'a: 1\na: 2\n', 'twice'], ['object', 'application/yaml', '{"a": 1, "a": 2}', 'twice'], ['object', 'application/yaml', 'a: 1\n"a": 2\n', 'twice'],
    ['object', 'application/yaml', 'yes: 1\n', 'read differently'],
    ['object', 'application/yaml', 'a: 1\n---\nb: 2\n', 'one valid YAML'], ['object', 'application/yaml', 'a: [1\n', 'one valid YAML'], ['object', 'application/yaml', '? {a: 1}\n: b\n', 'one valid YAML'],
    ...['yes', 'off', 'Y', '0777', '0o17', '0b11', '1_000', '1:30', '2001-01-01', '685.230_15', 'NO', '2001-12-14 21:59:43.10 -5'].map((word) => ['object', 'application/yaml', `a: ${word}\n`, 'read differently'] as const),
    ['object', 'application/yaml', 'a: .inf\n', 'exactly'], ['object', 'application/yaml', 'a: .nan\n', 'exactly'], ['object', 'application/yaml', 'a: 9007199254740993\n', 'exactly'],
    ['object', 'application/yaml', 'a: "\\ud800"\n', 'surrogate'], ['object', 'application/yaml', '__proto__: {a: 1}\n', '__proto__'],
    ['object', 'application/yaml', `a: ${'['.repeat(5_000)}`, 'nested deeper'], ['object', 'application/yaml', `${'- '.repeat(5_000)}a`, 'nested deeper'], ['object', 'application/yaml', `${'? '.repeat(5_000)}a`, ''],
    ['object', 'application/yaml', Array.from({ length: 240 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'), 'nested deeper'],
    ['object', 'application/yaml', `a: "${'x'.repeat(kubernetesYamlCharactersMax)}"`, 'YAML of more than'],
    ['object', 'application/yaml', 'just text', 'not an object'], ['object', 'application/yaml', '# nothing\n', 'not an object'],
  ]
  for (const [verb, contentType, body, says, reason = 'BadRequest'] of cases) test(`${verb} ${contentType} ${JSON.stringify(body.toString().slice(0, 60))}: ${says}`, () => {
    expect(read(verb, contentType, body)).toMatchObject({ kind: 'refused', reason, message: expect.stringContaining(says), hint: expect.stringMatching(/^[A-Z].*\.$/s) })
  })
})

test('whatever JSON is accepted goes upstream as the value that was judged', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), (value, isPretty) => {
    const result = read('object', null, JSON.stringify(value, null, isPretty ? 1 : 0))
    if (result.kind === 'refused') return
    expect(JSON.parse(result.forwarded.bytes.toString())).toEqual(result.body.value)
    expect(result.body.value).toEqual(JSON.parse(JSON.stringify(value)))
  }), { numRuns: 1_000 })
})

test('text that is no JSON never throws', () => {
  const pieces = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '"a"', '1', '-', 'e', '.', 'null', '\n', '- ', 'a: ', '|', '>', '&a', '*a', '!', '? ', '#', "'", '%')
  fc.assert(fc.property(fc.array(pieces, { maxLength: 30 }), fc.constantFrom('application/json', 'application/yaml'), (parts, type) => {
    const result = read('object', type, parts.join(''))
    if (result.kind === 'body') expect(JSON.parse(result.forwarded.bytes.toString())).toEqual(result.body.value)
  }), { numRuns: 3_000 })
})

test('three megabytes are read within a second', () => {
  const data = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key-${index}`, 'x'.repeat(120)]))
  const started = performance.now()
  expect(accepted('object', null, JSON.stringify({ data })).kind).toBe('object')
  expect(performance.now() - started).toBeLessThan(1_000)
})
