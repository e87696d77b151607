// What kubectl 1.27 and 1.33 sent to a server that recorded it: one command beside each request, tokens and host left out.
// Bodies in protobuf (1.33) stand as base64. Recorded, not written: the code under test had no part in it.
import { readFileSync } from 'node:fs'

export interface RecordedRequest {
  readonly kubectl: '1.27' | '1.33'
  readonly command: string
  readonly method: string
  readonly target: string
  readonly headers: readonly string[]
  readonly body: Buffer | null
}

type Row = Omit<RecordedRequest, 'body'> & { readonly body?: string; readonly isBase64?: boolean }

export const kubectlRequests: readonly RecordedRequest[] = (JSON.parse(readFileSync(new URL('kubectl-requests.json', import.meta.url), 'utf8')) as readonly Row[])
  .map(({ body, isBase64, ...row }) => ({ ...row, body: body === undefined ? null : Buffer.from(body, isBase64 === true ? 'base64' : 'utf8') }))
