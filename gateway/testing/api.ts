// The API and the tunnel of a gateway under test, as any HTTPS client meets them.
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { Client } from 'pg'
import { WebSocket } from 'ws'
import { eventsPath, tunnelProtocol } from '../../shared/api.ts'
import { createWebSocketDuplex } from '../api/websocket-duplex.ts'

export interface ApiAddress { readonly api: string; readonly ca: string }
export interface ApiAnswer { readonly status: number; readonly json: Record<string, unknown> }

export function callApi(gateway: ApiAddress, method: string, path: string, token: string, body?: unknown): Promise<ApiAnswer> {
  return new Promise((done, failed) => {
    const sent = request(new URL(path, gateway.api), { method, ca: readFileSync(gateway.ca), agent: false, headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) } }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => { text += chunk.toString() })
      response.on('end', () => done({ status: response.statusCode ?? 0, json: JSON.parse(text) as Record<string, unknown> }))
    })
    sent.on('error', failed)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

export interface StreamMessage { readonly event: string; readonly id: string; readonly data: Record<string, unknown> }

export interface OpenStream { readonly messages: readonly StreamMessage[]; readonly isEnded: () => boolean; close(): void }

/** The event stream, as it comes. Rejects with the status where it is refused. */
export function openEvents(gateway: ApiAddress, token: string, after?: string): Promise<OpenStream> {
  return new Promise((done, failed) => {
    const path = after === undefined ? eventsPath : `${eventsPath}?after=${after}`
    const sent = request(new URL(path, gateway.api), { ca: readFileSync(gateway.ca), agent: false, headers: { authorization: `Bearer ${token}` } }, (response) => {
      if (response.statusCode !== 200) return failed(new Error(String(response.statusCode)))
      const messages: StreamMessage[] = []
      let [text, isEnded] = ['', false]
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        for (let at = text.indexOf('\n\n'); at !== -1; at = text.indexOf('\n\n')) {
          const fields = new Map(text.slice(0, at).split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
          if (fields.has('data')) messages.push({ event: fields.get('event')!, id: fields.get('id')!, data: JSON.parse(fields.get('data')!) as Record<string, unknown> })
          text = text.slice(at + 2)
        }
      })
      response.on('close', () => { isEnded = true })
      done({ messages, isEnded: () => isEnded, close: () => sent.destroy() })
    })
    sent.on('error', failed)
    sent.end()
  })
}

/** A gateway session token in exchange for a provider's. */
export async function exchanged(gateway: ApiAddress, jwt: string): Promise<string> {
  return (await callApi(gateway, 'POST', '/v1/tokens', jwt)).json['token'] as string
}

/** node-postgres inside a tunnel, which a newer token renews. */
export async function overTunnel(gateway: ApiAddress, token: string): Promise<Client & { renew(token: string): void }> {
  const ws = new WebSocket(`${gateway.api.replace('https:', 'wss:')}/v1/connections/shop/tunnel`, tunnelProtocol, {
    ca: readFileSync(gateway.ca), headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false,
  })
  await new Promise<void>((done, failed) => { ws.once('open', done); ws.once('error', failed) })
  const duplex = createWebSocketDuplex(ws, { onControl: () => undefined, farewell: () => null })
  const stream = Object.assign(duplex, { connect: () => queueMicrotask(() => stream.emit('connect')), setNoDelay: () => stream, setKeepAlive: () => stream, ref: () => stream, unref: () => stream })
  const client = new Client({ user: 'me', database: 'shop', stream: () => stream as never })
  client.on('error', () => undefined)
  await client.connect()
  return Object.assign(client, { renew: (fresh: string) => ws.send(JSON.stringify({ type: 'renew', token: fresh })) })
}
