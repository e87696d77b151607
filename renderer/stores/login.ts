// Who is signed in, as the host says it. `principal` outlives a gateway that stops answering, so that work stays on screen.
import { create } from 'zustand'
import type { LoginState } from '../../shared/ipc.ts'
import type { Principal } from '../../shared/principal.ts'
import { call, desktop } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'

interface LoginStore {
  /** Null until the host's first answer. */
  readonly state: LoginState | null
  readonly principal: Principal | null
  readonly error: string | null
}

export const useLogin = create<LoginStore>(() => ({ state: null, principal: null, error: null }))

export function takeLogin(state: LoginState): void {
  useLogin.setState((before) => ({ state, error: null, principal: principalAfter(before.principal, state) }))
}

function principalAfter(before: Principal | null, state: LoginState): Principal | null {
  if (state.kind === 'signed-in') return state.principal
  return state.kind === 'unreachable' ? before : null
}

export function watchLogin(): void {
  desktop().on('login.changed', takeLogin)
  void act(() => call('login.state', null))
}

/** Runs one of the login calls and takes its answer; a failure is kept to be shown. */
export async function act(ask: () => Promise<LoginState>): Promise<void> {
  try {
    takeLogin(await ask())
  } catch (reason) {
    useLogin.setState({ error: failureOf(reason).message })
  }
}

export const signIn = {
  point: (url: string) => act(() => call('login.gateway', { url })),
  start: (provider: string) => act(() => call('login.start', { provider })),
  cancel: () => act(() => call('login.cancel', null)),
  out: () => act(() => call('login.logout', null)),
}
