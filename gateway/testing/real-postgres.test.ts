import { existsSync } from 'node:fs'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { startPostgres } from './real-postgres.ts'

test('starts a server that demands SCRAM, creates databases, and leaves nothing behind', async () => {
  const server = await startPostgres()
  const address = await server.database('shop')
  const client = new Client(address)
  await client.connect()
  const { rows } = await client.query<{ folder: string; name: string }>('select current_setting(\'data_directory\') folder, current_database() name')
  await client.end()
  expect(rows[0]?.name).toBe('shop')
  const wrong = new Client({ ...address, password: 'wrong' })
  await expect(wrong.connect()).rejects.toThrow(/password authentication failed/)
  await server.stop()
  expect(existsSync(rows[0]!.folder)).toBe(false)
})
