// Servers that lie, stall and flood: each failing mode of signing in. TLS is in upstream-socket.test.ts, real PostgreSQL in upstream.real.test.ts.
import { createHash } from 'node:crypto'
import { createSecureContext, TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { upstreamHandshakeMessageBytesMax, upstreamHandshakeMessagesMax } from '../../limits.ts'
import { createTestCa } from '../../testing/certificates.ts'
import { auth, connectTo, error, failure, int32, key, ok, password, Peer, ready, say, serve, stopServers, target, welcome } from './testing/fake-upstream.ts'
import { cancelUpstream, connectUpstream } from './upstream.ts'

afterEach(stopServers)

/** After startup the server says these bytes; then, whatever the client answers, the next ones. */
function answering(...answers: readonly Buffer[]) {
  return serve(async (peer, socket) => {
    await peer.untyped()
    for (const answer of answers) {
      socket.write(answer)
      await peer.typed()
    }
  })
}

describe('a good server', () => {
  test('gives parameters, key and a paused socket that loses nothing', async () => {
    let startup: Buffer = Buffer.alloc(0)
    const { port } = await serve(async (peer, socket) => {
      startup = await peer.untyped()
      socket.write(welcome)
      setTimeout(() => socket.write(say('A', 'later')), 30)
    })
    const upstream = await connectTo(target(port), { application_name: 'psql', user: 'root', database: 'other' })
    expect(startup.subarray(4).toString()).toBe('application_name\0psql\0user\0gatehouse\0database\0shop\0\0')
    expect([...upstream.parameters]).toEqual([['server_version', '18.1']])
    expect(upstream.key).toEqual({ processId: 4711, secret: Buffer.from('abcd') })
    expect([upstream.socket.isPaused(), upstream.socket.listenerCount('data'), upstream.socket.listenerCount('readable'), upstream.socket.listenerCount('error')]).toEqual([true, 0, 0, 1])
    await new Promise((resolve) => setTimeout(resolve, 60))
    const later = await new Promise<Buffer>((resolve) => upstream.socket.once('data', resolve).resume())
    expect(later).toEqual(say('A', 'later'))
    upstream.socket.destroy()
  })

  test('may send its greeting a byte at a time, with notices between', async () => {
    const bytes = Buffer.concat([ok, say('N', 'SNOTICE\0Mhello\0\0'), welcome.subarray(ok.length)])
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      for (const byte of bytes) {
        socket.write(Buffer.of(byte))
        await new Promise((resolve) => { setImmediate(resolve) })
      }
    })
    const upstream = await connectTo(target(port))
    expect(upstream.key.processId).toBe(4711)
    upstream.socket.destroy()
  })

  test('may have a long cancel key', async () => {
    const secret = Buffer.alloc(256, 3)
    const { port } = await answering(Buffer.concat([ok, say('K', Buffer.concat([int32(1), secret])), ready]))
    const upstream = await connectTo(target(port))
    expect(upstream.key.secret).toEqual(secret)
    upstream.socket.destroy()
  })

  test('an error on the ready socket does not end the process before a reader is there', async () => {
    const { port, sockets } = await answering(welcome)
    const upstream = await connectTo(target(port))
    for (const socket of sockets) socket.resetAndDestroy()
    upstream.socket.resume()
    await new Promise((resolve) => upstream.socket.once('close', resolve))
    expect(upstream.socket.destroyed).toBe(true)
  })

  test('gets the password in clear over loopback only when it asks', async () => {
    let sent = ''
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write(auth(3))
      sent = (await peer.typed()).toString()
      socket.write(welcome)
    })
    ;(await connectTo(target(port))).socket.destroy()
    expect(sent).toBe(`${password}\0`)
  })

  test('gets an md5 answer', async () => {
    let sent = ''
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write(auth(5, Buffer.from('salt')))
      sent = (await peer.typed()).toString()
      socket.write(welcome)
    })
    ;(await connectTo(target(port))).socket.destroy()
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
    expect(sent).toBe(`md5${md5(`${md5(`${password}gatehouse`)}salt`)}\0`)
  })
})

