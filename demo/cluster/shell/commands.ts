// Commands of the toy shell beside those for files: who and where one is, what runs, waiting, exiting.
import { setTimeout as sleepMs } from 'node:timers/promises'
import { resolvePath } from '../pods/files.ts'
import { Exit, type Command } from './context.ts'
import { fileCommands } from './file-commands.ts'

const killed = 137

const echo: Command = ({ out }, args) => {
  const hasNewline = args[0] !== '-n'
  const words = hasNewline ? args.filter((arg, index) => !(index === 0 && arg === '-e')) : args.slice(1)
  out(`${words.join(' ')}${hasNewline ? '\n' : ''}`)
  return 0
}

const cd: Command = ({ container, state, err }, [path = '/root']) => {
  const whole = resolvePath(state.folder, path)
  if (!container.files.isFolder(whole)) {
    err(`sh: cd: can't cd to ${path}: No such file or directory\n`)
    return 2
  }
  state.folder = whole
  return 0
}

const env: Command = ({ state, out }, [name]) => {
  if (name === undefined) for (const [key, value] of state.env) out(`${key}=${value}\n`)
  else if (state.env.has(name)) out(`${state.env.get(name)}\n`)
  else return 1
  return 0
}

const setVariables: Command = ({ state }, args) => {
  for (const arg of args) {
    const [name = '', ...value] = arg.split('=')
    state.env.set(name, value.join('='))
  }
  return 0
}

const sleep: Command = async ({ signal }, [seconds = '0']) => {
  const wait = seconds === 'infinity' ? 2 ** 31 - 1 : Number(seconds.replace(/s$/, '')) * 1000
  await sleepMs(Math.min(wait, 2 ** 31 - 1), undefined, { signal }).catch(() => undefined)
  return signal.aborted ? 130 : 0
}

const ps: Command = ({ container, out }) => {
  out(`PID   USER     TIME  COMMAND\n    1 root      0:41 ${container.main}\n   27 root      0:00 sh\n   34 root      0:00 ps\n`)
  return 0
}

/** `kill 1` ends the container's own process, and with it this shell. */
const kill: Command = ({ container, err }, args) => {
  const pid = args.find((arg) => !arg.startsWith('-'))
  if (pid === '1') {
    container.kill()
    throw new Exit(killed)
  }
  err(`sh: kill: (${pid ?? ''}) - No such process\n`)
  return 1
}

const seq: Command = async ({ out, signal }, args) => {
  const [first, last] = args.length > 1 ? [Number(args[0]), Number(args[1])] : [1, Number(args[0])]
  const many = 10_000
  for (let from = first; from <= last && !signal.aborted; from += many) {
    const numbers = Array.from({ length: Math.min(many, last - from + 1) }, (_, index) => from + index)
    out(`${numbers.join('\n')}\n`)
    // So that whoever reads may be slow and whoever stops may be heard.
    await sleepMs(0)
  }
  return 0
}

const say = (text: (container: Parameters<Command>[0]['container']) => string): Command => ({ container, out }) => { out(`${text(container)}\n`); return 0 }

export const commands: Readonly<Record<string, Command>> = {
  ...fileCommands, echo, cd, env, printenv: env, export: setVariables, sleep, ps, kill, seq,
  pwd: ({ state, out }) => { out(`${state.folder}\n`); return 0 },
  exit: ({ state }, [code]) => { throw new Exit(code === undefined ? state.lastCode : Number(code) & 255) },
  true: () => 0, ':': () => 0, false: () => 1,
  whoami: say(() => 'root'), id: say(() => 'uid=0(root) gid=0(root) groups=0(root)'), hostname: say(({ hostname }) => hostname),
  uname: say(({ hostname }) => `Linux ${hostname} 6.1.0-28-amd64 x86_64`), date: say(() => new Date().toUTCString()),
  which: ({ out }, [name = '']) => { if (!Object.hasOwn(commands, name)) return 1; out(`/bin/${name}\n`); return 0 },
  help: ({ out }) => { out(`a toy shell of the demo cluster; it knows: ${Object.keys(commands).sort().join(' ')}\n`); return 0 },
}

/** By its name or as /bin/name. */
export const commandNamed = (word: string): Command | undefined => {
  const name = word.replace(/^\/(?:usr\/)?bin\//, '')
  return Object.hasOwn(commands, name) ? commands[name] : undefined
}
