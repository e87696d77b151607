// Whether the page still has its host. Only the browser host can be lost: in Electron it lives as long as the window.
import { create } from 'zustand'
import type { HostLink } from '../lib/browser-desktop.ts'

export const useHost = create<{ readonly link: HostLink }>(() => ({ link: { kind: 'linked' } }))
