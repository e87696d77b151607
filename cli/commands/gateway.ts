// `gatehouse gateway`: a gateway in the foreground. One JSON line on stdout when it is ready, everything else on stderr.
// SIGHUP reads policies and certificates again; SIGTERM or SIGINT stops in order, a second one at once.
import type { Command } from 'commander'
import { startGateway, type Gateway } from '../../gateway/main.ts'
import { stopMs } from '../../gateway/limits.ts'
import { createLog } from '../../gateway/log.ts'

export function register(command: Command): void {
  command
    .requiredOption('--config <file>', 'path of gateway.yaml')
    .addHelpText('after', '\nWhen ready it prints one JSON line: {"ready":true,"api":URL,"ca":FILE,"postgres":"host:port","ssh":null}')
    .action(async ({ config }: { readonly config: string }) => {
      const log = createLog()
      const stop = stopSignal()
      let gateway: Gateway | null = null
      process.on('SIGHUP', () => void gateway?.reload())
      gateway = await startGateway({ configFile: config, log })
      process.stdout.write(`${JSON.stringify(gateway.ready)}\n`)
      log.info({ signal: await stop }, 'stopping')
      await stopInTime(gateway)
    })
}

/** The first signal that asks to stop; the next one does not ask. Also while the gateway is still starting. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        resolve(signal)
      })
    }
  })
}

async function stopInTime(gateway: Gateway): Promise<void> {
  const late = setTimeout(() => {
    process.stderr.write(`gatehouse: the gateway did not stop within ${stopMs} ms (stopMs); what it had not yet closed is cut off\n`)
    process.exit(1)
  }, stopMs).unref()
  await gateway.close()
  clearTimeout(late)
}
