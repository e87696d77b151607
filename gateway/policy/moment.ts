// `now` of a condition: a moment that shows its hour only in a zone that is named. A type of our own and not CEL's timestamp, whose
// functions fall back to UTC where no zone is given and, in the library, go through the zone of the machine.

export class Moment {
  /** Since the epoch. */
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }
}

interface Parts { readonly year: number; readonly month: number; readonly day: number; readonly hour: number; readonly minute: number; readonly second: number }

const formats = new Map<string, Intl.DateTimeFormat>()

function partsIn({ ms }: Moment, zone: string): Parts {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23',
      year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    })
    formats.set(zone, format)
  }
  const parts = new Map<string, number>(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
  const part = (type: string) => parts.get(type)!
  return { year: part('year'), month: part('month'), day: part('day'), hour: part('hour'), minute: part('minute'), second: part('second') }
}

const method = (ask: (parts: Parts) => number) => (moment: Moment, zone: string): bigint => BigInt(ask(partsIn(moment, zone)))
const dayMs = 86_400_000
const midnight = ({ year, month, day }: Parts): number => Date.UTC(year, month - 1, day)

/** Names and counting as in CEL's definition: months, days of the month and of the year from 0, Sunday is 0; getDate from 1. */
export const momentMethods = {
  getFullYear: method(({ year }) => year),
  getMonth: method(({ month }) => month - 1),
  getDate: method(({ day }) => day),
  getDayOfMonth: method(({ day }) => day - 1),
  getDayOfWeek: method((parts) => new Date(midnight(parts)).getUTCDay()),
  getDayOfYear: method((parts) => (midnight(parts) - Date.UTC(parts.year, 0, 1)) / dayMs),
  getHours: method(({ hour }) => hour),
  getMinutes: method(({ minute }) => minute),
  getSeconds: method(({ second }) => second),
} as const
