// Logs go to stderr as JSON lines: ids and sizes, never payloads, never secrets.
import { pino } from 'pino'

export type Log = ReturnType<typeof createLog>

export function createLog(level = process.env['GATEHOUSE_LOG'] ?? 'info') {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }))
}
