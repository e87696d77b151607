// The button. A button that cannot be used says why: `disabledReason` instead of `disabled`, read by its tooltip.
import type { ComponentProps, ReactNode } from 'react'
import styles from './Button.module.css'
import { classes } from './classes.ts'
import { Tip } from './Tip.tsx'

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  readonly look?: 'primary' | 'plain' | 'ghost' | 'danger'
  readonly size?: 'small' | 'medium' | 'large'
  readonly icon?: ReactNode
  readonly disabledReason?: string | null | false
}

export function Button({ look = 'plain', size = 'medium', icon, disabledReason, className, children, onClick, type = 'button', ...rest }: ButtonProps) {
  const isOff = typeof disabledReason === 'string'
  const button = (
    <button
      {...rest} type={type} aria-disabled={isOff || undefined} onClick={isOff ? undefined : onClick}
      className={classes(styles['button'], styles[look], styles[size], className)}
    >
      {icon}{children !== undefined && <span className={styles['label']}>{children}</span>}
    </button>
  )
  return isOff && disabledReason !== '' ? <Tip text={disabledReason}>{button}</Tip> : button
}

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label' | 'children' | 'disabled'> {
  /** The accessible name, and the tooltip. */
  readonly label: string
  readonly keys?: string
  readonly icon: ReactNode
  readonly size?: 'small' | 'medium'
}

export function IconButton({ label, keys, icon, size = 'medium', className, type = 'button', ...rest }: IconButtonProps) {
  return (
    <Tip text={label} {...(keys === undefined ? {} : { keys })}>
      <button {...rest} type={type} aria-label={label} className={classes(styles['button'], styles['ghost'], styles['icon'], styles[size], className)}>{icon}</button>
    </Tip>
  )
}
