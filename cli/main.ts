// The command line. Each command is a file in commands/ that is loaded only when it is called, so `--help` stays quick.
// Results go to stdout, logs and errors (one line) to stderr, failure is a non-zero exit.
import { Command } from 'commander'
import { GatehouseError } from '../shared/errors.ts'
import { ExitFailure } from './approval-exit.ts'
import { commands } from './commands.ts'
import { version } from './version.ts'

// Started by the launcher under another Node: when the launcher is gone (killed outright), so are we.
if (process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel.unref()
}

const program = new Command('gatehouse')
  .description('One gate to production: who is calling, what they may do, what they may see, and a record of it all.')
  .version(version)
  .showHelpAfterError('(gatehouse --help lists the commands)')
  .enablePositionalOptions()

const wanted = process.argv[2]
for (const [name, { summary, load }] of Object.entries(commands)) {
  const command = program.command(name).description(summary)
  if (name === wanted) (await load()).register(command)
  else command.allowUnknownOption()
}

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`gatehouse: ${error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)}\n`)
  if (!(error instanceof GatehouseError) && process.env['GATEHOUSE_LOG'] === 'debug') process.stderr.write(`${(error as Error).stack}\n`)
  process.exitCode = error instanceof ExitFailure ? error.exitCode : 1
}
