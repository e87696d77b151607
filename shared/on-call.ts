// Whether a person wants to be called for now: their own setting, by their own clock. Pure; the app's window and its tray ask the same.
import type { NotificationSettings, OnCallHours } from './ipc.ts'

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5))

/** `now` by its local parts. Equal times are a whole day. */
export function isWithinHours({ days, from, to }: OnCallHours, now: Date): boolean {
  const [begins, ends, minute, today] = [minutesOf(from), minutesOf(to), now.getHours() * 60 + now.getMinutes(), now.getDay()]
  if (begins < ends) return days.includes(today) && minute >= begins && minute < ends
  const yesterday = (today + 6) % 7
  return (days.includes(today) && minute >= begins) || (days.includes(yesterday) && minute < ends)
}

export const mayNotify = ({ isOn, hours }: NotificationSettings, now: Date): boolean => isOn && (hours === null || isWithinHours(hours, now))
