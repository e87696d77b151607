// Sizes and drawers of the window: the user's own, remembered on this computer.
import { create } from 'zustand'
import { createJSONStorage, persist } from 'zustand/middleware'

interface LayoutStore {
  readonly treeWidth: number
  /** Share of the SQL page's height that the editor takes. */
  readonly editorShare: number
  readonly detailWidth: number
  /** Of the detail beside a cluster's lists. */
  readonly resourceWidth: number
  readonly isTreeShown: boolean
  /** Drawers of a narrow window; closed at every start. */
  readonly isMenuOpen: boolean
  readonly isTreeDrawerOpen: boolean
  readonly isPaletteOpen: boolean
  readonly isShortcutSheetOpen: boolean
}

export const useLayout = create<LayoutStore>()(persist(() => ({
  treeWidth: 264, editorShare: 0.42, detailWidth: 320, resourceWidth: 420, isTreeShown: true,
  isMenuOpen: false, isTreeDrawerOpen: false, isPaletteOpen: false, isShortcutSheetOpen: false,
} satisfies LayoutStore as LayoutStore), {
  name: 'gatehouse.layout',
  storage: createJSONStorage(() => localStorage),
  partialize: ({ treeWidth, editorShare, detailWidth, resourceWidth, isTreeShown }) => ({ treeWidth, editorShare, detailWidth, resourceWidth, isTreeShown }),
}))

export const layout = {
  openPalette: () => useLayout.setState({ isPaletteOpen: true, isMenuOpen: false }),
  openShortcuts: () => useLayout.setState({ isShortcutSheetOpen: true }),
  closeDrawers: (): void => { useLayout.setState({ isMenuOpen: false, isTreeDrawerOpen: false }) },
}
