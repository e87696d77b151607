// Port-forward: pairs the error and the data stream of each connection, and gives the pair to whatever listens behind the port.
import type { ServerStream } from './spdy-server.ts'
import type { OpenPort } from './types.ts'

interface Pair { error?: ServerStream; data?: ServerStream }

/** Takes each stream as it is opened. */
export function createPorts(open: OpenPort): (stream: ServerStream) => void {
  const pairs = new Map<string, Pair>()
  return (stream) => {
    const request = stream.headers.get('requestid') ?? ''
    const pair = pairs.get(request) ?? {}
    pairs.set(request, pair)
    if (stream.headers.get('streamtype') === 'error') pair.error = stream
    else pair.data = stream
    if (pair.error === undefined || pair.data === undefined) return
    pairs.delete(request)
    void forward(open, pair.data, pair.error)
  }
}

async function forward(open: OpenPort, data: ServerStream, error: ServerStream): Promise<void> {
  const port = Number(data.headers.get('port'))
  const handle = open(port)
  error.input.resume()
  try {
    if (handle === null) throw new Error(`failed to connect to localhost:${port} inside namespace: dial tcp4 127.0.0.1:${port}: connect: connection refused`)
    await handle({ input: data.input, output: data.output })
  } catch (cause) {
    data.input.resume()
    error.output.write(`error forwarding port ${port} to pod: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  data.output.end()
  error.output.end()
}
