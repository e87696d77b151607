// The system's browser. That it may not be there (a server, a container) is not an error: the address is always shown as well.
import open from 'open'

/** Resolves when the browser was started; rejects where there is none. */
export async function openInBrowser(url: string): Promise<void> {
  const started = await open(url)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  started.once('error', reject)
  started.once('spawn', resolve)
  // Spawned before we could listen.
  if (started.pid !== undefined) resolve()
  await promise
}
