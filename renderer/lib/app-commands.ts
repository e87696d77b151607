// Commands that the palette gives and the page in view carries out.

export type AppCommand = 'run-cursor' | 'run-all' | 'cancel' | 'new-tab' | 'psql' | 'toggle-tree'

const listeners = new Set<(command: AppCommand) => void>()

export function onAppCommand(listener: (command: AppCommand) => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export function giveAppCommand(command: AppCommand): void {
  for (const listener of listeners) listener(command)
}
