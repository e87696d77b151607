// Request data by TanStack Query: one hook a call, one key a call. What is pushed (login, runs, settings) lives in stores/.
import { QueryClient, queryOptions, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { NativeAccess } from '../../shared/ipc.ts'
import { call, desktop } from './current-desktop.ts'

export const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: false, staleTime: 30_000, refetchOnWindowFocus: true, networkMode: 'always' }, mutations: { networkMode: 'always' } },
})

export const useAppInfo = () => useQuery({ queryKey: ['app.info'], queryFn: () => call('app.info', null), staleTime: Infinity })

export const connectionsQuery = queryOptions({ queryKey: ['connections.list'], queryFn: () => call('connections.list', null) })
export const useConnections = () => useQuery(connectionsQuery)

export function useConnection(name: string | null) {
  const { data } = useConnections()
  return data?.find((connection) => connection.name === name) ?? null
}

const nativeKey = (connection: string) => ['connections.native', connection] as const

/** How native clients reach a connection; kept fresh by `native.changed`. */
export function useNative(connection: string) {
  const client = useQueryClient()
  useEffect(() => desktop().on('native.changed', (access) => client.setQueryData(nativeKey(access.connection), access)), [client])
  return useQuery({ queryKey: nativeKey(connection), queryFn: () => call('connections.native', { connection }), staleTime: 0 })
}

export const rememberNative = (access: NativeAccess): void => { queryClient.setQueryData(nativeKey(access.connection), access) }

export const useSchema = (connection: string) =>
  useQuery({ queryKey: ['sql.schema', connection], queryFn: () => call('sql.schema', { connection }), staleTime: 5 * 60_000, refetchOnWindowFocus: false })

export const useSessions = (connection: string | null) => useInfiniteQuery({
  queryKey: ['sessions.list', connection],
  queryFn: ({ pageParam }) => call('sessions.list', { ...(connection === null ? {} : { connection }), ...(pageParam === null ? {} : { before: pageParam }) }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
  staleTime: 5_000,
})

export const useFrames = (session: string) => useInfiniteQuery({
  queryKey: ['sessions.frames', session],
  queryFn: ({ pageParam }) => call('sessions.frames', { session, after: pageParam }),
  initialPageParam: -1,
  getNextPageParam: (page) => page.next,
  staleTime: 5_000,
})

/** The exact text: each reading is recorded, so it is read once, and kept current by events (stores/approvals.ts). */
export const useApproval = (id: string) =>
  useQuery({ queryKey: ['approvals.show', id], queryFn: () => call('approvals.show', { id }), staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false })

export const useGrants = () => useQuery({ queryKey: ['grants.list'], queryFn: () => call('grants.list', { filter: 'all' }), staleTime: 5_000 })

export const useMaskedColumns = (connection: string) =>
  useQuery({ queryKey: ['sql.masks', connection], queryFn: () => call('sql.masks', { connection }), staleTime: 5 * 60_000, refetchOnWindowFocus: false })
