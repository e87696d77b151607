// What kind of target a connection is.
import { Container, Database } from 'lucide-react'
import type { ConnectionKind } from '../../shared/connection.ts'

export const kindNames: Readonly<Record<ConnectionKind, string>> = { postgres: 'PostgreSQL', kubernetes: 'Kubernetes' }

export const KindIcon = ({ kind, size = 16 }: { readonly kind: ConnectionKind; readonly size?: number }) =>
  kind === 'postgres' ? <Database size={size} aria-hidden="true" /> : <Container size={size} aria-hidden="true" />
