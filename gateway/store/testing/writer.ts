// A process of its own that writes to the embedded store until it is killed, and says how many writes were acknowledged.
import { createAuditLog } from '../audit.ts'
import { openStore } from '../store.ts'

const audit = createAuditLog(await openStore({ dataDir: process.argv[2]! }), 'gw_writer')
for (let count = 1; ; count++) {
  await audit.append({ kind: 'login', principal: null, detail: { count } })
  process.send!(count)
}
