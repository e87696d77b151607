// Keys of a shortcut, as they stand on this keyboard.
import { keyParts } from '../lib/platform.ts'
import styles from './Keys.module.css'

export const Keys = ({ keys }: { readonly keys: string }) => (
  <span className={styles['keys']} aria-hidden="true">{keyParts(keys).map((part) => <kbd key={part}>{part}</kbd>)}</span>
)
