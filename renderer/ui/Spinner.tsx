// Something is under way. Decorative: say what in words beside it.
import styles from './Spinner.module.css'

export const Spinner = ({ size = 14 }: { readonly size?: number }) => <span className={styles['spinner']} style={{ width: size, height: size }} aria-hidden="true" />
