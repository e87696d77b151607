// A client of its own process that asks the same again and again, or reads a stream as fast as it comes. Ends with its parent's pipe; says
// when it has read something, and on one line of JSON how much when it is told to stop.
import { request } from 'node:https'

const { url, ca, token } = JSON.parse(process.argv[2]!) as { readonly url: string; readonly ca: string; readonly token: string }
let [bytes, answers] = [0, 0]

function ask(): void {
  const sent = request(url, { ca, agent: false, headers: { authorization: `Bearer ${token}` } }, (response) => {
    if (response.statusCode !== 200) {
      process.stderr.write(`the load got ${response.statusCode}\n`)
      process.exit(1)
    }
    response.on('data', (chunk: Buffer) => {
      if (bytes === 0) process.stdout.write('reading\n')
      bytes += chunk.length
    })
    response.on('end', () => {
      answers++
      ask()
    })
  })
  sent.on('error', (error) => {
    process.stderr.write(`the load failed: ${error.message}\n`)
    process.exit(1)
  })
  sent.end()
}

ask()
process.stdin.resume().on('end', () => {
  process.stdout.write(`${JSON.stringify({ read: { bytes, answers } })}\n`)
  process.exit(0)
})
