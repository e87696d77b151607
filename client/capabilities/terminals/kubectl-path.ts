// Where the user's shell finds kubectl. An app that was started from a desktop has another PATH than a shell, so the shell is asked;
// what its start files print stays out of the answer.
import { spawn } from 'node:child_process'
import { kubectlLookMs } from '../../limits.ts'

const mark = '__gatehouse_kubectl__'
const answerBytesMax = 64 * 1024
/** What the shell wrote may still be in the pipe when it ends. */
const lastWordsMs = 200

/** Null: the shell has none, or did not say in time. */
export async function kubectlPath(shell: { readonly file: string; readonly name: string }, env: NodeJS.ProcessEnv): Promise<string | null> {
  const isWindows = process.platform === 'win32'
  const [file, args] = isWindows ? ['where', ['kubectl']] as const : [shell.file, [...flagsOf(shell.name), `command -v kubectl | sed 's/^/${mark}/'`]] as const
  const { promise, resolve } = Promise.withResolvers<string>()
  // No input, and no terminal (detached): a start file that asks something gets no answer, and no shell takes ours.
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'ignore'], detached: !isWindows, timeout: kubectlLookMs, killSignal: 'SIGKILL', windowsHide: true })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { if (output.length < answerBytesMax) output += text })
  child.once('error', () => resolve(''))
  child.once('close', () => resolve(output))
  // What a start file left running in the background may hold the pipe open for good.
  child.once('exit', () => setTimeout(() => { child.stdout.destroy() }, lastWordsMs).unref())
  const lines = (await promise).split(/\r?\n/)
  const line = isWindows ? lines[0] : lines.find((each) => each.startsWith(mark))?.slice(mark.length)
  return line === undefined || line.trim() === '' ? null : line.trim()
}

/** Login and interactive: PATH may be set in either's files. */
const flagsOf = (name: string): readonly string[] => (name === 'sh' || name === 'dash' ? ['-l', '-c'] : ['-l', '-i', '-c'])
