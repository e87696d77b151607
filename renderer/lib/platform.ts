// Keys as this keyboard names them.

export const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform)

const macKeys: Readonly<Record<string, string>> = { Mod: '⌘', Shift: '⇧', Alt: '⌥', Enter: '↵' }
const otherKeys: Readonly<Record<string, string>> = { Mod: 'Ctrl', Enter: '↵' }

/** `Mod+Shift+Enter` → its parts as they stand on the keys. */
export const keyParts = (keys: string): readonly string[] => keys.split('+').map((key) => (isMac ? macKeys : otherKeys)[key] ?? key)

export const isMod = (event: { readonly ctrlKey: boolean; readonly metaKey: boolean }): boolean => (isMac ? event.metaKey : event.ctrlKey)
