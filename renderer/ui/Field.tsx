// Text inputs: labelled, or with a search icon and a placeholder for what it searches.
import { Search } from 'lucide-react'
import { useId, type ComponentProps, type ReactNode } from 'react'
import styles from './Field.module.css'
import { classes } from './classes.ts'

export interface FieldProps extends ComponentProps<'input'> { readonly label: string; readonly note?: ReactNode }

export function Field({ label, note, className, ...input }: FieldProps) {
  const id = useId()
  return (
    <div className={classes(styles['field'], className)}>
      <label htmlFor={id}>{label}</label>
      <input {...input} id={id} className={styles['input']} aria-describedby={note === undefined ? undefined : `${id}-note`} />
      {note !== undefined && <p id={`${id}-note`} className={styles['note']}>{note}</p>}
    </div>
  )
}

export interface SearchFieldProps extends Omit<ComponentProps<'input'>, 'type'> { readonly label: string }

export const SearchField = ({ label, className, ...input }: SearchFieldProps) => (
  <div className={classes(styles['search'], className)}>
    <Search size={14} aria-hidden="true" />
    <input {...input} type="search" aria-label={label} placeholder={input.placeholder ?? label} spellCheck={false} autoComplete="off" />
  </div>
)
