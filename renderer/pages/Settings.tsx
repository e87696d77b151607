// How the app looks, which gateway it uses, what it is, and the way out.
import { LogOut, Monitor, Moon, Sun } from 'lucide-react'
import { useState } from 'react'
import { NotificationSettings } from '../components/NotificationSettings.tsx'
import { TerminalSettings } from '../components/TerminalSettings.tsx'
import { failureOf } from '../lib/failure.ts'
import { fullTime } from '../lib/format.ts'
import { useAppInfo } from '../lib/queries.ts'
import { signIn, useLogin } from '../stores/login.ts'
import { changeSettings, useSettings } from '../stores/settings.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Segmented } from '../ui/Segmented.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './Page.module.css'

const sizes = ['11', '12', '13', '14', '16', '18'] as const

export function Settings() {
  const settings = useSettings()
  const info = useAppInfo()
  const state = useLogin((login) => login.state)
  const principal = useLogin((login) => login.principal)
  const [error, setError] = useState<string | null>(null)
  const change = (next: Parameters<typeof changeSettings>[0]) => {
    setError(null)
    changeSettings(next).catch((reason: unknown) => setError(failureOf(reason).message))
  }
  return (
    <div className={styles['page']}>
      <header className={styles['head']}><h1>Settings</h1></header>
      {error !== null && <Banner tone="danger">{error}</Banner>}
      <section className={styles['section']} aria-labelledby="settings-look">
        <h2 id="settings-look">Appearance</h2>
        <div className={styles['rows']}>
          <Segmented label="Theme" value={settings.theme} onChange={(theme) => change({ theme })} options={[
            { value: 'system', label: 'System', icon: <Monitor size={14} /> }, { value: 'light', label: 'Light', icon: <Sun size={14} /> }, { value: 'dark', label: 'Dark', icon: <Moon size={14} /> },
          ]} />
        </div>
      </section>
      <section className={styles['section']} aria-labelledby="settings-editor">
        <h2 id="settings-editor">Editor</h2>
        <div className={styles['rows']}>
          <Segmented label="Editor font size" value={String(settings.editorFontSize)} onChange={(size) => change({ editorFontSize: Number(size) })}
            options={[...new Set([...sizes, String(settings.editorFontSize)])].sort((a, b) => Number(a) - Number(b)).map((size) => ({ value: size, label: size }))} />
          <p className={styles['note']}>Size of the SQL editor’s text, in pixels.</p>
        </div>
      </section>
      <section className={styles['section']} aria-labelledby="settings-terminal">
        <h2 id="settings-terminal">Terminal</h2>
        <div className={styles['rows']}><TerminalSettings value={settings.terminal} onChange={(terminal) => change({ terminal })} /></div>
      </section>
      <section className={styles['section']} aria-labelledby="settings-notifications">
        <h2 id="settings-notifications">Approvals</h2>
        <div className={styles['rows']}>
          <NotificationSettings value={settings.notifications} onChange={(notifications) => change({ notifications })} />
          <p className={styles['note']}>When something that you may decide calls for you. Do-not-disturb of this computer holds as well, and the inbox has everything at any hour.</p>
        </div>
      </section>
      <section className={styles['section']} aria-labelledby="settings-account">
        <h2 id="settings-account">Account</h2>
        <div className={styles['rows']}>
          <dl className={styles['facts']}>
            <dt>Signed in as</dt><dd><Untrusted text={principal?.email ?? principal?.id ?? 'nobody'} /></dd>
            <dt>Groups</dt><dd>{principal === null || principal.groups.length === 0 ? 'none' : <Untrusted text={principal.groups.join(', ')} />}</dd>
            <dt>Provider</dt><dd><Untrusted text={principal?.provider ?? '–'} /></dd>
            {state?.kind === 'signed-in' && <><dt>Token until</dt><dd>{fullTime(state.expiresAt)}, renewed while you work</dd></>}
            <dt>Gateway</dt><dd><code><Untrusted text={state?.gateway ?? settings.gateway ?? 'none'} /></code></dd>
          </dl>
          <Button icon={<LogOut size={14} />} onClick={() => void signIn.out()}>Sign out</Button>
          <p className={styles['note']}>To use another gateway, sign out and enter its address on the sign-in page.</p>
        </div>
      </section>
      <section className={styles['section']} aria-labelledby="settings-about">
        <h2 id="settings-about">About</h2>
        <div className={styles['rows']}>
          <dl className={styles['facts']}>
            <dt>Gatehouse</dt><dd>{info.data?.version ?? '…'}</dd>
            <dt>Runs in</dt><dd>{info.data === undefined ? '…' : info.data.host === 'electron' ? 'a window of its own (Electron)' : 'this browser, served on loopback'}</dd>
            <dt>Platform</dt><dd>{info.data?.platform ?? '…'}</dd>
          </dl>
        </div>
      </section>
    </div>
  )
}
