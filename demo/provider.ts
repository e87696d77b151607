// A real OpenID provider on loopback (oidc-provider) with a handful of made-up people. It is for the demo and for tests: whoever can
// reach this port can sign in as any of them, so the port is bound to 127.0.0.1 and the gateway of the demo holds sample data only.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Provider, type Configuration, type KoaContextWithOIDC } from 'oidc-provider'
import { GatehouseError } from '../shared/errors.ts'
import { claimsOf, providerKeys, signToken, type ProviderKeys } from './provider-keys.ts'
import { contentSecurityPolicy, devicePages, escapeHtml, page, signInPage } from './provider-pages.ts'
import { providerStore, type ProviderStore } from './provider-store.ts'
import { keptSecret } from './secrets.ts'
import { sampleUsers, type SampleUser } from './users.ts'

export interface RunningProvider {
  readonly issuer: string
  readonly clientId: string
  /** A JWT of this provider for the user, good for eight hours. */
  token(user: SampleUser): Promise<string>
  stop(): Promise<void>
}

export const clientId = 'gatehouse'
const formBytesMax = 8_192

/** Listens on 127.0.0.1:`port`; keys and sign-ins are kept below `data`. */
export async function startProvider({ data, port }: { readonly data: string; readonly port: number }): Promise<RunningProvider> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 })
  const issuer = `http://127.0.0.1:${await listen(server, port)}`
  const keys = await providerKeys(join(data, 'secrets', 'provider-keys.json'))
  const store = providerStore(join(data, 'secrets', 'provider-state.json'))
  const provider = new Provider(issuer, configuration(keys, store, keptSecret(data, 'provider-cookies')))
  provider.use(forgetSession)
  const answer = provider.callback()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // Another name for this address in the Host header is a page that rebinds its DNS name to it.
    if (`http://${request.headers.host}` !== issuer) return send(response, 421, page('Wrong address', `<p>This provider is ${issuer}.</p>`))
    const uid = /^\/interaction\/([\w-]+)$/.exec(request.url ?? '')?.[1]
    if (uid === undefined) return void answer(request, response)
    interaction(provider, request, response, uid).catch((error: unknown) => failed(response, error))
  })
  return {
    issuer, clientId,
    token: (user) => signToken(keys, issuer, user),
    async stop() {
      store.save()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE'
      ? new GatehouseError('port_taken', `port ${port} of the demo's sign-in provider is in use by another program; stop it and start again`, { cause: error })
      : error))
    server.listen(port, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}

function configuration(keys: ProviderKeys, store: ProviderStore, cookieKey: string): Configuration {
  return {
    adapter: (name: string) => store.adapter(name),
    clients: [{
      client_id: clientId, client_name: 'Gatehouse', application_type: 'native', token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'], response_types: ['code'],
      // RFC 8252 7.3: a native client's loopback redirect matches on any port.
      redirect_uris: ['http://127.0.0.1/callback', 'http://127.0.0.1/'],
    }],
    jwks: { keys: keys.keys.map((key) => ({ ...key })) } as NonNullable<Configuration['jwks']>,
    pkce: { required: () => true },
    scopes: ['openid', 'email', 'groups', 'profile', 'offline_access'],
    claims: { openid: ['sub', 'name'], email: ['email', 'email_verified'], groups: ['groups'], profile: ['name'] },
    // The gateway reads the ID token and nothing else, so the claims stand in it and not only at the userinfo endpoint.
    conformIdTokenClaims: false,
    async findAccount(_ctx, id) {
      const user = sampleUsers.find(({ name }) => name === id)
      return user && { accountId: id, claims: async () => ({ ...claimsOf(user), groups: [...user.groups] }) }
    },
    expiresWithSession: async () => false,
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    // Cookies ignore ports: names of our own, apart from whatever else runs on 127.0.0.1.
    cookies: { keys: [cookieKey], names: { session: 'gatehouse_demo_session', interaction: 'gatehouse_demo_interaction', resume: 'gatehouse_demo_resume' } },
    ttl: { AccessToken: 3600, AuthorizationCode: 60, DeviceCode: 600, Grant: 14 * 86_400, IdToken: 3600, Interaction: 3600, RefreshToken: 14 * 86_400, Session: 3600 },
    features: {
      devInteractions: { enabled: false },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: async (ctx, form, _out, error) => { ctx.body = devicePages.input(form, error ? 'That code is not known here, or too old. Look again.' : null) },
        userCodeConfirmSource: async (ctx, form, _client, _device, code) => { ctx.body = devicePages.confirm(form, code) },
        successSource: async (ctx) => { ctx.body = devicePages.done() },
      },
    },
    renderError: async (ctx, out) => {
      ctx.type = 'html'
      ctx.body = page('That did not work', `<p>${escapeHtml(out.error_description ?? out.error)}</p><p>Go back to Gatehouse and sign in again.</p>`)
    },
  }
}

/** Everyone chooses anew at each sign-in, for the demo is for looking through different eyes: a session ends with the answer that made it. */
async function forgetSession(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next()
  const session = ctx.oidc?.session
  if (session?.accountId !== undefined) await session.destroy()
}

/** GET shows the page; POST signs in, with consent given by the same click, or cancels. oidc-provider ties it to the browser by a cookie. */
async function interaction(provider: Provider, request: IncomingMessage, response: ServerResponse, uid: string): Promise<void> {
  const details = await provider.interactionDetails(request, response)
  if (details.uid !== uid) throw new GatehouseError('login_failed', 'this page belongs to another sign-in')
  if (request.method === 'GET') return send(response, 200, signInPage(uid))
  if (request.method !== 'POST' || (request.headers.origin ?? provider.issuer) !== provider.issuer) return send(response, 405, page('Not like this', '<p>Use the buttons of the sign-in page.</p>'))
  const form = await readForm(request)
  if (form.has('cancel')) return provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'sign-in was cancelled' })
  const user = userOf(form)
  if (!user) return send(response, 403, signInPage(uid, 'No such name, or another password. The names are ana, eli, otto and pia.'))
  const grant = new provider.Grant({ accountId: user.name, clientId: String(details.params['client_id']) })
  grant.addOIDCScope(String(details.params['scope'] ?? 'openid'))
  const grantId = await grant.save()
  await provider.interactionFinished(request, response, { login: { accountId: user.name, remember: false }, consent: { grantId } })
}

function userOf(form: URLSearchParams): SampleUser | undefined {
  const chosen = form.get('user')
  if (chosen !== null) return sampleUsers.find(({ name }) => name === chosen)
  return sampleUsers.find(({ name, password }) => name === form.get('username')?.trim().toLowerCase() && password === form.get('password'))
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > formBytesMax) throw new GatehouseError('limit_exceeded', 'the form is too large')
  }
  return new URLSearchParams(text)
}

function failed(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy()
  // Nobody's fault mostly: an old tab, a page opened in another browser.
  send(response, 400, page('This sign-in is over', `<p>${escapeHtml(error instanceof Error ? error.message : String(error))}</p><p>Go back to Gatehouse and sign in again.</p>`))
}

function send(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'same-origin', 'x-content-type-options': 'nosniff',
    'content-security-policy': contentSecurityPolicy,
  })
  response.end(html)
}
