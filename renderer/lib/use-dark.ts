// Whether the window is dark now: by the setting, else by the system. For what CSS cannot reach (Monaco's themes).
import { useSyncExternalStore } from 'react'
import { useSettings } from '../stores/settings.ts'

const query = () => matchMedia('(prefers-color-scheme: dark)')

function subscribe(changed: () => void): () => void {
  const media = query()
  media.addEventListener('change', changed)
  return () => media.removeEventListener('change', changed)
}

export function useIsDark(): boolean {
  const theme = useSettings((settings) => settings.theme)
  const isSystemDark = useSyncExternalStore(subscribe, () => query().matches)
  return theme === 'system' ? isSystemDark : theme === 'dark'
}

/** For what is no component. */
export function isDarkNow(): boolean {
  const { theme } = useSettings.getState()
  return theme === 'system' ? query().matches : theme === 'dark'
}
