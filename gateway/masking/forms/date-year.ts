// `date-year`: a date becomes the first of January of its year, a point in time its beginning in UTC. The year of a timestamptz is that
// of UTC, not of the session's zone, which a client may set to ask on which side of a new year a value lies.
// Undefined: infinity, a DateStyle other than ISO, and the one year whose January PostgreSQL cannot hold; redacted.

/** Days from 1970-01-01 to 2000-01-01, from which PostgreSQL counts, and to its first day, 4714-11-24 BC. */
const epochDays = 10_957
const firstDay = -2_451_545 + epochDays
const dayMicros = 86_400_000_000n
const infinities = [0x7fff_ffff, -0x8000_0000]
const infiniteMicros = [0x7fff_ffff_ffff_ffffn, -0x8000_0000_0000_0000n]

export function dateYearText(text: string): string | undefined {
  const [, year, era] = /^(\d{4,7})-\d\d-\d\d( BC)?$/.exec(text) ?? []
  return year === undefined ? undefined : january(astronomic(year, era))
}

export function timestampYearText(text: string): string | undefined {
  const [, year, era] = /^(\d{4,6})-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?( BC)?$/.exec(text) ?? []
  return year === undefined ? undefined : january(astronomic(year, era), ' 00:00:00')
}

const instant = /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/

export function timestamptzYearText(text: string): string | undefined {
  const match = instant.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hours, minutes, seconds, sign, zoneHours, zoneMinutes = '0', zoneSeconds = '0', era] = match as unknown as [string, string, ...string[]]
  const zone = secondsOf(zoneHours!, zoneMinutes, zoneSeconds) * (sign === '-' ? -1 : 1)
  const days = daysOf(astronomic(year, era), Number(month), Number(day)) + Math.floor((secondsOf(hours!, minutes!, seconds!) - zone) / 86_400)
  return january(yearOf(days), ' 00:00:00+00')
}

const secondsOf = (hours: string, minutes: string, seconds: string): number => Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)

/** int32 days. */
export function dateYearBinary(bytes: Buffer): Buffer | undefined {
  if (bytes.length !== 4) return undefined
  const days = bytes.readInt32BE(0)
  const first = infinities.includes(days) ? undefined : firstOfYear(days + epochDays)
  if (first === undefined) return undefined
  const out = Buffer.alloc(4)
  out.writeInt32BE(first - epochDays)
  return out
}

/** int64 microseconds, in UTC for timestamptz. */
export function timestampYearBinary(bytes: Buffer): Buffer | undefined {
  if (bytes.length !== 8) return undefined
  const micros = bytes.readBigInt64BE(0)
  const days = (micros - ((micros % dayMicros) + dayMicros) % dayMicros) / dayMicros
  const first = infiniteMicros.includes(micros) ? undefined : firstOfYear(Number(days) + epochDays)
  if (first === undefined) return undefined
  const out = Buffer.alloc(8)
  out.writeBigInt64BE(BigInt(first - epochDays) * dayMicros)
  return out
}

/** 1 BC is the year 0. */
function astronomic(year: string, era: string | undefined): number {
  return era === undefined ? Number(year) : 1 - Number(year)
}

function january(year: number, time = ''): string | undefined {
  if (daysOf(year, 1, 1) < firstDay) return undefined
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  return `${shown}-01-01${time}${year > 0 ? '' : ' BC'}`
}

function firstOfYear(days: number): number | undefined {
  const first = daysOf(yearOf(days), 1, 1)
  return first < firstDay ? undefined : first
}

// Days since 1970-01-01 and back, proleptic Gregorian, by eras of 400 years that begin in March: Date ends too early for `date`.
// https://howardhinnant.github.io/date_algorithms.html
const eraDays = 146_097

function daysOf(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * eraDays + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

function yearOf(days: number): number {
  const shifted = days + 719_468
  const era = Math.floor(shifted / eraDays)
  const dayOfEra = shifted - era * eraDays
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  // January and February end the year that began in March.
  return yearOfEra + era * 400 + (dayOfYear >= 306 ? 1 : 0)
}
