// A process between the demo and PostgreSQL: it runs in a session of its own, so that a Ctrl-C in the terminal does not reach the
// server, and when its stdin ends (the demo asked, or is gone, kill -9 included) it shuts the server down. Nothing is left behind.
import { spawn } from 'node:child_process'

const { command, args, uid, gid, env } = JSON.parse(process.argv[2]!) as {
  command: string; args: readonly string[]; uid?: number; gid?: number; env: Record<string, string>
}

const identity = uid === undefined || gid === undefined ? {} : { uid, gid }
const server = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env, ...identity })
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
server.on('exit', (code) => process.exit(code ?? 1))

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
process.stdin.on('end', stop).on('close', stop).on('error', stop).resume()

let isStopping = false

/** Fast shutdown first (clients are cut, data is flushed), then immediate, then by force. */
function stop(): void {
  if (isStopping) return
  isStopping = true
  server.kill('SIGINT')
  setTimeout(() => server.kill('SIGQUIT'), 10_000)
  setTimeout(() => server.kill('SIGKILL'), 15_000)
}
