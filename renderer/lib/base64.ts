// Bytes as base64 and back, as the host's messages carry them.

/** `fromCharCode` takes its arguments on the stack. */
const partBytes = 8 * 1024

export function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let from = 0; from < bytes.length; from += partBytes) text += String.fromCharCode(...bytes.subarray(from, from + partBytes))
  return btoa(text)
}

export function bytesOfBase64(base64: string): Uint8Array {
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}
