// The page of one connection, by its kind: SQL for a database, terminal and resources for a cluster.
import { useConnections } from '../lib/queries.ts'
import { Kubectl } from './Kubectl.tsx'
import styles from './Page.module.css'
import { Sql } from './Sql.tsx'

export function Connection({ name }: { readonly name: string }) {
  const connections = useConnections()
  const connection = connections.data?.find((each) => each.name === name)
  // A list that cannot be had keeps nobody from their database: what was typed there is kept, and its own errors say more.
  if (connection === undefined && connections.isPending) return <p role="status" className={styles['wait']}>Asking the gateway…</p>
  return connection?.kind === 'kubernetes' ? <Kubectl connection={connection} /> : <Sql connection={name} />
}
