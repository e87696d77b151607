// The upgrade as it is written upstream, on a connection of its own; and what a client is told when the upstream answers otherwise.
import type { Duplex } from 'node:stream'
import type { KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import { kubernetesFailedUpgradeBytesMax } from '../../limits-kubernetes.ts'
import { targetOf, type KubernetesAccess } from './access.ts'
import { refused, statusOfRefused, type StatusAnswer } from './refusal.ts'
import type { UpgradeAnswer } from './streams/upgrade-answer.ts'
import type { Upgrade } from './upgrade.ts'
import type { HeaderValues } from './upstream.ts'

export interface UpgradeLine {
  readonly method: string
  readonly target: string
  readonly host: string
  readonly headers: HeaderValues
  readonly upgrade: Upgrade
}

/** Every part was checked when it was read: no name or value holds a line break. */
export function upgradeRequest({ method, target, host, headers, upgrade }: UpgradeLine): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`, `host: ${host}`,
    ...Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [value] : value).map((one) => `${name}: ${one}`)),
    ...upgrade.headers.map(([name, value]) => `${name}: ${value}`),
    ...(method === 'POST' ? ['content-length: 0'] : []),
  ]
  if (lines.some((line) => /[\r\n]/.test(line))) throw new TypeError('a header holds a line break')
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

/** The upstream's own Status through the masks, where it can be read in time and size; else one of ours. */
export async function answerOfFailedUpgrade(upstream: Duplex, answer: Extract<UpgradeAnswer, { kind: 'refused' }>, { access, facts }: { readonly access: KubernetesAccess; readonly facts: KubernetesCommandFacts }): Promise<StatusAnswer> {
  const said = await bodyOf(upstream, answer)
  const masked = said === null ? null : access.masks.maskJson(targetOf(facts), said)
  if (masked?.kind === 'masked' && isStatus(masked.client)) return { code: answer.status, contentType: 'application/json', body: masked.client }
  return statusOfRefused(refused(`the API server did not open the streams (${answer.status})`, 'The pod or container may not be there, or not run.', answer.status === 404 ? 'NotFound' : 'ServiceUnavailable'), facts)
}

function isStatus(bytes: Buffer): boolean {
  try {
    return (JSON.parse(bytes.toString('utf8')) as { readonly kind?: unknown } | null)?.kind === 'Status'
  } catch {
    return false
  }
}

/** With a Content-Length only, which API servers send with a Status. */
async function bodyOf(upstream: Duplex, { head, headers }: Extract<UpgradeAnswer, { kind: 'refused' }>): Promise<Buffer | null> {
  const length = Number(headers.get('content-length') ?? Number.NaN)
  if (!Number.isInteger(length) || length < 0 || length > kubernetesFailedUpgradeBytesMax) return null
  const chunks = [head]
  let bytes = head.length
  const deadline = setTimeout(() => upstream.destroy(), failedBodyMs)
  const closed = new Promise<void>((resolve) => { upstream.once('close', () => resolve()) })
  try {
    while (bytes < length) {
      const chunk = upstream.read() as Buffer | null
      if (chunk !== null) {
        chunks.push(chunk)
        bytes += chunk.length
      } else if (upstream.destroyed || upstream.readableEnded) return null
      else await Promise.race([new Promise<void>((resolve) => { upstream.once('readable', resolve) }), closed])
    }
  } finally {
    clearTimeout(deadline)
  }
  return Buffer.concat(chunks).subarray(0, length)
}
const failedBodyMs = 2_000
