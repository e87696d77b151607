// The vertical scrolling of a result grid over lib/scroll-map.ts: holds the place, follows the element, puts the bar right at rest.
import { useEffect, useEffectEvent, useRef, useState, type RefObject } from 'react'
import { revealRow, scrollMap, scrolledTo, settled, trackOf, type ScrollMap, type ScrollPlace } from './scroll-map.ts'

const restMs = 160

export interface GridScroll {
  /** The element that scrolls. */
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly map: ScrollMap
  /** The content pixel at the top of the viewport. */
  readonly content: number
  readonly height: number
  readonly onScroll: () => void
  readonly reveal: (row: number) => void
}

export function useGridScroll(options: { readonly rows: number; readonly rowHeight: number; readonly header: number }): GridScroll {
  const { rows, rowHeight, header } = options
  const scroller = useRef<HTMLDivElement>(null)
  const [height, setHeight] = useState(0)
  const [place, setPlace] = useState<ScrollPlace>({ track: 0, content: 0 })
  const map = scrollMap(rows, rowHeight, Math.max(0, height - header))
  // What the next scroll event starts from; the state above is what is drawn.
  const held = useRef<ScrollPlace>(place)

  useEffect(() => {
    const element = scroller.current!
    const observer = new ResizeObserver(() => setHeight(element.clientHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [scroller])

  const go = (next: ScrollPlace) => {
    held.current = next
    setPlace(next)
    if (scroller.current !== null && scroller.current.scrollTop !== next.track) scroller.current.scrollTop = next.track
  }
  const settle = useEffectEvent(() => {
    const right = settled(map, held.current)
    if (right !== null) go(right)
  })
  useEffect(() => {
    const timer = setTimeout(() => settle(), restMs)
    return () => clearTimeout(timer)
  }, [place])

  const onScroll = () => {
    held.current = scrolledTo(map, held.current, scroller.current!.scrollTop)
    setPlace(held.current)
  }
  const reveal = (row: number) => {
    const content = revealRow(map, held.current.content, row, rowHeight)
    if (content !== held.current.content) go({ track: trackOf(map, content), content })
  }

  return { scroller, map, content: place.content, height, onScroll, reveal }
}
