// One demo a data folder: two would fight over the cluster and over gateway.yaml. A lock of a demo that is gone counts for nothing.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { GatehouseError } from '../shared/errors.ts'

/** Gives the function that lets go. Throws not_permitted while another demo lives. */
export function lockData(path: string, data: string): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const mine = `${process.pid} ${startOf(process.pid)}`
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, mine, { flag: 'wx', mode: 0o600 })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 2) throw error
    }
    const holder = readFileSync(path, 'utf8')
    const pid = Number(holder.split(' ')[0])
    if (isAlive(pid) && holder === `${pid} ${startOf(pid)}`) {
      throw new GatehouseError('not_permitted', `a demo already runs on ${data} (pid ${pid}); use it, stop it, or choose another folder with --data`)
    }
    rmSync(path, { force: true })
  }
}

/** When the process began, where the system says so cheaply: pids come round again, at once in containers. */
function startOf(pid: number): string {
  const stat = `/proc/${pid}/stat`
  if (!existsSync(stat)) return ''
  // Field 22; counted after the command's name, which may hold blanks (proc(5)).
  return readFileSync(stat, 'utf8').split(') ').at(-1)!.split(' ')[19] ?? ''
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
