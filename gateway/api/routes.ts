// From the route table (shared/api.ts) to fastify: the one place where a request is parsed, its caller authenticated, and an answer
// checked against its schema before it leaves. A resource gives plain functions: input and caller in, output out.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { routes, type RouteName, type RouteOutput } from '../../shared/api.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { bearerOf } from '../identity/bearer.ts'
import type { ApiContext, Caller } from './context.ts'

type Input<N extends RouteName> = z.output<(typeof routes)[N]['input']>

/** Routes that answer without a bearer. */
type OpenRoute = 'info'
export type Handler<N extends RouteName> = (input: Input<N>, caller: N extends OpenRoute ? null : Caller) => Promise<RouteOutput<N>>
export type Handlers = { readonly [N in RouteName]: Handler<N> }

const openRoutes: ReadonlySet<RouteName> = new Set<OpenRoute>(['info'])

export function registerRoutes(server: FastifyInstance, handlers: Handlers, context: ApiContext): void {
  for (const name of Object.keys(routes) as RouteName[]) {
    const { method, path, input, output } = routes[name]
    // The table ties each handler to its own input and output; a loop over all of them cannot say so in types.
    const handle = handlers[name] as (input: unknown, caller: Caller | null) => Promise<unknown>
    server.route({
      method, url: path, config: { route: name },
      async handler(request) {
        if (openRoutes.has(name)) return checked(output, await handle(parsed(input, request), null))
        context.requireOpen()
        const caller = await callerOf(request, context)
        try {
          return checked(output, await handle(parsed(input, request), caller))
        } finally {
          caller.lease.dispose()
        }
      },
    })
  }
}

async function callerOf(request: FastifyRequest, { identity }: ApiContext): Promise<Caller> {
  const token = bearerOf(request.headers.authorization)
  const lease = await identity.authenticate(token)
  return { token, lease, principal: lease.principal }
}

/** What stands in the path wins: a query or a body cannot name another `id`. */
function parsed(schema: z.ZodType, request: FastifyRequest): unknown {
  const [body, query, params] = [request.body, request.query, request.params].map((part) => (typeof part === 'object' && part !== null ? part : {}))
  const result = schema.safeParse({ ...body, ...query, ...params })
  if (result.success) return result.data
  const where = result.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ')
  throw new GatehouseError('input_invalid', `the request is not as expected: ${where}`, { side: 'client' })
}

/** Strips what the schema does not name, so that nothing leaves by accident. */
function checked(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new GatehouseError('internal', `an answer is not as shared/api.ts says: ${result.error.issues.map((issue) => issue.path.join('.')).join(', ')}`)
}
