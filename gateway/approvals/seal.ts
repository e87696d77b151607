// The exact command, for approvers only, as the store keeps it: AES-256-GCM (NIST SP 800-38D) under a key that is not in the store,
// bound to the approval it belongs to. docs/adr/0007: where the key comes from, and why not from the store's password.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { risk } from '../../shared/approval.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { makeOnce } from '../store/make-once.ts'

const exact = z.object({ text: z.string(), parameters: z.array(z.string().nullable()), risk, diff: z.string().optional() })
export type Exact = z.output<typeof exact>

export type Opened = { readonly ok: true; readonly exact: Exact } | { readonly ok: false; readonly why: string }

export interface Seal {
  close(approval: string, exact: Exact): string
  open(approval: string, sealed: string): Opened
}

const nonceBytes = 12
const tagBytes = 16
const keyCharactersMin = 32

export function createSeal(secret: string): Seal {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'gatehouse approvals seal 1', 32))
  const keyId = createHash('sha256').update('gatehouse seal key id').update(key).digest('hex').slice(0, 16)
  return {
    close(approval, content) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(approval))
      const body = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final(), cipher.getAuthTag()])
      return ['1', keyId, nonce.toString('base64'), body.toString('base64')].join('.')
    },
    open(approval, sealed) {
      const [version, id, nonce = '', body = ''] = sealed.split('.')
      if (version !== '1') return { ok: false, why: 'it was sealed by a newer gateway' }
      if (id !== keyId) return { ok: false, why: 'it was sealed under a key that this gateway does not have; give every gateway of the store the same approvals: { seal: … }' }
      return opened(key, { approval, nonce: Buffer.from(nonce, 'base64'), body: Buffer.from(body, 'base64') })
    },
  }
}

function opened(key: Buffer, { approval, nonce, body }: { readonly approval: string; readonly nonce: Buffer; readonly body: Buffer }): Opened {
  try {
    const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(approval)).setAuthTag(body.subarray(-tagBytes))
    const text = Buffer.concat([cipher.update(body.subarray(0, -tagBytes)), cipher.final()]).toString('utf8')
    return { ok: true, exact: exact.parse(JSON.parse(text)) }
  } catch {
    // Changed, cut, or another approval's: shown to nobody, and so approved by nobody.
    return { ok: false, why: 'it does not open: the store was changed behind the gateway' }
  }
}

/** A given secret; throws config_invalid when it is too short to be one. */
export function sealOf(secret: string): Seal {
  if (secret.length < keyCharactersMin) {
    throw new GatehouseError('config_invalid', `the secret of approvals.seal has ${secret.length} characters, and at least ${keyCharactersMin} are needed; openssl rand -hex 32 makes one`)
  }
  return createSeal(secret)
}

/** The gateway's own, made once under data/keys. */
export function ownSeal(dataDir: string): Seal {
  const path = join(dataDir, 'keys', 'approvals-seal')
  try {
    makeOnce(path, randomBytes(32).toString('hex'))
    const { mode } = statSync(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw new GatehouseError('not_permitted', `${path} can be read by others; run: chmod 600 ${path}`)
    return sealOf(readFileSync(path, 'utf8').trim())
  } catch (error) {
    if (error instanceof GatehouseError) throw error
    throw new GatehouseError('config_unreadable', `${path} cannot be read or made (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); give the gateway the right to its data folder`, { cause: error })
  }
}
