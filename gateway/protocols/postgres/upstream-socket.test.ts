// TLS towards a server that may be anyone: modes, what is verified, and the switch (CVE-2021-23222).
import type { Duplex } from 'node:stream'
import { createSecureContext, TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import type { GatehouseError } from '../../../shared/errors.ts'
import { createTestCa } from '../../testing/certificates.ts'
import { auth, connectTo, error, failure, Peer, serve, stopServers, target, welcome } from './testing/fake-upstream.ts'

afterEach(stopServers)

describe('TLS', () => {
  const ca = createTestCa()
  const leaf = ca.issue(['localhost'])

  /** Answers SSLRequest with `S` (glued to `glue`), and goes on inside TLS as told. */
  function tlsServer(inside: (peer: Peer, socket: TLSSocket) => Promise<void>, certificate = leaf, glue: Buffer = Buffer.alloc(0)) {
    return serve(async (peer, socket) => {
      expect((await peer.untyped()).toString('hex')).toBe('04d2162f')
      socket.removeAllListeners('data')
      socket.write(Buffer.concat([Buffer.from('S'), glue]))
      const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(certificate), ALPNProtocols: ['postgresql'] })
      await inside(new Peer(secure), secure)
    })
  }
  const greet = async (peer: Peer, socket: Duplex): Promise<void> => {
    await peer.untyped()
    socket.write(welcome)
  }

  test('asks for postgresql by ALPN and names the host', async () => {
    let alpn: string | false | null = null
    const { port } = await tlsServer(async (peer, socket) => {
      await peer.untyped()
      alpn = socket.alpnProtocol
      socket.write(welcome)
    })
    ;(await connectTo(target(port, { tls: 'verify-full', ca: ca.cert, host: 'localhost' }))).socket.destroy()
    expect(alpn).toBe('postgresql')
  })

  test('binds SCRAM to the certificate', async () => {
    let first = ''
    const { port } = await tlsServer(async (peer, socket) => {
      await peer.untyped()
      socket.write(auth(10, 'SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0'))
      first = (await peer.typed()).toString()
      socket.write(error('28P01', ''))
    })
    await failure(connectTo(target(port, { tls: 'require' })))
    expect(first).toMatch(/^SCRAM-SHA-256-PLUS\0.{4}p=tls-server-end-point,,n=,r=/s)
  })

  const other = createTestCa('another CA')
  const trust = { none: null, its: ca.cert, another: other.cert }
  test.each([
    ['prefer', 'none', '127.0.0.1', 'ok'],
    ['require', 'none', '127.0.0.1', 'ok'],
    ['require', 'another', '127.0.0.1', 'upstream_unreachable'],
    ['verify-ca', 'its', '127.0.0.1', 'ok'],
    ['verify-ca', 'another', '127.0.0.1', 'upstream_unreachable'],
    ['verify-ca', 'none', '127.0.0.1', 'upstream_unreachable'],
    ['verify-full', 'its', 'localhost', 'ok'],
    ['verify-full', 'its', '127.0.0.1', 'upstream_unreachable'],
    ['verify-full', 'another', 'localhost', 'upstream_unreachable'],
  ] as const)('%s with %s CA and host %s: %s', async (tls, trusted, host, expected) => {
    const { port } = await tlsServer(greet)
    const outcome = await connectTo(target(port, { tls, ca: trust[trusted], host })).then((upstream) => {
      upstream.socket.destroy()
      return 'ok'
    }, (reason: GatehouseError) => reason.code)
    expect(outcome).toBe(expected)
  })

  test('verify-full takes an address that the certificate names', async () => {
    const { port } = await tlsServer(greet, ca.issue(['127.0.0.1']))
    ;(await connectTo(target(port, { tls: 'verify-full', ca: ca.cert }))).socket.destroy()
  })

  test.each(['prefer', 'require', 'verify-full'] as const)('bytes glued to the S end it (%s): they must never be read as if TLS had carried them', async (tls) => {
    const { port } = await tlsServer(greet, leaf, welcome)
    expect((await failure(connectTo(target(port, { tls, ca: ca.cert, host: 'localhost' })))).code).toBe('protocol_violation')
  })

  test('plain bytes instead of a TLS handshake end it, and nothing falls back to plain text', async () => {
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write('S')
      await peer.take(1)
      socket.write(welcome)
    })
    expect((await failure(connectTo(target(port, { tls: 'prefer' })))).code).toBe('upstream_unreachable')
  })

  test.each(['require', 'verify-ca', 'verify-full'] as const)('%s never goes on in plain text', async (tls) => {
    let sent = 0
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write('N')
      socket.on('data', (chunk: Buffer) => { sent += chunk.length })
    })
    expect((await failure(connectTo(target(port, { tls, ca: ca.cert })))).code).toBe('upstream_rejected')
    expect(sent).toBe(0)
  })

  test('prefer goes on in plain text when the server has no TLS', async () => {
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write('N')
      await greet(peer, socket)
    })
    ;(await connectTo(target(port, { tls: 'prefer' }))).socket.destroy()
  })

  test.each([['an error', error('08P01', 'go away')], ['E alone', Buffer.from('E')], ['something else', Buffer.from('H')]])('an answer to SSLRequest that is %s ends it', async (_, answer) => {
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write(answer)
    })
    const refused = await failure(connectTo(target(port, { tls: 'prefer' })))
    expect([refused.code, refused.message]).toEqual(['protocol_violation', expect.not.stringContaining('go away')])
  })

  test('a peer that closes during the TLS handshake ends it', async () => {
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write('S')
      await peer.take(1)
      socket.destroy()
    })
    expect((await failure(connectTo(target(port, { tls: 'require' })))).code).toBe('upstream_unreachable')
  })

  test('a TLS handshake that stalls ends at the deadline', async () => {
    const { port } = await serve(async (peer, socket) => {
      await peer.untyped()
      socket.write('S')
    })
    const refused = await failure(connectTo(target(port, { tls: 'require' }), {}, 80))
    expect(refused.message).toContain('upstreamConnectMs')
  })
})
