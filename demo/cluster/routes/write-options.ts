// What every write may ask for beside its body: a dry run, a field manager, how strictly fields are checked.
import { headerOf, type Call } from '../call.ts'
import { ApiError, badRequest } from '../status.ts'

export interface WriteOptions {
  readonly isDryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  /** Of an apply: takes over what others own. */
  readonly force: boolean
}

const fieldManagerCharsMax = 128

export function writeOptionsOf(call: Call, dryRunInBody: readonly string[] = []): WriteOptions {
  const { query } = call
  const dryRun = [...query.getAll('dryRun'), ...dryRunInBody].filter((one) => one !== '')
  const wrong = dryRun.find((one) => one !== 'All')
  if (wrong !== undefined) throw new ApiError(422, 'Invalid', `WriteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "${wrong}": supported values: "All"`)
  const fieldValidation = query.get('fieldValidation') ?? 'Warn'
  if (fieldValidation !== 'Ignore' && fieldValidation !== 'Warn' && fieldValidation !== 'Strict') throw badRequest(`fieldValidation: Unsupported value: "${fieldValidation}"`)
  const fieldManager = query.get('fieldManager') || headerOf(call, 'user-agent').split('/')[0] || 'unknown'
  if (fieldManager.length > fieldManagerCharsMax) throw badRequest(`fieldManager: Too long: may not be more than ${fieldManagerCharsMax} bytes`)
  return { isDryRun: dryRun.length > 0, fieldManager, fieldValidation, force: query.get('force') === 'true' }
}
