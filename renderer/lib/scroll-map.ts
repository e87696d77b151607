// Maps a scroll bar that a browser can draw to more rows than it could. Browsers cap the height of an element (Firefox near 17.9
// million px, Chromium near 33.5): above `trackMax` the track is shorter than the rows. Small movements then go pixel by pixel,
// large ones (dragging the bar, Home, End) in proportion. Pure: the grid holds the position and feeds it in.

/** Well under the lowest cap. */
export const trackMax = 12_000_000

/** More than a flick of the wheel moves in one event, less than one pixel of dragging the bar of a capped track on a large screen. */
const smallMoveMax = 4000

export interface ScrollMap {
  /** Height of all rows together, and of the track that stands for them. */
  readonly content: number
  readonly track: number
  readonly viewport: number
}

/** `track`: scrollTop of the element. `content`: the pixel of the content at the top of the viewport. */
export interface ScrollPlace { readonly track: number; readonly content: number }

export function scrollMap(rows: number, rowHeight: number, viewport: number): ScrollMap {
  const content = rows * rowHeight
  return { content, track: Math.min(content, trackMax), viewport }
}

const contentRange = (map: ScrollMap): number => Math.max(0, map.content - map.viewport)
const trackRange = (map: ScrollMap): number => Math.max(0, map.track - map.viewport)
const isExact = (map: ScrollMap): boolean => map.content === map.track
const clamp = (value: number, max: number): number => Math.min(Math.max(0, value), max)

/** Where the track should stand for a place in the content. */
export function trackOf(map: ScrollMap, content: number): number {
  const range = contentRange(map)
  if (isExact(map) || range === 0) return clamp(content, trackRange(map))
  return Math.round((clamp(content, range) / range) * trackRange(map))
}

/** The element scrolled to `track`: where is the content now? */
export function scrolledTo(map: ScrollMap, from: ScrollPlace, track: number): ScrollPlace {
  if (isExact(map)) return { track, content: clamp(track, contentRange(map)) }
  if (track <= 0) return { track, content: 0 }
  if (track >= trackRange(map)) return { track, content: contentRange(map) }
  const moved = track - from.track
  const isSmall = Math.abs(moved) <= smallMoveMax
  const content = isSmall ? from.content + moved : (track / trackRange(map)) * contentRange(map)
  return { track, content: clamp(content, contentRange(map)) }
}

/** Small movements let the bar drift from where it belongs; when scrolling has come to rest it is put back. Null: it is right. */
export function settled(map: ScrollMap, place: ScrollPlace): ScrollPlace | null {
  if (isExact(map)) return null
  const track = trackOf(map, place.content)
  return Math.abs(track - place.track) < 1 ? null : { track, content: place.content }
}

/** The content pixel that brings a row into view with the least movement; `header` covers the viewport's top. */
export function revealRow(map: ScrollMap, content: number, row: number, rowHeight: number): number {
  const top = row * rowHeight
  if (top < content) return top
  const bottom = top + rowHeight
  return bottom > content + map.viewport ? clamp(bottom - map.viewport, contentRange(map)) : content
}