describe('a server that breaks the protocol', () => {
  const scramOffer = auth(10, 'SCRAM-SHA-256\0\0')
  const bad: Record<string, readonly Buffer[]> = {
    'ReadyForQuery without authentication': [ready],
    'AuthenticationOk twice': [Buffer.concat([ok, ok])],
    'a frame of length 3': [Buffer.concat([ok, Buffer.from('5300000003', 'hex')])],
    'a frame of length 2³¹-1': [Buffer.concat([ok, Buffer.from('537fffffff', 'hex')])],
    'a frame of negative length': [Buffer.concat([ok, Buffer.from('53ffffffff', 'hex')])],
    'a frame over the limit': [Buffer.concat([ok, Buffer.from('53', 'hex'), int32(upstreamHandshakeMessageBytesMax + 1)])],
    'a row before any query': [Buffer.concat([ok, say('D', Buffer.alloc(2))])],
    'NegotiateProtocolVersion, for 3.0 was asked': [say('v', Buffer.alloc(8))],
    'no cancel key': [Buffer.concat([ok, ready])],
    'two cancel keys': [Buffer.concat([ok, key, key, ready])],
    'a cancel key of 3 bytes': [Buffer.concat([ok, say('K', Buffer.alloc(7)), ready])],
    'a cancel key of 257 bytes': [Buffer.concat([ok, say('K', Buffer.alloc(261)), ready])],
    'a session inside a transaction': [Buffer.concat([ok, key, say('Z', 'T')])],
    'bytes after ReadyForQuery': [Buffer.concat([welcome, say('N', '\0')])],
    'half a message after ReadyForQuery': [Buffer.concat([welcome, Buffer.of(0x4e)])],
    'an endless run of notices': [Buffer.concat([ok, ...Array.from({ length: upstreamHandshakeMessagesMax + 1 }, () => say('N', '\0'))])],
    'an endless run of parameters': [Buffer.concat([ok, ...Array.from({ length: upstreamHandshakeMessagesMax + 1 }, (_, i) => say('S', `p${i}\0v\0`))])],
    'a second method after a cleartext password': [auth(3), auth(5, Buffer.from('salt'))],
    'a second cleartext request': [auth(3), auth(3)],
    'an md5 salt of 3 bytes': [auth(5, Buffer.from('abc'))],
    'SASL continued that did not begin': [auth(11, 'r=x')],
    'SCRAM skipped to Ok': [scramOffer, ok],
    'SCRAM skipped to its end': [scramOffer, auth(12, 'v=AAAA')],
    'SCRAM with a foreign nonce': [scramOffer, auth(11, 'r=abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096')],
    'SASL mechanisms without end': [auth(10, 'SCRAM-SHA-256\0')],
    'a hundred SASL mechanisms': [auth(10, `${'X\0'.repeat(100)}\0`)],
    'an error without an end': [say('E', 'SFATAL\0C28P01\0')],
  }
  test.each(Object.entries(bad))('is refused: %s', async (_, answers) => {
    const { port } = await answering(...answers)
    expect((await failure(connectTo(target(port)))).code).toBe('protocol_violation')
  })

  test('SCRAM iterations are bounded before any work is done', async () => {
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write(scramOffer)
      const nonce = /r=(.*)$/.exec((await peer.typed()).toString())![1]!
      socket.write(auth(11, `r=${nonce}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000`))
    })
    const refused = await failure(connectTo(target(port)))
    expect([refused.code, refused.message]).toEqual(['protocol_violation', expect.stringContaining('scramIterationsMax')])
  })

  test('a server that knows nothing of the password does not get past SCRAM', async () => {
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write(scramOffer)
      const nonce = /r=(.*)$/.exec((await peer.typed()).toString())![1]!
      socket.write(auth(11, `r=${nonce}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`))
      await peer.typed()
      socket.write(Buffer.concat([auth(12, `v=${Buffer.alloc(32).toString('base64')}`), welcome]))
    })
    expect((await failure(connectTo(target(port)))).code).toBe('upstream_rejected')
  })
})

