// Sign-in in the system browser: authorization code with PKCE, answered on a loopback port of our own (RFC 8252 §7.3).
// The listener takes one answer, and only one that carries our state: another page on this machine can neither finish nor end it.
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as oidc from 'openid-client'
import { GatehouseError } from '../../shared/errors.ts'
import { signInMs } from '../limits.ts'
import { discover, isLoopback, providerFailure, tokensOf, type Provider, type ProviderTokens } from './provider.ts'

export interface CodeFlow {
  /** The page to open in a browser. */
  readonly url: string
  /** Rejects with login_failed: refused, cancelled, or too late. */
  readonly tokens: Promise<ProviderTokens>
}

export async function startCodeFlow(provider: Provider, signal: AbortSignal): Promise<CodeFlow> {
  const configuration = await discover(provider)
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  const nonce = oidc.randomNonce()
  const answer = await listenForAnswer(state, signal)
  const wantsOffline = provider.scopes.includes('offline_access')
  const url = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: answer.redirectUri, scope: provider.scopes.join(' '), state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
    // OpenID Connect Core 11: offline_access must be asked for with consent.
    ...(wantsOffline ? { prompt: 'consent' } : {}),
  })
  if (!isPage(url)) {
    answer.close()
    throw new GatehouseError('login_failed', `the sign-in page of ${provider.name} is not on https: it is not opened`, { side: 'upstream' })
  }
  const tokens = answer.url.then(async ({ callback, reply }) => {
    try {
      const granted = await oidc.authorizationCodeGrant(configuration, callback, {
        pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
      })
      const result = tokensOf(provider, granted)
      reply('You are signed in', 'You can close this page and go back to Gatehouse.')
      return result
    } catch (error) {
      const failure = providerFailure(provider, error)
      reply('Sign-in did not finish', failure.message)
      throw failure
    }
  }).finally(answer.close)
  return { url: url.href, tokens }
}

/** What is handed to the system's browser: a provider must not make it open a file or start a program. */
const isPage = ({ protocol, hostname }: URL) => protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))

interface Answer { readonly callback: URL; readonly reply: (title: string, text: string) => void }

async function listenForAnswer(state: string, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  promise.catch(() => undefined) // Whoever awaits `tokens` sees it; before that nobody does.
  let isAnswered = false
  let base = ''
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (incoming, outgoing) => {
    const callback = incoming.method === 'GET' && `http://${incoming.headers.host}` === base ? callbackOf(incoming, base, state) : null
    if (callback === null || isAnswered) return page(outgoing, 404, 'Nothing here', 'This address only takes the answer of a sign-in that Gatehouse started.')
    isAnswered = true
    resolve({ callback, reply: (title, text) => page(outgoing, 200, title, text) })
  })
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const late = setTimeout(() => reject(new GatehouseError('login_failed', `nobody signed in within ${signInMs / 60_000} minutes; start again`, { side: 'client' })), signInMs)
  const cancelled = () => reject(new GatehouseError('login_failed', 'sign-in was cancelled', { side: 'client' }))
  signal.addEventListener('abort', cancelled)
  if (signal.aborted) cancelled()
  const close = () => {
    clearTimeout(late)
    signal.removeEventListener('abort', cancelled)
    server.close()
    server.closeIdleConnections()
  }
  return { redirectUri: `${base}/callback`, url: promise, close }
}

function callbackOf(incoming: IncomingMessage, base: string, state: string): URL | null {
  const path = incoming.url ?? ''
  if (!path.startsWith('/callback?') || path.length > 8_192) return null
  const url = new URL(path, base)
  const [given, wanted] = [Buffer.from(url.searchParams.get('state') ?? ''), Buffer.from(state)]
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? url : null
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string) => text.replaceAll(/[&<>"]/g, (character) => escapes[character]!)

function page(outgoing: ServerResponse, status: number, title: string, text: string): void {
  const style = 'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;color:#1c2024;background:#fcfcfd}@media(prefers-color-scheme:dark){body{color:#edeef0;background:#111113}}'
  outgoing.writeHead(status, {
    'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'", connection: 'close',
  })
  outgoing.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Gatehouse</title><style>${style}</style><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p></html>\n`)
}
