// `gatehouse demo`: starts the stack, says how to use it, and takes everything down again. The launcher spawns this file, because
// nothing else imports demo/. Progress and errors go to stderr, the ready line (or, on a terminal, a summary for people) to stdout.
import { parseArgs } from 'node:util'
import { GatehouseError } from '../shared/errors.ts'
import { createProgress } from './progress.ts'
import { startStack, type Stack } from './stack.ts'
import { summary } from './summary.ts'

/** One Ctrl-C may reach us more than once: by the terminal, by npm, by the launcher. Only a later one is a second wish. */
const sameSignalMs = 1_000

const stopping = new AbortController()
let stoppingSince = 0
let exitCode = 0
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) process.on(signal, () => stop(code))
// The launcher is gone, killed outright perhaps: so are we.
if (process.channel) {
  process.on('disconnect', () => stop(143))
  process.channel.unref()
}

let stack: Stack | undefined
try {
  const { values } = parseArgs({ options: { data: { type: 'string' }, 'no-app': { type: 'boolean' }, json: { type: 'boolean' } } })
  stack = await startStack({ data: values.data, withApp: values['no-app'] !== true, progress: createProgress(), signal: stopping.signal })
  process.stdout.write(values.json === true || !process.stdout.isTTY ? `${JSON.stringify(stack.ready)}\n` : summary(stack))
  process.send?.(stack.ready)
  const reason = await Promise.race([stack.lost, aborted(stopping.signal)])
  if (reason !== null) throw new GatehouseError('upstream_lost', reason, { side: 'upstream' })
} catch (error) {
  if (!stopping.signal.aborted) say(error)
}
await stack?.stop()
process.exit(exitCode)

/** The first call stops in order, within bounds; a later one leaves at once (PostgreSQL's guard then stops it all the same). */
function stop(code: number): void {
  if (stopping.signal.aborted && performance.now() - stoppingSince > sameSignalMs) process.exit(code)
  if (stopping.signal.aborted) return
  stoppingSince = performance.now()
  exitCode = code
  if (process.stderr.isTTY) process.stderr.write('\nStopping …\n')
  stopping.abort()
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => { signal.addEventListener('abort', () => resolve(null), { once: true }) })
}

function say(error: unknown): void {
  exitCode = 1
  process.stderr.write(`gatehouse: ${error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)}\n`)
  if (!(error instanceof GatehouseError) && process.env['GATEHOUSE_LOG'] === 'debug') process.stderr.write(`${(error as Error).stack}\n`)
}
