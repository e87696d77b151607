// Who is signed in to which gateway, and a gateway token that is always fresh: renewed at half of its life, once for all
// who ask at the same time, and tried again while the gateway is out of reach. Everything else asks here.
import type { RouteInput, RouteName, RouteOutput } from '../../shared/api.ts'
import { GatehouseError } from '../../shared/errors.ts'
import type { LoginState } from '../../shared/ipc.ts'
import { createApiClient, type ApiClient } from '../api-client.ts'
import { retryFirstMs, retryLastMs } from '../limits.ts'
import { parseGatewayUrl, type GatewayAddress } from '../trust.ts'
import { startCodeFlow } from './code-flow.ts'
import type { Provider } from './provider.ts'
import { exchange, isTokenRefusal, renew, renewAt } from './renew.ts'
import { loadLogins, saveLogin, type SavedLogin } from './saved-logins.ts'
import type { TokenStore } from './token-store.ts'

export interface AccountOptions {
  readonly store: TokenStore
  readonly openBrowser: (url: string) => Promise<void>
  /** `--gateway` or GATEHOUSE_URL; null: the one used last. */
  readonly gateway: string | null
  /** GATEHOUSE_CA: path of a PEM file. It speaks for `gateway`, or for any if none was named. */
  readonly ca: string | null
  readonly now?: () => number
}

export interface Pass { readonly address: GatewayAddress; readonly token: string; readonly expiresAt: string }

export class Account {
  readonly #options: AccountOptions
  readonly #now: () => number
  readonly #stateListeners = new Set<(state: LoginState) => void>()
  readonly #tokenListeners = new Set<(pass: Pass) => void>()
  #state: LoginState = { kind: 'signed-out', gateway: null, providers: [] }
  #api: ApiClient | null = null
  #saved: SavedLogin | null = null
  #renewing: Promise<SavedLogin> | null = null
  #signingIn: { readonly abort: AbortController; readonly done: Promise<void> } | null = null
  #timer: NodeJS.Timeout | undefined
  #retryMs = retryFirstMs
  #isDisposed = false

