// What one stream does with the data of each side, whichever framing carries it.

/** `pass`: the frame goes on as it came. `held`: what may go on of it was sent already, or will be, by `Send`. */
export type Onward = 'pass' | 'held'

/** Sends data of this stream to the client in a frame of ours. */
export type Send = (data: Buffer) => void

export interface Flow {
  fromClient(data: Buffer): Onward
  fromUpstream(data: Buffer): Onward
  /** The upstream's side is at its end, or tells something that comes after it: nothing may be held back from the client. */
  flush(): void
  /** Over, both ways: all of it is observed. */
  end(): void
}
