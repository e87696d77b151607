// A port that answers HTTP requests with what it was asked, so that a browser or curl behind a port-forward sees something.
import type { PortHandler } from './types.ts'

const headBytesMax = 16 * 1024

/** Answers one request after another until the client closes; `hello` says whose port it is. */
export const echoPort = (hello: string): PortHandler => async ({ input, output }) => {
  let unread = ''
  for await (const chunk of input as AsyncIterable<Buffer>) {
    unread += chunk.toString('latin1')
    if (unread.length > headBytesMax) return
    for (let end = unread.indexOf('\r\n\r\n'); end >= 0; end = unread.indexOf('\r\n\r\n')) {
      const [line = ''] = unread.slice(0, end).split('\r\n')
      const bodyBytes = Number(/^content-length: *([0-9]{1,6})\r?$/im.exec(unread.slice(0, end))?.[1] ?? 0)
      unread = unread.slice(end + 4 + bodyBytes)
      const body = Buffer.from(`${hello}\n${line}\n`, 'latin1')
      output.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`)
      output.write(body)
    }
  }
}
