// `gatehouse demo`: spawns demo/main.ts, which nothing imports (layers.test.ts), and passes signals and the exit code on.
import type { Command } from 'commander'
import { prepareApp } from '../app-files.ts'
import { runDemo } from '../demo-process.ts'

interface DemoOptions { readonly data?: string; readonly app: boolean; readonly json?: boolean }

export function register(command: Command): void {
  command
    .option('--data <dir>', 'where its data is kept between starts')
    .option('--no-app', 'without the app')
    .option('--json', 'print the ready line also on a terminal')
    .addHelpText('after', '\nWhen it is up, stdout gets one JSON line: { ready, api, ca, postgres, ssh, app, users: [{ name, password, groups, token }] }.\nCtrl-C stops everything that was started; the data stays.')
    .action(async ({ data, app, json }: DemoOptions) => {
      const args = [...(data === undefined ? [] : ['--data', data]), ...(app ? [] : ['--no-app']), ...(json === true ? ['--json'] : [])]
      if (app) await prepareApp()
      process.exitCode = await runDemo(args).exited
    })
}
