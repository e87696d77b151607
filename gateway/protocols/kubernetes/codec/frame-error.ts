// What makes a stream of frames unreadable from here on; the connection ends.

export class FrameError extends Error {
  override readonly name = 'FrameError'
}