  constructor(options: AccountOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  get state(): LoginState {
    return this.#state
  }

  get principal(): SavedLogin['principal'] | null {
    return this.#saved?.principal ?? null
  }

  onChange(listener: (state: LoginState) => void): () => void {
    this.#stateListeners.add(listener)
    return () => this.#stateListeners.delete(listener)
  }

  /** Every fresh token: open tunnels and passfiles live on with it. */
  onToken(listener: (pass: Pass) => void): () => void {
    this.#tokenListeners.add(listener)
    return () => this.#tokenListeners.delete(listener)
  }

  /** Takes up what the store kept. Never rejects for a gateway that does not answer: that is a state. */
  async start(): Promise<LoginState> {
    const url = this.#options.gateway ?? (await loadLogins(this.#options.store)).current
    return url === null ? this.#state : this.useGateway(url)
  }

  async useGateway(text: string): Promise<LoginState> {
    const url = parseGatewayUrl(text)
    const saved = (await loadLogins(this.#options.store)).logins[url] ?? null
    await this.cancel()
    this.#api?.dispose()
    this.#api = createApiClient({ url, ca: this.#caOf(url, saved) })
    this.#saved = saved
    this.#retryMs = retryFirstMs
    return saved === null ? this.#becomeSignedOut() : this.#resume(saved)
  }

  #caOf(url: string, saved: SavedLogin | null): string | null {
    const named = this.#options.gateway === null ? url : parseGatewayUrl(this.#options.gateway)
    return (named === url ? this.#options.ca : null) ?? saved?.ca ?? null
  }

  /** Opens the provider's page and returns at once; `finished` waits for the end. */
  async signIn(name: string): Promise<LoginState> {
    const { provider, api } = await this.#findProvider(name)
    await this.cancel()
    if (this.#saved !== null) await this.signOut()
    const abort = new AbortController()
    const flow = await startCodeFlow(provider, abort.signal)
    const done = flow.tokens.then((tokens) => exchange(api, provider, tokens, this.#now)).then((login) => this.#accept(login))
    this.#signingIn = { abort, done }
    done.catch(() => undefined).finally(() => {
      if (this.#signingIn?.done !== done) return
      this.#signingIn = null
      if (this.#saved === null) return this.#becomeSignedOut()
    })
    this.#become({ kind: 'signing-in', gateway: api.address.url, provider: name, url: flow.url })
    await this.#options.openBrowser(flow.url)
    return this.#state
  }

  /** Resolves when the sign-in that was started has ended well; rejects with why it did not. */
  async finished(): Promise<LoginState> {
    await this.#signingIn?.done
    return this.#state
  }

  async cancel(): Promise<LoginState> {
    const flow = this.#signingIn
    this.#signingIn = null
    clearTimeout(this.#timer)
    flow?.abort.abort()
    await flow?.done.catch(() => undefined) // It was cancelled: that it failed is no news.
    return flow === null ? this.#state : this.#becomeSignedOut()
  }

  /** Revokes the token where the gateway can be reached, and forgets it in any case. */
  async signOut(): Promise<LoginState> {
    const [api, saved] = [this.#api, this.#saved]
    clearTimeout(this.#timer)
    if (api === null || saved === null) return this.#state
    this.#saved = null
    await saveLogin(this.#options.store, api.address.url, null)
    await api.call('revokeToken', {}, saved.token).catch((error: unknown) => {
      if (!isTokenRefusal(error) && !isUnreachable(error)) throw error
    })
    return this.#becomeSignedOut()
  }

  /** Keeps a sign-in that another flow got (device, environment). */
  async accept(login: SavedLogin): Promise<LoginState> {
    await this.#accept(login)
    return this.#state
  }

  async provider(name: string | null): Promise<{ provider: Provider; api: ApiClient }> {
    return this.#findProvider(name)
  }

  /** A token good for at least a moment. Rejects with not_signed_in, gateway_unreachable, gateway_untrusted. */
  async pass(): Promise<Pass> {
    const saved = this.#saved
    if (this.#api === null || saved === null) throw this.#notSignedIn()
    if (this.#isFresh(saved)) return passOf(this.#api, saved)
    try {
      return passOf(this.#api, await this.#renew())
    } catch (error) {
      if (Date.parse(saved.expiresAt) > this.#now() && this.#saved !== null) return passOf(this.#api, saved)
      throw error
    }
  }

  /** An API call as the signed-in principal; a token the gateway no longer knows is renewed once. */
  async call<N extends RouteName>(name: N, input: RouteInput<N>): Promise<RouteOutput<N>> {
    const { token } = await this.pass()
    const api = this.#api
    if (api === null) throw this.#notSignedIn()
    try {
      return await api.call(name, input, token)
    } catch (error) {
      if (!isTokenRefusal(error)) throw error
      this.#disown(token)
      return api.call(name, input, (await this.pass()).token)
    }
  }

  /** The gateway refused it, whatever its date says. Others may have renewed meanwhile: then it is not ours any more. */
  #disown(token: string): void {
    if (this.#saved?.token === token) this.#saved = { ...this.#saved, expiresAt: new Date(0).toISOString() }
  }

  /** Public facts of the gateway. */
  async info(): Promise<RouteOutput<'info'>> {
    if (this.#api === null) throw this.#notSignedIn()
    return this.#api.call('info', {}, null)
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true
    await this.cancel()
    this.#api?.dispose()
    this.#stateListeners.clear()
    this.#tokenListeners.clear()
  }

  #notSignedIn(): GatehouseError {
    const where = this.#api === null ? 'to a gateway' : `to ${this.#api.address.url}`
    return new GatehouseError('not_signed_in', `nobody is signed in ${where}; sign in first (gatehouse login)`, { side: 'client' })
  }

  async #findProvider(name: string | null): Promise<{ provider: Provider; api: ApiClient }> {
    const api = this.#api
    if (api === null) throw new GatehouseError('not_signed_in', 'no gateway is chosen; give its address with --gateway or GATEHOUSE_URL', { side: 'client' })
    const { providers } = await api.call('info', {}, null)
    const provider = name === null ? providers.find(({ kind }) => kind === 'human') : providers.find((each) => each.name === name)
    if (provider === undefined) throw new GatehouseError('login_failed', `${api.address.url} has no sign-in provider ${name ?? 'for people'}; it has ${providers.map((each) => each.name).join(', ') || 'none'}`, { side: 'client' })
    return { provider, api }
  }

  async #accept(login: SavedLogin): Promise<void> {
    const api = this.#api
    if (api === null || this.#isDisposed) return
    this.#saved = login
    await saveLogin(this.#options.store, api.address.url, login)
    this.#renewed(api, login)
  }

  async #resume(saved: SavedLogin): Promise<LoginState> {
    if (this.#isFresh(saved)) {
      this.#renewed(this.#api!, saved)
      return this.#state
    }
    await this.#renew().catch(() => undefined) // Its outcome is in the state.
    return this.#state
  }

  #isFresh(saved: SavedLogin): boolean {
    return renewAt(saved) > this.#now()
  }

  /** All who ask while one renewal is under way get that one. */
  #renew(): Promise<SavedLogin> {
    return this.#renewing ??= this.#renewOnce().finally(() => { this.#renewing = null })
  }

  async #renewOnce(): Promise<SavedLogin> {
    const [api, before] = [this.#api, this.#saved]
    if (api === null || before === null) throw this.#notSignedIn()
    // Another process (the CLI beside the app) may have renewed meanwhile, and rotated the refresh token.
    const kept = (await loadLogins(this.#options.store)).logins[api.address.url] ?? before
    try {
      const login = kept.token !== before.token && this.#isFresh(kept) ? kept : await renew(api, kept, this.#now)
      if (this.#api !== api || this.#saved === null) throw this.#notSignedIn()
      if (login !== kept) await saveLogin(this.#options.store, api.address.url, login)
      this.#saved = login
      this.#renewed(api, login)
      return login
    } catch (error) {
      if (this.#api === api && this.#saved !== null) await this.#failed(api, before, error)
      throw error
    }
  }

  #renewed(api: ApiClient, login: SavedLogin): void {
    this.#retryMs = retryFirstMs
    this.#schedule(Math.max(renewAt(login) - this.#now(), retryFirstMs))
    for (const listener of this.#tokenListeners) listener(passOf(api, login))
    this.#become({ kind: 'signed-in', gateway: api.address.url, principal: { ...login.principal, claims: {} }, expiresAt: login.expiresAt })
  }

  async #failed(api: ApiClient, saved: SavedLogin, error: unknown): Promise<void> {
    const lasts = Date.parse(saved.expiresAt) - this.#now()
    if (isUnreachable(error)) {
      this.#schedule(this.#retryMs)
      this.#retryMs = Math.min(this.#retryMs * 2, retryLastMs)
      this.#become({ kind: 'unreachable', gateway: api.address.url, message: (error as Error).message })
    } else if (lasts > 0 && !isTokenRefusal(error)) {
      this.#schedule(lasts) // It cannot be renewed, but it is good until then.
    } else {
      this.#saved = null
      await saveLogin(this.#options.store, api.address.url, null)
      await this.#becomeSignedOut()
    }
  }

  #schedule(inMs: number): void {
    clearTimeout(this.#timer)
    if (this.#isDisposed) return
    this.#timer = setTimeout(() => void this.#tick(), Math.min(inMs, 0x7fff_ffff)).unref()
  }

  async #tick(): Promise<void> {
    if (this.#saved === null) await this.#becomeSignedOut()
    else await this.#renew().catch(() => undefined) // Its outcome is in the state.
  }

  async #becomeSignedOut(): Promise<LoginState> {
    const api = this.#api
    if (api === null || this.#saved !== null || this.#isDisposed) return this.#state
    try {
      const { providers } = await api.call('info', {}, null)
      if (this.#isSignedOutOf(api)) this.#become({ kind: 'signed-out', gateway: api.address.url, providers: choicesOf(providers) })
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error
      if (this.#isSignedOutOf(api)) {
        this.#schedule(this.#retryMs)
        this.#retryMs = Math.min(this.#retryMs * 2, retryLastMs)
        this.#become({ kind: 'unreachable', gateway: api.address.url, message: error.message })
      }
    }
    return this.#state
  }

  #isSignedOutOf(api: ApiClient): boolean {
    return this.#api === api && this.#saved === null && this.#signingIn === null
  }

  #become(state: LoginState): void {
    if (this.#isDisposed || JSON.stringify(state) === JSON.stringify(this.#state)) return
    this.#state = state
    for (const listener of this.#stateListeners) listener(state)
  }
}

const passOf = (api: ApiClient, { token, expiresAt }: SavedLogin): Pass => ({ address: api.address, token, expiresAt })
const passing: ReadonlySet<string> = new Set(['gateway_unreachable', 'gateway_untrusted', 'provider_unreachable', 'store_unavailable'])
/** What trying again later can help. */
const isUnreachable = (error: unknown) => error instanceof GatehouseError && passing.has(error.code)

/** Those a person can sign in with; CI and agents bring their token. */
const choicesOf = (providers: RouteOutput<'info'>['providers']) => providers.filter(({ kind }) => kind === 'human').map(({ name, issuer }) => ({ name, issuer }))
