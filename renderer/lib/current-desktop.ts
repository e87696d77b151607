// The one Desktop of this page, set by main.tsx before anything renders. Everything outside the renderer goes through it.
import type { Desktop, IpcCallName, IpcInput, IpcOutput } from '../../shared/ipc.ts'

let current: Desktop | null = null

export function provideDesktop(desktop: Desktop): void {
  current = desktop
}

export function desktop(): Desktop {
  if (current === null) throw new Error('no Desktop yet: main.tsx provides it before the first render')
  return current
}

/** Asks the host; rejects with a `Failure`. */
export function call<N extends IpcCallName>(name: N, input: IpcInput<N>): Promise<IpcOutput<N>> {
  return desktop().call(name, input)
}
