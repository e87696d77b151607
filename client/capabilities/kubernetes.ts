// The resource view of a cluster: lists that stay current, objects as YAML, logs. All of it reads, as the signed-in principal, through
// the gateway; what changes a cluster is a kubectl command that a person sees and runs.
import { randomUUID } from 'node:crypto'
import { stringify } from 'yaml'
import { z } from 'zod'
import { GatehouseError } from '../../shared/errors.ts'
import type { IpcEvents, IpcFailure, IpcInput, IpcOutput } from '../../shared/ipc.ts'
import { jsonOf } from '../json.ts'
import { kubernetesYamlCharactersMax } from '../limits.ts'
import type { Account } from '../login/account.ts'
import { createLogs } from './kubernetes/logs.ts'
import { createClusterClient } from './kubernetes/request.ts'
import { createWatches, pathOf } from './kubernetes/watches.ts'

export interface KubernetesOptions {
  readonly account: Account
  readonly failureOf: (error: unknown) => IpcFailure
  readonly emit: <N extends 'kubernetes.rows' | 'kubernetes.watchEnded' | 'kubernetes.logLines' | 'kubernetes.logEnded'>(name: N, event: IpcEvents[N]) => void
}

export interface Kubernetes {
  watch(input: IpcInput<'kubernetes.watch'>): Promise<IpcOutput<'kubernetes.watch'>>
  unwatch(input: IpcInput<'kubernetes.unwatch'>): null
  get(input: IpcInput<'kubernetes.get'>): Promise<IpcOutput<'kubernetes.get'>>
  log(input: IpcInput<'kubernetes.log'>): IpcOutput<'kubernetes.log'>
  logAcknowledge(input: IpcInput<'kubernetes.logAcknowledge'>): null
  unlog(input: IpcInput<'kubernetes.unlog'>): null
  /** Ends every watch and log: at sign-out, and at the end. */
  reset(): void
  dispose(): void
}

export function createKubernetes({ account, failureOf, emit }: KubernetesOptions): Kubernetes {
  const client = createClusterClient(account)
  const watches = createWatches({ client, failureOf, newId: randomUUID, onRows: (event) => emit('kubernetes.rows', event), onEnded: (event) => emit('kubernetes.watchEnded', event) })
  const logs = createLogs({ client, failureOf, newId: randomUUID, onLines: (event) => emit('kubernetes.logLines', event), onEnded: (event) => emit('kubernetes.logEnded', event) })
  const reset = () => { watches.reset(); logs.reset() }
  return {
    watch: watches.open,
    unwatch({ watch }) {
      watches.close(watch)
      return null
    },
    async get({ connection, view, namespace, name }) {
      const path = `${pathOf(view, namespace)}/${encodeURIComponent(name)}`
      return objectOf(jsonOf(await client.read({ connection, path, accept: 'application/json' })))
    },
    log: (input) => ({ log: logs.open(input) }),
    logAcknowledge({ log, lines }) {
      logs.acknowledge(log, lines)
      return null
    },
    unlog({ log }) {
      logs.close(log)
      return null
    },
    reset,
    dispose() {
      reset()
      client.dispose()
    },
  }
}

const named = z.array(z.object({ name: z.string() })).optional()
const pod = z.object({ kind: z.literal('Pod'), spec: z.object({ containers: named, initContainers: named }) })
const object = z.record(z.string(), z.unknown())

/** `managedFields` is left out, as `kubectl get -o yaml` does: who wrote which field hides the fields. */
export function objectOf(value: unknown): IpcOutput<'kubernetes.get'> {
  const read = object.safeParse(value).data
  if (read === undefined) throw new GatehouseError('upstream_rejected', 'the answer is no object', { side: 'upstream' })
  const metadata = object.safeParse(read['metadata']).data
  if (metadata !== undefined) delete metadata['managedFields']
  const yaml = stringify(metadata === undefined ? read : { ...read, metadata }, { lineWidth: 0, aliasDuplicateObjects: false })
  if (yaml.length > kubernetesYamlCharactersMax) throw new GatehouseError('limit_exceeded', `the object is longer than ${kubernetesYamlCharactersMax} characters (kubernetesYamlCharactersMax); read it with kubectl`, { side: 'client' })
  const spec = pod.safeParse(value).data?.spec
  return { yaml, containers: [...spec?.containers ?? [], ...spec?.initContainers ?? []].map(({ name }) => name) }
}
