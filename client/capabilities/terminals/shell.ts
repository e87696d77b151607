// The shell of a terminal and the environment it starts with: the user's own login shell, as it would start in any terminal, but for
// our KUBECONFIG, and without what belongs to us (tokens, the app's runtime). Completion of kubectl is offered where the shell can
// have it, without a change to anybody's files.
import { userInfo } from 'node:os'
import { basename } from 'node:path'

export interface Shell {
  readonly file: string
  readonly name: string
  readonly args: readonly string[]
}

export interface ShellOptions {
  readonly env: NodeJS.ProcessEnv
  readonly platform: NodeJS.Platform
  /** Our start file of bash, where it has been written. */
  readonly bashrc: string | null
  /** Of the passwd entry; SHELL is preferred, as every terminal does. */
  readonly loginShell?: string | null
}

export function shellOf({ env, platform, bashrc, loginShell = null }: ShellOptions): Shell {
  if (platform === 'win32') return { file: env['ComSpec'] ?? 'cmd.exe', name: 'cmd', args: [] }
  const file = absolute(env['SHELL']) ?? absolute(loginShell) ?? '/bin/sh'
  const name = basename(file)
  // Our file does what a login shell does, and adds the completion (bash-start.ts): bash reads no file of ours with --login.
  if (name === 'bash' && bashrc !== null) return { file, name, args: ['--rcfile', bashrc, '-i'] }
  return { file, name, args: ['-l'] }
}

const absolute = (path: string | null | undefined): string | null => (path?.startsWith('/') === true ? path : null)

/** Null where there is none (a container's user without an entry). */
export function loginShell(): string | null {
  try {
    return userInfo().shell
  } catch {
    // userInfo throws for a uid that no file knows: then SHELL, or sh.
    return null
  }
}

/** Ours, or our runtime's: a shell that had them would hand them to whatever it runs. */
const kept = (name: string) => !/^(?:GATEHOUSE_|ELECTRON_|npm_|CHROME_)/i.test(name) && !dropped.has(name)
const dropped: ReadonlySet<string> = new Set([
  'NODE_OPTIONS', 'NODE_ENV', 'NODE_CHANNEL_FD', 'NODE_UNIQUE_ID', 'INIT_CWD', 'PGPASSWORD', 'PGPASSFILE',
  // Of the terminal we were started in.
  'COLUMNS', 'LINES', 'TERMCAP', 'WINDOWID', 'TERM_SESSION_ID', 'KUBECONFIG', 'OLDPWD', 'SHLVL',
])

export function shellEnvironment(env: NodeJS.ProcessEnv, own: { readonly kubeconfig: string; readonly version: string }): Record<string, string> {
  const theirs = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && kept(entry[0]))
  return {
    ...Object.fromEntries(theirs),
    TERM: 'xterm-256color', COLORTERM: 'truecolor', TERM_PROGRAM: 'gatehouse', TERM_PROGRAM_VERSION: own.version, KUBECONFIG: own.kubeconfig,
  }
}
