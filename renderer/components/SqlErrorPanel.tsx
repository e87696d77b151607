// Why a statement did not run (or not to its end): a refusal by policy in plain words, or PostgreSQL's own error with all it said.
import { CircleX, ShieldX } from 'lucide-react'
import type { SqlError } from '../../shared/ipc.ts'
import { refusalOf } from '../lib/refusal.ts'
import { Button } from '../ui/Button.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import { classes } from '../ui/classes.ts'
import styles from './SqlErrorPanel.module.css'

export interface SqlErrorPanelProps { readonly error: SqlError; readonly hasRows: boolean; readonly onShow: () => void; readonly onSay: () => void }

export const SqlErrorPanel = (props: SqlErrorPanelProps) => (props.error.isRefusal ? <RefusalPanel {...props} /> : <ServerErrorPanel {...props} />)

function RefusalPanel({ error, onShow, onSay, hasRows }: SqlErrorPanelProps) {
  const { title, rule, policy, reason, advice, wantsReason } = refusalOf(error)
  return (
    <div className={classes(styles['panel'], hasRows && styles['above'])} role="alert">
      <ShieldX size={20} className={styles['icon']} aria-hidden="true" />
      <div className={styles['text']}>
        <h2>{title}</h2>
        <p className={styles['message']}><Untrusted text={reason} /></p>
        {(rule !== null || policy !== null) && (
          <dl className={styles['facts']}>
            {rule !== null && <div><dt>Rule</dt><dd><Untrusted text={rule} /></dd></div>}
            {policy !== null && <div><dt>Policy</dt><dd><Untrusted text={policy} /></dd></div>}
            <div><dt>Code</dt><dd>{error.code}</dd></div>
          </dl>
        )}
        {error.detail !== null && <p className={styles['more']}><Untrusted text={error.detail} as="block" /></p>}
        <p className={styles['more']}><Untrusted text={advice} as="block" /></p>
        <p className={styles['foot']}>
          {wantsReason && <Button size="small" look="primary" onClick={onSay}>Say what it is for…</Button>}
          <Button size="small" onClick={onShow}>Show in editor</Button>
        </p>
      </div>
    </div>
  )
}

function ServerErrorPanel({ error, onShow, hasRows }: SqlErrorPanelProps) {
  return (
    <div className={classes(styles['panel'], hasRows && styles['above'])} role="alert">
      <CircleX size={20} className={styles['icon']} aria-hidden="true" />
      <div className={styles['text']}>
        <h2><Untrusted text={error.message} as="block" /></h2>
        {error.detail !== null && <p className={styles['more']}><b>Detail</b> <Untrusted text={error.detail} as="block" /></p>}
        {error.hint !== null && <p className={styles['more']}><b>Hint</b> <Untrusted text={error.hint} as="block" /></p>}
        <p className={styles['foot']}>
          <span className={styles['code']}>SQLSTATE {error.code}</span>
          <Button size="small" onClick={onShow}>{error.position === null ? 'Show statement' : 'Show in editor'}</Button>
        </p>
      </div>
    </div>
  )
}
