// A result's page cache with the life of the component that shows it; renders again when pages arrive.
import { useEffect, useReducer, useState } from 'react'
import { call } from './current-desktop.ts'
import { PageCache } from './page-cache.ts'

export function usePageCache(result: string, rows: number): PageCache {
  const [, changed] = useReducer((turn: number) => turn + 1, 0)
  const [cache] = useState(() => new PageCache((offset, count) => call('sql.page', { result, offset, count }).then((page) => page.rows), changed))
  cache.grow(rows)
  useEffect(() => () => cache.dispose(), [cache])
  return cache
}
