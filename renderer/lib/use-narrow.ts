// Whether the window is too narrow for panes side by side.
import { useSyncExternalStore } from 'react'

const query = '(max-width: 760px)'

function subscribe(changed: () => void): () => void {
  const media = matchMedia(query)
  media.addEventListener('change', changed)
  return () => media.removeEventListener('change', changed)
}

export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => matchMedia(query).matches)
