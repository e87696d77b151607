// Durations as people write them in policies: a number and a unit, `90s`, `15m`, `1h`, `7d`.

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds, or null when the text is no duration. */
export function parseDuration(text: string): number | null {
  const match = /^([1-9][0-9]{0,8})([smhd])$/.exec(text)
  return match === null ? null : Number(match[1]) * units[match[2] as keyof typeof units]
}
