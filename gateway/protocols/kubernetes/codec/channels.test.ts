import { expect, test } from 'vitest'
import { chooseSubprotocol, exitStatus, failureStatus, readStatus, resizeText, ResizeReader, successStatus } from './channels.ts'

test('of what a client offers, the newest that we speak is chosen', () => {
  expect(chooseSubprotocol('exec', 'spdy', ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'channel.k8s.io'])).toBe('v4.channel.k8s.io')
  expect(chooseSubprotocol('attach', 'websocket', ['v4.channel.k8s.io', 'v5.channel.k8s.io'])).toBe('v5.channel.k8s.io')
  expect(chooseSubprotocol('portforward', 'websocket', ['SPDY/3.1+portforward.k8s.io'])).toBe('SPDY/3.1+portforward.k8s.io')
  expect(chooseSubprotocol('portforward', 'spdy', ['portforward.k8s.io'])).toBe('portforward.k8s.io')
})

test('what tells no exit status, or has no binary frames, is not spoken', () => {
  expect(chooseSubprotocol('exec', 'spdy', ['v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'])).toBeNull()
  expect(chooseSubprotocol('exec', 'websocket', ['base64.channel.k8s.io', 'v4.base64.channel.k8s.io', 'channel.k8s.io', ''])).toBeNull()
})

test('sizes are read however they are cut, and what is none is passed over', () => {
  const text = `${resizeText({ width: 80, height: 24 })}{"Width":"x"}{}${resizeText({ width: 200, height: 50 })}{"Width":1,"Height":99999}`
  for (let at = 0; at <= text.length; at++) {
    const reader = new ResizeReader()
    expect([...reader.push(Buffer.from(text.slice(0, at))), ...reader.push(Buffer.from(text.slice(at)))]).toEqual([{ width: 80, height: 24 }, { width: 200, height: 50 }])
  }
})

test('an endless size takes no more than a limit', () => {
  const reader = new ResizeReader()
  for (let i = 0; i < 100; i++) expect(reader.push(Buffer.alloc(64 * 1024, '{'))).toEqual([])
  expect(reader.push(Buffer.from('}{"Width":1,"Height":2}'))).toEqual([{ width: 1, height: 2 }])
})

test('exit statuses are read as an API server writes them', () => {
  const text = '{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: error executing command [sh -c exit 3], exit code 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}'
  expect(readStatus(Buffer.from(text))).toMatchObject({ code: 3 })
  expect(readStatus(Buffer.from('{"metadata":{},"status":"Success"}'))).toEqual({ code: 0, message: '' })
  expect(readStatus(Buffer.from('{"metadata":{},"status":"Failure","message":"container not found","reason":"InternalError","code":500}'))).toEqual({ code: null, message: 'container not found' })
  expect(readStatus(Buffer.from(exitStatus(7)))).toMatchObject({ code: 7 })
  expect(readStatus(Buffer.from(successStatus()))).toMatchObject({ code: 0 })
  expect(readStatus(Buffer.from(failureStatus('no', 'Forbidden', 403)))).toEqual({ code: null, message: 'no' })
})

test.each(['', '{', 'null', '[]', '3', '{"status":3}', '{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"x"}]}}'])('%j gives no exit code', (text) => {
  expect(readStatus(Buffer.from(text))?.code ?? null).toBeNull()
})
