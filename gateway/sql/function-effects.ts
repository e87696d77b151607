// What calling a function by name adds to a statement's facts: accesses of risky ones, and set_config, which is SET in disguise.
import type { RelationName } from '../../shared/command.ts'
import { addAccess, type Context } from './collector.ts'
import { accessOfFunction } from './functions/risky.ts'
import { anySetting, changesReading, isHarmlessSetting, pathSettings, roleSettings } from './settings.ts'
import { constantOf } from './tree.ts'

export function effectsOfFunction(name: RelationName, args: readonly unknown[], context: Context): void {
  const kind = accessOfFunction(name.name)
  if (kind !== null) addAccess(context, kind, null)
  if (name.name === 'set_config') setConfig(args, context)
}

function setConfig(args: readonly unknown[], context: Context): void {
  const setting = constantOf(args[0])?.toLowerCase()
  const value = constantOf(args[1])
  if (setting === undefined) {
    // A name that is computed may be any, `role` included.
    addAccess(context, 'set-role', null)
    context.into.setsSearchPath = true
    context.into.readingSetting = anySetting
    return
  }
  if (changesReading(setting, [value ?? null])) context.into.readingSetting = setting
  if (pathSettings.has(setting)) context.into.setsSearchPath = true
  if (roleSettings.has(setting)) addAccess(context, 'set-role', null)
  else if (setting !== 'search_path' && !isHarmlessSetting(setting, [value ?? null])) addAccess(context, 'set', null)
}
