// How to reach a connection with psql or any PostgreSQL client: by a listener of this app on loopback, or by the gateway's own.
// Commands hold no secret: it is in the passfile they name.
import { Radio } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { NativeAccess } from '../../shared/ipc.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { fullTime } from '../lib/format.ts'
import { rememberNative, useNative } from '../lib/queries.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { CopyButton } from '../ui/CopyButton.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './PsqlDialog.module.css'

export function PsqlDialog({ connection, onClose }: { readonly connection: string; readonly onClose: () => void }) {
  const native = useNative(connection)
  const [error, setError] = useState<string | null>(null)
  const ask = (name: 'connections.listen' | 'connections.unlisten') => {
    setError(null)
    call(name, { connection }).then(rememberNative, (reason: unknown) => setError(failureOf(reason).message))
  }
  const failure = error ?? (native.error === null ? null : failureOf(native.error).message)
  return (
    <Dialog isOpen onClose={onClose} width="wide" title={`Connect to ${connection} with psql`} description="Any PostgreSQL client works. The gateway decides, masks and records just as it does here.">
      <div className={styles['ways']}>
        {failure !== null && <Banner tone="danger"><Untrusted text={failure} /></Banner>}
        {native.isPending && <p role="status" className={styles['note']}>Asking…</p>}
        {native.data !== undefined && <Loopback access={native.data} onListen={() => ask('connections.listen')} onUnlisten={() => ask('connections.unlisten')} />}
        {native.data !== undefined && <Gateway access={native.data} />}
      </div>
    </Dialog>
  )
}

function Loopback({ access, onListen, onUnlisten }: { readonly access: NativeAccess; readonly onListen: () => void; readonly onUnlisten: () => void }) {
  const { loopback } = access
  return (
    <section className={styles['way']} aria-label="On this computer">
      <header>
        <div><h3>On this computer</h3><p className={styles['note']}>Lasts while Gatehouse is open; it renews your sign-in for you.</p></div>
        {loopback === null
          ? <Button look="primary" icon={<Radio size={14} />} onClick={onListen}>Open a local port</Button>
          : <Button onClick={onUnlisten}>Close the port</Button>}
      </header>
      {loopback !== null && (
        <>
          <p role="status" className={styles['live']}><span aria-hidden="true" />Listening on {loopback.host}:{loopback.port}, this computer only</p>
          <Command command={loopback.command} what="psql command for this computer" />
          <p className={styles['note']}>The password is in <code><Untrusted text={loopback.passfile} /></code>, readable by you only. Closing the port makes it useless.</p>
        </>
      )}
    </section>
  )
}

function Gateway({ access }: { readonly access: NativeAccess }) {
  const { gateway } = access
  return (
    <section className={styles['way']} aria-label="Straight to the gateway">
      <header><div><h3>Straight to the gateway</h3><p className={styles['note']}>For scripts and other computers; works without this app until the token expires.</p></div></header>
      {gateway === null
        ? <p className={styles['note']}>This gateway has no PostgreSQL listener of its own.</p>
        : (
          <>
            <Command command={gateway.command} what="psql command for the gateway" />
            <p className={styles['note']}>At <code><Untrusted text={gateway.address} /></code>. The token is in <code><Untrusted text={gateway.passfile} /></code>, readable by you only; it expires {fullTime(gateway.expiresAt)}, and open sessions end then.</p>
          </>
        )}
    </section>
  )
}

const Command = ({ command, what }: { readonly command: string; readonly what: string }): ReactNode => (
  <div className={styles['command']}><pre tabIndex={0}><Untrusted text={command} as="block" /></pre><CopyButton text={command} what={what} /></div>
)
