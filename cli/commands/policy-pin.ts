// `gatehouse policy pin`: the line of a policy that pins a function of the database's own as it is now. It reads the catalog; nothing runs.
import type { Command } from 'commander'
import { GatehouseError } from '../../shared/errors.ts'
import type { Catalog } from '../../gateway/sql/catalog.ts'
import { print, printJson, visible } from '../output.ts'
import { openTrials } from '../policy-trials.ts'

interface PinOptions { readonly config: string; readonly connection: string; readonly gives?: string; readonly json?: boolean }

export function registerPin(command: Command): void {
  command.command('pin <function>')
    .description('print the line for functions: of a policy that pins a function (schema.name, all overloads) as it is now; read its body first')
    .requiredOption('--config <file>', 'path of gateway.yaml')
    .requiredOption('--connection <name>', 'a connection of gateway.yaml')
    .option('--gives <what>', 'arguments: you vouch that its result holds nothing but what its arguments hold')
    .option('--json', 'print { name, sha256, gives } as JSON')
    .action(async (name: string, options: PinOptions) => {
      if (options.gives !== undefined && options.gives !== 'arguments') throw new GatehouseError('config_invalid', '--gives is arguments, or left out')
      const sha256 = hashOf(await catalogOf(options), name)
      if (options.json === true) printJson({ name, sha256, gives: options.gives ?? null })
      else print(`  - { name: ${visible(JSON.stringify(name))}, sha256: ${sha256}${options.gives === undefined ? '' : `, gives: ${options.gives}`} }\n`)
    })
}

async function catalogOf({ config, connection: name }: PinOptions): Promise<Catalog> {
  const trials = openTrials({ config, isOffline: false })
  try {
    const connection = trials.connections.find((one) => one.name === name)
    if (connection === undefined) throw new GatehouseError('config_invalid', `${name} is no connection of this gateway`)
    const { catalog, note } = await trials.at(connection)
    if (catalog === null) throw new GatehouseError('config_invalid', `connection ${name} ${note ?? 'has no catalog'}`)
    return catalog
  } finally {
    await trials.dispose()
  }
}

function hashOf({ bodies }: Catalog, name: string): string {
  const sha256 = bodies?.get(name)
  if (sha256 !== undefined && sha256 !== '') return sha256
  const bare = name.slice(name.indexOf('.') + 1)
  if (sha256 === '') throw new GatehouseError('config_invalid', `${name} is an aggregate or window function, which has no definition to pin`)
  const others = [...bodies?.keys() ?? []].filter((full) => full.slice(full.indexOf('.') + 1) === bare)
  if (others.length > 0) throw new GatehouseError('config_invalid', `there is no function ${name}; did you mean ${others.join(' or ')}?`)
  throw new GatehouseError('config_invalid', `there is no function ${name}; write schema.name`)
}
