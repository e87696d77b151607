// A few lines of text, labelled. Mod+Enter is the form's own: whoever uses it decides what it does.
import { useId, type ComponentProps, type ReactNode } from 'react'
import styles from './Field.module.css'

export interface TextAreaProps extends ComponentProps<'textarea'> { readonly label: string; readonly note?: ReactNode }

export function TextArea({ label, note, ...area }: TextAreaProps) {
  const id = useId()
  return (
    <div className={styles['field']}>
      <label htmlFor={id}>{label}</label>
      <textarea rows={3} {...area} id={id} className={styles['area']} aria-describedby={note === undefined ? undefined : `${id}-note`} />
      {note !== undefined && <p id={`${id}-note`} className={styles['note']}>{note}</p>}
    </div>
  )
}