describe('a server that refuses', () => {
  test('is quoted by SQLSTATE only: neither user nor password nor its own words reach the client', async () => {
    const { port } = await answering(error('28P01', `password authentication failed for user "gatehouse" ${password}`))
    const refused = await failure(connectTo(target(port)))
    expect([refused.code, refused.side]).toEqual(['upstream_rejected', 'upstream'])
    expect(refused.message).toContain('28P01')
    expect(refused.message).not.toMatch(/gatehouse"|horse|authentication failed/)
  })

  test('cannot write lines of its own into a log', async () => {
    const { port } = await answering(error('XX000', `a\n{"level":30}\u202e${'x'.repeat(5_000)}`))
    const { cause } = await failure(connectTo(target(port)))
    expect((cause as Error).message).toMatch(/^a\?\{"level":30\}\?x+$/)
    expect((cause as Error).message.length).toBeLessThanOrEqual(300)
  })

  test.each([
    ['GSSAPI', auth(7)], ['SSPI', auth(9)], ['Kerberos', auth(2)], ['a method of the future', auth(13)], ['SCRAM-SHA-1 only', auth(10, 'SCRAM-SHA-1\0\0')],
  ])('is refused when it wants %s', async (_, request) => {
    const { port } = await answering(request)
    expect((await failure(connectTo(target(port)))).code).toBe('upstream_rejected')
  })

  test.each([['cleartext', auth(3)], ['md5', auth(5, Buffer.from('salt'))], ['SCRAM', auth(10, 'SCRAM-SHA-256\0\0')]])('is told nothing when it wants a password by %s and there is none', async (_, request) => {
    const { port } = await answering(request)
    const refused = await failure(connectTo(target(port, { password: null })))
    expect([refused.code, refused.message]).toEqual(['upstream_rejected', expect.stringMatching(/password/)])
  })
})

describe('a server that is not there', () => {
  test('nobody listens', async () => {
    const refused = await failure(connectTo(target(1)))
    expect([refused.code, refused.message]).toEqual(['upstream_unreachable', expect.stringContaining('connection shop')])
  })

  test('the name does not resolve', async () => {
    expect((await failure(connectTo(target(5432, { host: 'no-such-host.invalid' })))).code).toBe('upstream_unreachable')
  })

  test('it closes before it answers', async () => {
    const { port } = await serve((_, socket) => void socket.end())
    expect((await failure(connectTo(target(port)))).code).toBe('upstream_lost')
  })

  test('it resets in the middle of a message', async () => {
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write(welcome.subarray(0, 12), () => setTimeout(() => socket.resetAndDestroy(), 10))
    })
    expect((await failure(connectTo(target(port)))).code).toBe('upstream_lost')
  })

  test.each(['disable', 'prefer'] as const)('it never answers (tls: %s): the deadline ends it and the socket', async (tls) => {
    const { port, sockets } = await serve(() => undefined)
    const refused = await failure(connectTo(target(port, { tls }), {}, 60))
    expect([refused.code, refused.message]).toEqual(['upstream_unreachable', expect.stringContaining('upstreamConnectMs')])
    await expect.poll(() => [...sockets].every((socket) => socket.destroyed || socket.readableEnded)).toBe(true)
  })

  test('it drips bytes: the deadline is for the whole sign-in', async () => {
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write(ok)
      const timer = setInterval(() => socket.write(say('N', '\0')), 10)
      socket.once('close', () => clearInterval(timer))
    })
    expect((await failure(connectTo(target(port), {}, 100))).code).toBe('upstream_unreachable')
  })

  test('it speaks HTTP', async () => {
    const { port } = await serve((_, socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect((await failure(connectTo(target(port)))).code).toBe('protocol_violation')
  })
})

describe('a caller that gives up', () => {
  test('ends the attempt and the socket', async () => {
    const { port, sockets } = await serve(() => undefined)
    const controller = new AbortController()
    const attempt = failure(connectUpstream({ target: target(port), parameters: new Map(), signal: controller.signal }))
    await expect.poll(() => sockets.size).toBe(1)
    controller.abort()
    expect(await attempt).toMatchObject({ code: 'upstream_unreachable', side: 'client' })
    await expect.poll(() => [...sockets].every((socket) => socket.destroyed || socket.readableEnded)).toBe(true)
  })

  test('before it began opens no socket', async () => {
    const { port, sockets } = await serve(() => undefined)
    expect((await failure(connectUpstream({ target: target(port), parameters: new Map(), signal: AbortSignal.abort() }))).code).toBe('upstream_unreachable')
    expect(sockets.size).toBe(0)
  })

  test.each(['replication', '_pq_.command'])('may not pass %s on', async (name) => {
    const { port } = await answering(welcome)
    expect((await failure(connectTo(target(port), { [name]: 'true' }))).code).toBe('input_invalid')
  })
})

describe('cancelUpstream', () => {
  const secret = Buffer.from('abcd')
  test('sends the key and waits for the server to close', async () => {
    let sent = ''
    const { port } = await serve(async (peer, socket) => {
      sent = (await peer.untyped()).toString('hex')
      socket.end()
    })
    await cancelUpstream(target(port), { processId: 4711, secret })
    expect(sent).toBe(`04d2162e${int32(4711).toString('hex')}61626364`)
  })

  test('goes through TLS where the connection does', async () => {
    const ca = createTestCa()
    let sent = ''
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.removeAllListeners('data')
      socket.write('S')
      const inside = new Peer(new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(ca.issue(['localhost'])) }))
      sent = (await inside.untyped()).toString('hex', 0, 4)
      inside.socket.end()
    })
    await cancelUpstream(target(port, { tls: 'verify-full', ca: ca.cert, host: 'localhost' }), { processId: 1, secret })
    expect(sent).toBe('04d2162e')
  })

  test('does not wait for ever', async () => {
    const { port } = await serve(() => undefined)
    expect((await failure(cancelUpstream(target(port), { processId: 1, secret }, 60))).code).toBe('upstream_unreachable')
  })

  test('says when nobody is there', async () => {
    expect((await failure(cancelUpstream(target(1), { processId: 1, secret }))).code).toBe('upstream_unreachable')
  })
})
