// For whoever runs the gateway: alive, ready, measured. Outside the route table, since no client of ours calls them.
// Metrics hold counts only; all the same they answer this machine and reviewers, not strangers.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { GatehouseError } from '../../shared/errors.ts'
import { bearerOf } from '../identity/bearer.ts'
import type { ApiContext } from './context.ts'

export function registerOperations(server: FastifyInstance, context: ApiContext): void {
  server.get('/healthz', async () => ({ ok: true }))
  server.get('/readyz', async () => {
    context.requireOpen()
    return { ready: true }
  })
  server.get('/metrics', async (request, reply) => {
    await requireReader(request, context)
    return reply.type(context.metrics.contentType).send(await context.metrics.text())
  })
}

async function requireReader(request: FastifyRequest, { identity, isReviewer }: ApiContext): Promise<void> {
  if (isLoopback(request.socket.remoteAddress)) return
  const lease = await identity.authenticate(bearerOf(request.headers.authorization))
  lease.dispose()
  if (!isReviewer(lease.principal)) throw new GatehouseError('forbidden', 'metrics are for this machine and for reviewers', { side: 'client' })
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(::ffff:)?127\./.test(address))
}
