// Asks for time-boxed access: to what, for how long, what for. The gateway says where a word is none of policy's.
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { ConnectionKind } from '../../shared/connection.ts'
import { approvalReasonCharactersMax, grantMinutesMax } from '../../shared/limits.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { useConnections } from '../lib/queries.ts'
import { paths } from '../lib/routes.ts'
import { takeWhole } from '../stores/approvals.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Field } from '../ui/Field.tsx'
import { TextArea } from '../ui/TextArea.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './DecideDialog.module.css'
import own from './RequestAccess.module.css'

const wordsOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter((word) => word !== '')

/** What one asks for, in the words of each kind of connection. */
const wordings = {
  postgres: { kinds: 'update', on: 'public.*', missing: 'Name at least one kind of statement', kindsLabel: 'Kinds of statement', kindsNote: 'As in a policy: select, insert, update, delete, …; * is every kind.', onLabel: 'Tables', onNote: 'schema.table, with * as in a policy; empty is any.' },
  kubernetes: { kinds: 'delete', on: 'default/pods', missing: 'Name at least one verb', kindsLabel: 'Verbs', kindsNote: 'As in a policy: get, list, create, update, patch, delete, exec, …; * is every verb.', onLabel: 'Resources', onNote: 'namespace/resource, with * as in a policy; empty is any.' },
} as const satisfies Readonly<Record<ConnectionKind, Readonly<Record<string, string>>>>

export function RequestAccess({ onClose }: { readonly onClose: () => void }) {
  const connections = useConnections().data ?? []
  const [, navigate] = useLocation()
  const [connection, setConnection] = useState<string | null>(null)
  // Null: what is usual for the kind of connection.
  const [writtenKinds, setKinds] = useState<string | null>(null)
  const [writtenOn, setOn] = useState<string | null>(null)
  const [minutes, setMinutes] = useState(60)
  const [purpose, setPurpose] = useState('')
  const name = connection ?? connections[0]?.name
  const words = wordings[connections.find((each) => each.name === name)?.kind ?? 'postgres']
  const [kinds, on] = [writtenKinds ?? words.kinds, writtenOn ?? words.on]
  const send = useMutation({
    mutationFn: () => call('grants.request', { connection: name!, kinds: wordsOf(kinds), on: wordsOf(on).length === 0 ? null : wordsOf(on), minutes, purpose: purpose.trim() }),
    onSuccess: (whole) => { takeWhole(whole); onClose(); navigate(paths.approval(whole.id)) },
  })
  const missing = send.isPending ? 'It is being sent'
    : name === undefined ? 'There is no connection to ask for'
      : wordsOf(kinds).length === 0 ? words.missing
        : !(minutes >= 1 && minutes <= grantMinutesMax) ? `Between 1 and ${grantMinutesMax} minutes`
          : purpose.trim() === '' ? 'Say what it is for' : null
  return (
    <Dialog title="Ask for access" isOpen onClose={onClose} description="What is of this sort then runs without being asked about one by one, until the time is over. What is denied stays denied.">
      <form className={styles['form']} onSubmit={(event) => { event.preventDefault(); if (missing === null) send.mutate() }}>
        <label className={own['select']}>Connection
          <select value={name ?? ''} onChange={(event) => { setConnection(event.target.value); setKinds(null); setOn(null) }}>{connections.map((each) => <option key={each.name} value={each.name}>{each.name}</option>)}</select>
        </label>
        <Field label={words.kindsLabel} value={kinds} onChange={(event) => setKinds(event.target.value)} note={words.kindsNote} spellCheck={false} />
        <Field label={words.onLabel} value={on} onChange={(event) => setOn(event.target.value)} note={words.onNote} spellCheck={false} />
        <Field label="Minutes" type="number" min={1} max={grantMinutesMax} value={Number.isNaN(minutes) ? '' : minutes} onChange={(event) => setMinutes(event.target.valueAsNumber)} />
        <TextArea label="What is it for?" placeholder="INC-42: …" value={purpose} maxLength={approvalReasonCharactersMax} onChange={(event) => setPurpose(event.target.value)} />
        {send.error !== null && <Banner tone="danger"><Untrusted text={failureOf(send.error).message} /></Banner>}
        <div className={styles['buttons']}><Button onClick={onClose}>Back</Button><Button type="submit" look="primary" disabledReason={missing}>Ask</Button></div>
      </form>
    </Dialog>
  )
}
