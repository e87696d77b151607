// The environment of a connection, production unmistakable: colour, weight and word.
import { environmentOf } from '../lib/environment.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import { classes } from '../ui/classes.ts'
import styles from './EnvironmentBadge.module.css'

export function EnvironmentBadge({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  const { name, tone } = environmentOf(labels)
  if (name === null) return null
  return <span className={classes(styles['badge'], styles[tone])}><span className={styles['dot']} aria-hidden="true" /><Untrusted text={name} /></span>
}
