// Signing in: which gateway, which provider, and the wait for the browser that does the rest.
import { ExternalLink, KeyRound, Unplug } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { LoginState } from '../../shared/ipc.ts'
import { signIn, useLogin } from '../stores/login.ts'
import { useSettings } from '../stores/settings.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { CopyButton } from '../ui/CopyButton.tsx'
import { Field } from '../ui/Field.tsx'
import { Logo } from '../ui/Logo.tsx'
import { Spinner } from '../ui/Spinner.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './SignIn.module.css'

export function SignIn() {
  const state = useLogin((login) => login.state)
  const error = useLogin((login) => login.error)
  return (
    <main className={styles['page']}>
      <div className={styles['card']}>
        <header className={styles['brand']}>
          <Logo size={40} />
          <h1>Gatehouse</h1>
          <p>One gate to production: it knows who is calling, decides each command, and keeps a record.</p>
        </header>
        {error !== null && <Banner tone="danger"><Untrusted text={error} /></Banner>}
        {state === null && error === null && <p className={styles['wait']} role="status"><Spinner /> Starting…</p>}
        {state !== null && <Step state={state} />}
      </div>
    </main>
  )
}

function Step({ state }: { readonly state: LoginState }) {
  if (state.kind === 'signing-in') return <Waiting state={state} />
  if (state.kind === 'unreachable') return <Unreachable state={state} />
  if (state.kind === 'signed-in') return null
  return (
    <>
      {state.gateway !== null && <Providers state={state} />}
      <GatewayForm key={state.gateway} gateway={state.gateway} isFirst={state.gateway === null} />
    </>
  )
}

function Providers({ state }: { readonly state: LoginState & { readonly kind: 'signed-out' } }) {
  if (state.providers.length === 0) return <Banner tone="warn">This gateway offers no way for people to sign in. Its operator adds an entry of kind <code>human</code> under <code>identity:</code>.</Banner>
  return (
    <div className={styles['providers']}>
      {state.providers.map(({ name, issuer }, at) => (
        <div key={name} className={styles['provider']}>
          <Button look={at === 0 ? 'primary' : 'plain'} size="large" icon={<KeyRound size={16} />} onClick={() => void signIn.start(name)} title={issuer}>Sign in with {name}</Button>
          <span className={styles['issuer']}><Untrusted text={issuer} /></span>
        </div>
      ))}
    </div>
  )
}

function GatewayForm({ gateway, isFirst }: { readonly gateway: string | null; readonly isFirst: boolean }) {
  const remembered = useSettings((settings) => settings.gateway)
  const [url, setUrl] = useState(gateway ?? remembered ?? '')
  const [isBusy, setBusy] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    void signIn.point(url.trim()).finally(() => setBusy(false))
  }
  const isNew = url.trim() !== '' && url.trim() !== gateway
  return (
    <form onSubmit={submit} className={styles['gateway']}>
      <Field label="Gateway" type="url" required placeholder="https://gate.example.com" value={url} onChange={(event) => setUrl(event.target.value)} autoFocus={isFirst} spellCheck={false}
        {...(isFirst ? { note: 'The address your operator gave you. Everything goes through it.' } : {})} />
      {(isFirst || isNew) && <Button type="submit" look={isFirst ? 'primary' : 'plain'} size="large" icon={isBusy ? <Spinner /> : undefined}>{isFirst ? 'Continue' : 'Use this gateway'}</Button>}
    </form>
  )
}

function Waiting({ state }: { readonly state: LoginState & { readonly kind: 'signing-in' } }) {
  return (
    <div className={styles['waiting']}>
      <p role="status" className={styles['wait']}><Spinner /> Waiting for your browser…</p>
      <p>Sign in with <b><Untrusted text={state.provider} /></b> on the page that opened; this window goes on by itself.</p>
      <div className={styles['actions']}>
        {/* The host gives the URL; it opens in the system's browser, without an opener. */}
        <a href={state.url} target="_blank" rel="noreferrer noopener" className={styles['again']}><ExternalLink size={14} aria-hidden="true" />Open the page again</a>
        <CopyButton text={state.url} label="Copy link" what="sign-in link" />
        <Button look="ghost" size="small" onClick={() => void signIn.cancel()}>Cancel</Button>
      </div>
    </div>
  )
}

function Unreachable({ state }: { readonly state: LoginState & { readonly kind: 'unreachable' } }) {
  return (
    <div className={styles['waiting']} role="alert">
      <p className={styles['lost']}><Unplug size={16} aria-hidden="true" /> The gateway does not answer</p>
      <p><code><Untrusted text={state.gateway} /></code></p>
      <p><Untrusted text={state.message} /></p>
      <p>Gatehouse keeps trying, and goes on when it is back.</p>
      <div className={styles['actions']}><Button look="primary" onClick={() => void signIn.point(state.gateway)}>Try again now</Button></div>
      <GatewayForm gateway={state.gateway} isFirst={false} />
    </div>
  )
}
