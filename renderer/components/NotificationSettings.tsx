// When approvals may call: at all, with a sound, in which hours. What is open is in the inbox at any hour.
import type { NotificationSettings as Notifications, OnCallHours } from '../../shared/ipc.ts'
import { fullDays } from '../lib/format.ts'
import { Field } from '../ui/Field.tsx'
import { Segmented } from '../ui/Segmented.tsx'
import styles from './NotificationSettings.module.css'

const workingHours: OnCallHours = { days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' }
/** Monday first. */
const week = [1, 2, 3, 4, 5, 6, 0] as const

export function NotificationSettings({ value, onChange }: { readonly value: Notifications; readonly onChange: (value: Notifications) => void }) {
  const { isOn, hasSound, hours } = value
  const change = (next: Partial<Notifications>) => onChange({ ...value, ...next })
  return (
    <div className={styles['settings']}>
      <Segmented label="Notifications" value={isOn ? 'on' : 'off'} onChange={(to) => change({ isOn: to === 'on' })} options={[{ value: 'on', label: 'Notify me' }, { value: 'off', label: 'Do not' }]} />
      <Segmented label="Sound" value={hasSound ? 'sound' : 'silent'} onChange={(to) => change({ hasSound: to === 'sound' })} options={[{ value: 'sound', label: 'With a sound' }, { value: 'silent', label: 'Silent' }]} />
      <Segmented label="Hours" value={hours === null ? 'always' : 'hours'} onChange={(to) => change({ hours: to === 'always' ? null : workingHours })} options={[{ value: 'always', label: 'At any time' }, { value: 'hours', label: 'In these hours' }]} />
      {hours !== null && <Hours hours={hours} onChange={(next) => change({ hours: next })} />}
    </div>
  )
}

function Hours({ hours, onChange }: { readonly hours: OnCallHours; readonly onChange: (hours: OnCallHours) => void }) {
  const toggle = (day: number) => onChange({ ...hours, days: hours.days.includes(day) ? hours.days.filter((each) => each !== day) : [...hours.days, day].toSorted((one, other) => one - other) })
  const time = (key: 'from' | 'to', label: string) => <Field label={label} type="time" value={hours[key]} onChange={(event) => { if (event.target.value !== '') onChange({ ...hours, [key]: event.target.value.slice(0, 5) }) }} />
  return (
    <>
      <fieldset className={styles['days']}>
        <legend className="visually-hidden">Days</legend>
        {week.map((day) => <label key={day} data-checked={hours.days.includes(day) || undefined}><input type="checkbox" checked={hours.days.includes(day)} onChange={() => toggle(day)} aria-label={fullDays[day]} />{fullDays[day].slice(0, 2)}</label>)}
      </fieldset>
      <div className={styles['times']}>{time('from', 'From')}{time('to', 'To')}</div>
      {hours.to <= hours.from && <p className={styles['note']}>Until {hours.to} of the next day.</p>}
    </>
  )
}
