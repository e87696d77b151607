// Reading a provider's documents: bounded in time and bytes, no redirects, HTTPS (plain HTTP from loopback only, for a
// provider on the same machine). After a failure the provider is left alone for a moment, however many tokens name it.
import { GatehouseError } from '../../shared/errors.ts'
import { providerFetchMs, providerResponseBytesMax, providerRetryMs } from '../limits.ts'

export type ProviderFetch = (url: string) => Promise<Response>

/** Rejects with provider_unreachable. The answer is a 200 whose body is already read and within the limit. */
export function createProviderFetch(now: () => number = Date.now): ProviderFetch {
  const retryAt = new Map<string, number>()
  return async (url) => {
    requireSafeUrl(url)
    if (now() < (retryAt.get(url) ?? 0)) throw unreachable(url, 'it failed a moment ago')
    try {
      const body = await boundedGet(url)
      retryAt.delete(url)
      return new Response(new Uint8Array(body), { status: 200, headers: { 'content-type': 'application/json' } })
    } catch (error) {
      retryAt.set(url, now() + providerRetryMs)
      throw error instanceof GatehouseError ? error : unreachable(url, reasonOf(error), error)
    }
  }
}

/** Keys that travel in the clear are anybody's keys. */
export function requireSafeUrl(url: string): void {
  const { protocol, hostname } = new URL(url)
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback)) return
  throw new GatehouseError('provider_unreachable', `${url} is not HTTPS: a provider's keys are read over HTTPS, or over HTTP from loopback`)
}

async function boundedGet(url: string): Promise<Buffer> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(providerFetchMs), headers: { accept: 'application/json' } })
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel()
    throw unreachable(url, `it answered ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > providerResponseBytesMax) throw unreachable(url, `its answer is longer than providerResponseBytesMax (${providerResponseBytesMax} bytes)`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed'
  if (error.name === 'TimeoutError') return `no answer within ${providerFetchMs} ms`
  const { cause } = error
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message
}

function unreachable(url: string, reason: string, cause?: unknown): GatehouseError {
  return new GatehouseError('provider_unreachable', `${url} cannot be read: ${reason}; tokens of this provider are refused until it answers`, { side: 'upstream', cause })
}
