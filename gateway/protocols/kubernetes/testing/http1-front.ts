// The demo's cluster as an API server that speaks HTTP/1.1 only: TLS that offers nothing else, and bytes passed through.
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import type { Cluster } from '../../../../demo/cluster/cluster.ts'

export async function startHttp1Front(cluster: Cluster, tlsFolder: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const open = new Set<TLSSocket>()
  const keep = (socket: TLSSocket, other: TLSSocket) => {
    open.add(socket)
    socket.on('error', () => other.destroy()).once('close', () => { open.delete(socket); other.destroy() })
  }
  const server = createServer({ cert: readFileSync(join(tlsFolder, 'cert.pem')), key: readFileSync(join(tlsFolder, 'key.pem')), ALPNProtocols: ['http/1.1'] }, (client) => {
    const upstream = connect({ host: '127.0.0.1', port: cluster.port, ca: cluster.ca, ALPNProtocols: ['http/1.1'] })
    keep(client, upstream)
    keep(upstream, client)
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise((done) => { server.close(done) })
    },
  }
}
